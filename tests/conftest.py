"""What tests share: the model pack, a throw-away archive, and markers that skip with a reason."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from rag.models import EMBEDDER, LLM, state
from rag.settings import Settings, read_settings

# A slow machine is not a wrong answer.
settings.register_profile("baowen", deadline=None)
settings.load_profile("baowen")

# A shell's job in the background is started deaf to Ctrl-C, and so is what it starts; the tests that press it need it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SEEDS = Path(__file__).parent.parent / "seeds"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = read_settings().models
    missing = {
        "models": state(EMBEDDER, folder) != "present",
        "llm": state(LLM, folder) != "present" or state(EMBEDDER, folder) != "present",
        "browser": shutil.which("chromium") is None,
    }
    reasons = {
        "models": "the model pack is not there: run `baowen models pull`",
        "llm": "the model pack is not there: run `baowen models pull`",
        "browser": "chromium is not installed: apt install chromium fonts-noto-cjk",
    }
    for item in items:
        for name, absent in missing.items():
            if absent and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reasons[name]))


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's archive."""
    monkeypatch.setenv("BAOWEN_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def seeds() -> Path:
    return SEEDS


@pytest.fixture(scope="session")
def seed_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the seed page ingested by the real embedder; copy it before writing to it."""
    from rag.service import open_service

    home = tmp_path_factory.mktemp("seed-home")
    service = open_service(Settings(home=home, llm="none"))
    service.ingest([SEEDS])
    service.close()
    yield home
