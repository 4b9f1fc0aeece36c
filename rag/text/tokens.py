"""Tokens for lexical search: jieba words, folded so that the way a page was typed does not matter."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"\w", re.UNICODE)
_SPACE = re.compile(r"\s+")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟「」『』〝〞'‘’‚", '"'))
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


@lru_cache(maxsize=1)
def _jieba() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    return jieba


def fold(text: str) -> str:
    """Return `text` in NFKC and lower case: １２３ and 123, Ａ and a are one. Lengths may change."""
    return unicodedata.normalize("NFKC", text).lower()


def fold_phrase(text: str) -> str:
    """Return `text` folded for exact phrase search: also without white space, every quotation mark the same."""
    return _SPACE.sub("", fold(text).translate(_QUOTES))


def words(text: str) -> list[str]:
    """Return the words of `text` as jieba cuts them, folded, punctuation and white space left out."""
    return [word for word in _jieba().lcut(fold(text)) if _WORD.search(word)]


def search_words(text: str) -> list[str]:
    """Return the words of `text` with the shorter words inside long ones, as jieba's search mode cuts them."""
    return [word for word in _jieba().lcut_for_search(fold(text)) if _WORD.search(word)]


def bigrams(text: str) -> Iterator[str]:
    """Yield the character bigrams of each run of Chinese characters, and each run of letters or digits whole."""
    for run in re.findall(r"[\u3400-\u9fff\uf900-\ufaff]+|[a-z0-9.%]+", fold(text)):
        if not _HAN.match(run) or len(run) == 1:
            yield run
            continue
        for index in range(len(run) - 1):
            yield run[index : index + 2]


def cut(text: str) -> list[str]:
    """Return `text` cut into dictionary words and single characters, nothing left out: `"".join` gives it back."""
    return list(_jieba().cut(text, HMM=False))
