"""Both search engines, for tests of what they have in common. Milvus is Milvus Lite, over files of its own."""

import importlib.util

import pytest

from rag.index import local, milvus

MISSING = [name for name in ("pymilvus", "milvus_lite") if importlib.util.find_spec(name) is None]
needs_milvus = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (the extra `milvus`)")
OPENERS = {"local": local.open_index, "milvus": milvus.open_index}
ENGINES = ["local", pytest.param("milvus", marks=needs_milvus)]
