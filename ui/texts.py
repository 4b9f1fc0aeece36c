"""Every word of the interface, in Chinese and English, from `assets/texts.toml`; `say` is the only way to them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_FILE = Path(__file__).parent / "assets" / "texts.toml"


def say(key: str, language: Language, **values: object) -> str:
    """Return the text of `key` (`ask.send`) in `language`, its `{names}` filled with `values`.

    Raises:
        KeyError: there is no such text, which is a fault of the program.
    """
    text = texts()[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


@cache
def texts() -> dict[str, tuple[str, str]]:
    """Return every key with its text in each of `LANGUAGES`."""
    groups = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {f"{group}.{key}": (pair[0], pair[1]) for group, rows in groups.items() for key, pair in rows.items()}


def known(key: str) -> bool:
    """Return whether there is a text of this key."""
    return key in texts()


def choose_language(accepted: str) -> Language:
    """Return the interface language for a browser's language list (`zh-CN,zh;q=0.9,en;q=0.8`): the first known one."""
    for part in accepted.replace("_", "-").lower().split(","):
        code = part.split(";")[0].strip().split("-")[0]
        if code in ("zh", "en"):
            return "zh" if code == "zh" else "en"
    return "zh" if not accepted.strip() else "en"
