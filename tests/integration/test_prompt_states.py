"""What the embedded model has read of its examples outlasts the process, and a damaged file costs only its reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag.llm import ChatModel, open_llm
from rag.llm_servers import embedded_path
from rag.prompt_states import PromptStates, Shots
from rag.settings import Settings, read_settings

SYSTEM = "从原文里摘出问题的答案，照抄原文的词语，越短越好。"
OTHER = "只答“好”。"
SHOTS = (("原文：市图书馆昨日接待读者1.2万人次。\n问题：接待读者多少人次？", "1.2万人次"),)
QUESTION = "原文：全市小麦总产量达到30万吨。\n问题：小麦总产量是多少？"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with the real model, and a model folder of the test's own."""
    return Settings(llm="embedded", llm_path=str(embedded_path(read_settings())), models=tmp_path / "models")


def opened(settings: Settings) -> ChatModel:
    model = open_llm(settings)
    assert model is not None
    return model


def told(model: ChatModel) -> tuple[str, dict[str, float]]:
    found = model.told(SYSTEM, QUESTION, shots=SHOTS, max_tokens=8)
    assert found is not None
    return found.text, dict(found.first)


def files(settings: Settings) -> list[Path]:
    return sorted((settings.models / "prompts").iterdir())


@pytest.fixture
def before(settings: Settings) -> Iterator[tuple[str, dict[str, float]]]:
    with closing(opened(settings)) as model:
        yield told(model)


@pytest.mark.llm
@pytest.mark.parametrize("harm", ["none", "cut short", "changed", "gone"])
def test_examples_are_read_once_and_a_harmed_file_again(settings, before, harm, monkeypatch):
    [file] = files(settings)
    whole = file.read_bytes()
    if harm == "cut short":
        file.write_bytes(whole[: len(whole) // 2])
    elif harm == "changed":
        file.write_bytes(bytes(255 - byte for byte in whole[:5000]) + whole[5000:])
    elif harm == "gone":
        file.unlink()
    saved: list[str] = []
    save = PromptStates.save

    def noted(self: PromptStates, url: str, key: str, system: str, shots: Shots) -> None:
        saved.append(system)
        save(self, url, key, system, shots)

    monkeypatch.setattr(PromptStates, "save", noted)
    with closing(opened(settings)) as model:
        assert told(model) == before
        "".join(delta.text for delta in model.stream(OTHER, "好吗？", max_tokens=4))
        assert told(model)[0] == before[0]
    # An instruction without examples is a beginning too.
    assert saved == ([OTHER] if harm == "none" else [SYSTEM, OTHER])
    assert len(files(settings)) == 2


@pytest.mark.llm
def test_what_was_kept_for_another_model_is_not_taken(settings, before, tmp_path):
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    states = PromptStates(settings.models / "prompts", other, settings.llm_context)
    assert not states.restore("http://127.0.0.1:9", "key", SYSTEM, SHOTS)
    assert len(files(settings)) == 1


@pytest.mark.llm
def test_a_folder_that_cannot_be_written_is_done_without(settings, tmp_path):
    (tmp_path / "models").write_text("not a folder")
    with closing(opened(settings)) as model:
        assert told(model)[0].startswith("30万吨")
