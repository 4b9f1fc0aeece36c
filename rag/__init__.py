"""Baowen (报问): ask the newspaper."""

import os

# ONNX Runtime's wheel reports its use to its maker from native code unless this is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# gRPC, under Milvus's client, tells standard error of every program that is started beside it.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# Ray reports its use unless told not to, here or in a configuration file of its own.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

__version__ = "0.1.0"
