"""The house rules that a program can check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted(path for folder in ("rag", "ui", "eval") for path in (ROOT / folder).rglob("*.py"))
# Where LlamaIndex's types may be seen.
SEAMS = {"rag/llm.py", "rag/embedding.py", "rag/embedding_server.py", "rag/retrieval.py"}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_to_its_layer(path: Path):
    name = path.relative_to(ROOT).as_posix()
    roots = {module.partition(".")[0] for module in _imports(path)}
    if name.startswith("rag/") and name != "rag/cli/setup.py":
        assert not roots & {"ui", "eval"}
    if name.startswith("rag/") and name not in SEAMS and not name.startswith("rag/index/"):
        assert "llama_index" not in roots
    assert "pickle" not in roots
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_only_the_settings_read_the_environment():
    # rag/__init__.py and rag/crew.py read nothing: they set what must stand before a library is loaded.
    allowed = {"rag/settings.py", "rag/cli/__init__.py", "rag/onnx_export.py", "rag/__init__.py", "rag/crew.py"}
    for path in MODULES:
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("rag/") and name not in allowed:
            assert not re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8")), name


def test_the_readme_names_every_command():
    from typer.main import get_command

    from rag.cli import app

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert f"baowen {name}" in readme, name


def test_the_top_level_is_as_agreed():
    allowed = {
        "pyproject.toml",
        "rag",
        "ui",
        "seeds",
        "tests",
        "eval",
        "README.md",
        "Makefile",
        "CHANGELOG.md",
        "LICENSE",
    }
    allowed |= {"constraints.txt"}
    ignored = {"build", "dist", "runs", "__pycache__"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.suffix != ".egg-info"}
    assert found - ignored <= allowed
