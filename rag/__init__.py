"""Baowen (报问): ask the newspaper."""

import os

# ONNX Runtime's wheel reports its use to its maker from native code unless this is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# Ray is off by default in what we start ourselves; this makes it so whatever its configuration file says.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

__version__ = "0.1.0"
