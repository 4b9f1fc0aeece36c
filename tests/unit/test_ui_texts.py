"""The words of the interface: complete in both languages, none missing, none idle."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from ui.texts import choose_language, say, texts

UI = Path(__file__).parents[2] / "ui"
CODE = "\n".join(path.read_text(encoding="utf-8") for path in UI.glob("*.py"))
MADE_BY_PROGRAM = ("outcome.", "verdict.", "kind.", "doubt.", "library.provenance-", "ask.reason.", "digest.")


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(texts()))
def test_a_text_says_something_in_both_languages_with_the_same_values(key: str):
    chinese, english = texts()[key]
    assert chinese.strip()
    assert english.strip()
    assert fields(chinese) == fields(english)


def test_every_text_that_the_code_names_exists():
    groups = {key.split(".")[0] for key in texts()}
    named = {key for key in re.findall(r'"([a-z]+\.[a-z_.]+)"', CODE) if key.split(".")[0] in groups}
    assert named <= set(texts())


def test_no_text_is_idle():
    shown = {key for key in texts() if f'"{key}"' in CODE or f"'{key}'" in CODE}
    idle = {key for key in texts() if key not in shown and not key.startswith(MADE_BY_PROGRAM)}
    short = {key for key in idle if f'"{key.split(".")[1]}"' in CODE or f".{key.split('.')[1]}" in CODE}
    assert idle == short


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "en"),
        ("de", "en"),
        ("zh_TW", "zh"),
        ("", "zh"),
    ],
)
def test_the_language_is_the_first_of_the_browser_that_we_speak(accepted: str, language: str):
    assert choose_language(accepted) == language


def test_values_are_filled_in():
    assert say("ask.turns", "en", n=3) == "3 questions"
