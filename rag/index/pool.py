"""The articles at hand: what an engine that cannot rank as `rag.index.bm25` does has recalled, read as an inverted index.

`bm25` then gives each of them the score that it would have in the whole collection. How many articles there are, how
long they are and in how many each word stands, the engine has counted and tells exactly. Bigrams and pairs of words it
has not: there are too many. In how many articles one stands is taken from the articles at hand, scaled by how much more
often than here the rarest word that it belongs to stands in the collection. Where all of that word's articles are at
hand this is exact, too; elsewhere it errs on the side of counting too many, because the best matches are at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.index import bm25
from rag.index.postings import Collection, Numbers, TableName

_NONE: Numbers = np.empty(0, dtype=np.int64)
_HAN = "\u3400-\u9fff\uf900-\ufaff"
_RUN = "a-z0-9.%"


@dataclass(frozen=True, slots=True)
class PooledPassage:
    """A passage at hand: its words, a blank between two, and its text as `rag.text.tokens.fold` leaves it."""

    number: int
    words: str
    text: str

    @property
    def length(self) -> int:
        """How many words it has."""
        return _length(self.words)


@dataclass(frozen=True, slots=True)
class PooledArticle:
    """An article at hand, whole: its headline likewise, its passages in order, and its numbers of tokens."""

    headline_words: str
    headline: str
    passages: tuple[PooledPassage, ...]
    words: int
    grams: int
    headline_grams: int

    @property
    def number(self) -> int:
        """The document's number: that of its first passage."""
        return self.passages[0].number

    @property
    def headline_length(self) -> int:
        """How many words its headline has."""
        return _length(self.headline_words)


class Pool:
    """The postings of a question's tokens in the articles at hand."""

    def __init__(self, articles: Iterable[PooledArticle], question: str, counts: Mapping[str, int], size: int) -> None:
        """Read `articles` for `question`; `counts` has the question's words in all of the `size` articles there are."""
        self._articles = sorted(articles, key=lambda one: one.number)
        self._counts = counts
        self._size = size
        asked = bm25.question_tokens(question)
        self.collection = _collection(self._articles)
        self._texts = ["\n".join(passage.text for passage in one.passages) for one in self._articles]
        self._words = _word_places(self._articles, asked.words)
        self._grams = {gram: self._gram_places(gram) for gram in asked.grams}

    def count(self, table: TableName, token: str) -> int:
        """Return how many documents of the collection have `token`: a word exactly, a bigram nearly."""
        if table == "words":
            return self._counts.get(token, 0)
        found = len(np.unique(self._grams[token][0]))
        return self._scaled(found, [word for word in self._words if _belongs(token, word)])

    def count_pair(self, first: str, second: str, found: int) -> int:
        """Return how many documents of the collection have two words side by side, nearly."""
        return self._scaled(found, [first, second])

    def places(self, table: TableName, token: str) -> tuple[Numbers, Numbers]:
        """Return where `token` stands at hand: document numbers, ascending, and the place in each."""
        return self._words.get(token, (_NONE, _NONE)) if table == "words" else self._grams[token]

    def _scaled(self, found: int, words: Sequence[str]) -> int:
        rarest = min(
            (word for word in words if word in self._words), key=lambda word: self._counts.get(word, 0), default=""
        )
        if not rarest:
            return found
        here = len(np.unique(self._words[rarest][0]))
        return min(self._size, max(found, round(found * self._counts.get(rarest, 0) / here)))

    def _gram_places(self, gram: str) -> tuple[Numbers, Numbers]:
        pattern = _pattern(gram)
        inside = [_times(gram, pattern, text) for text in self._texts]
        above = [_times(gram, pattern, one.headline) for one in self._articles]
        times = np.array([above, inside], dtype=np.int64).T.ravel()
        # Of a bigram's place only this counts: whether it is in the headline or after it.
        offsets = np.array([(0, one.headline_grams) for one in self._articles], dtype=np.int64).ravel()
        return np.repeat(np.repeat(self.collection.documents, 2), times), np.repeat(offsets, times)


def _word_places(articles: Iterable[PooledArticle], asked: Iterable[str]) -> dict[str, tuple[Numbers, Numbers]]:
    # Looked for in the text as it is: to take every word of every article into Python's hands takes ten times as long.
    found: dict[str, tuple[list[int], list[int]]] = {}
    for one in articles:
        text = " ".join(filter(None, (one.headline_words, *(passage.words for passage in one.passages))))
        text = f" {text} "
        for word in asked:
            at = text.find(f" {word} ")
            while at >= 0:
                documents, offsets = found.setdefault(word, ([], []))
                documents.append(one.number)
                offsets.append(text.count(" ", 0, at))
                at = text.find(f" {word} ", at + 1)
    return {
        word: (np.array(documents, dtype=np.int64), np.array(offsets, dtype=np.int64))
        for word, (documents, offsets) in found.items()
    }


def _collection(articles: Sequence[PooledArticle]) -> Collection:
    passages, document, first, lengths = [], [], [], []
    for place, one in enumerate(articles):
        offset = one.headline_length
        for passage in one.passages:
            passages.append(passage.number)
            document.append(place)
            first.append(offset)
            lengths.append(passage.length)
            offset += passage.length

    def numbers(values: Iterable[int]) -> Numbers:
        return np.fromiter(values, dtype=np.int64)

    def sizes(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.fromiter(values, dtype=np.float32)

    return Collection(
        numbers(one.number for one in articles),
        {"words": sizes(one.words for one in articles), "grams": sizes(one.grams for one in articles)},
        {
            "words": sizes(one.headline_length for one in articles),
            "grams": sizes(one.headline_grams for one in articles),
        },
        numbers(passages),
        numbers(document),
        numbers(first),
        sizes(lengths),
    )


def _length(words: str) -> int:
    return words.count(" ") + 1 if words else 0


def _belongs(gram: str, word: str) -> bool:
    """Return whether a bigram can be a part of `word`, or begin or end in it."""
    return gram in word or word in gram or word.endswith(gram[0]) or word.startswith(gram[-1])


def _pattern(gram: str) -> re.Pattern[str] | None:
    """Return what finds a token that plain counting would not: a whole run, or one that overlaps itself."""
    if not re.match(f"[{_HAN}]", gram):
        return re.compile(f"(?<![{_RUN}]){re.escape(gram)}(?![{_RUN}])")
    if len(gram) == 1:
        return re.compile(f"(?<![{_HAN}]){gram}(?![{_HAN}])")
    return re.compile(f"(?={gram})") if gram[0] == gram[1] else None


def _times(gram: str, pattern: re.Pattern[str] | None, text: str) -> int:
    return text.count(gram) if pattern is None else sum(1 for _ in pattern.finditer(text))


def tally(articles: Iterable[PooledArticle]) -> dict[str, int]:
    """Return in how many of `articles` each word stands."""
    found: dict[str, int] = {}
    for one in articles:
        parts = (one.headline_words, *(passage.words for passage in one.passages))
        for word in {word for part in parts if part for word in part.split(" ")}:
            found[word] = found.get(word, 0) + 1
    return found
