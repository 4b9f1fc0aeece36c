"""BM25 over articles, over pairs of adjacent words, and over passages, from the postings.

Okapi's formula with a light length correction (`B`): newspaper articles are long because they say more things, not
because they say them at greater length. A headline word counts as if printed `HEADLINE` times. The question's
interrogatives are no search terms: 多少 and 哪些 are rare in print, so they would weigh heavily and say nothing. A word
that the question repeats counts by the square root of its times, because several questions in one repeat their subject.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.index.postings import TABLES, Collection, Numbers, TableName
from rag.text.tokens import bigrams, words

Scores = npt.NDArray[np.float64]
K1 = 1.0
B = 0.4
HEADLINE = 2
# Places read for one question and table; under a microsecond each. The rarest tokens come first, and say most.
_PLACES = 60_000
_ASK = re.compile(
    "为什么|是什么|有什么|什么时候|什么时间|什么样|什么|多少|哪一|哪些|哪个|哪种|哪里|哪儿|哪家|哪几|哪|谁|何时|何地|何人|何种|何"
    "|为何|如何|怎么样|怎么|怎样|是否|有没有|能否|多久|多长|多大|多高|吗|呢|请问"
)
_BREAK = re.compile(r"[^\w.%·]+")


class Tokens(Protocol):
    """What an inverted index says of the collection."""

    def count(self, table: TableName, token: str) -> int:
        """Return how many documents have `token`."""

    def count_pair(self, first: str, second: str, found: int) -> int:
        """Return how many documents have two words side by side; `found` is how many in the collection given do."""

    def places(self, table: TableName, token: str) -> tuple[Numbers, Numbers]:
        """Return where `token` stands: document numbers, ascending, and the place in each."""


@dataclass(frozen=True, slots=True)
class Whole:
    """How many documents there are, and the mean lengths of their words, bigrams and passages, headlines weighed."""

    documents: int
    words: float
    grams: float
    passages: float


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Scores of all documents and all passages, by place in the collection.

    Each is divided by what a text full of every token of the question would get, so that 1 is the most.
    """

    words: Scores
    grams: Scores
    phrases: Scores
    passages: Scores


@dataclass(frozen=True, slots=True)
class QuestionTokens:
    """What a question is searched by: tokens and pairs of adjacent words, each with how often it is there."""

    words: Mapping[str, int]
    grams: Mapping[str, int]
    phrases: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class _Token:
    """A token's weight and where it stands: places of documents in the collection, ascending, and in each."""

    weight: float
    documents: Numbers
    offsets: Numbers


def question_tokens(question: str) -> QuestionTokens:
    """Return the search tokens of a question, its interrogatives left out."""
    asked = _ASK.sub(" ", question)
    cut = [words(part) for part in _BREAK.split(asked)]
    return QuestionTokens(
        Counter(word for part in cut for word in part),
        Counter(bigrams(asked)),
        Counter(pair for part in cut for pair in pairwise(part)),
    )


def whole(collection: Collection) -> Whole:
    """Return the numbers of a collection that is all there is."""
    lengths, heads = collection.lengths, collection.heads
    means = {table: _mean(lengths[table] + (HEADLINE - 1) * heads[table]) for table in TABLES}
    passages = collection.passage_lengths + heads["words"][collection.document]
    return Whole(len(collection.documents), means["words"], means["grams"], _mean(passages))


def score(tokens: Tokens, collection: Collection, question: str, of: Whole | None = None) -> LexicalScores:
    """Return the scores of the documents in `collection` for `question`, as part of the whole that `of` tells of."""
    asked = question_tokens(question)
    of = of or whole(collection)
    by_word = _read(tokens, collection, "words", asked.words, of)
    by_gram = _read(tokens, collection, "grams", asked.grams, of)
    return LexicalScores(
        _documents(collection, "words", by_word, of.words),
        _documents(collection, "grams", by_gram, of.grams),
        _phrases(tokens, collection, by_word, asked.phrases, of),
        _passages(collection, by_word, of.passages),
    )


def _read(
    postings: Tokens, collection: Collection, table: TableName, tokens: Mapping[str, int], of: Whole
) -> dict[str, _Token]:
    """Read the postings of the tokens that are in the collection, the rarest first, up to what a search may read."""
    found: dict[str, _Token] = {}
    read = 0
    for count, token in sorted((postings.count(table, token), token) for token in tokens):
        read += count
        if not count or (found and read > _PLACES):
            continue
        documents, offsets = postings.places(table, token)
        at = np.minimum(np.searchsorted(collection.documents, documents), len(collection.documents) - 1)
        known = collection.documents[at] == documents
        weight = _weight(count, of.documents, tokens[token])
        found[token] = _Token(weight, at[known], offsets[known])
    return found


def _weight(count: int, size: int, times: int) -> float:
    """Return the inverse document frequency of what `count` of `size` texts have, asked for `times` times."""
    return math.sqrt(times) * math.log(1 + (size - count + 0.5) / (count + 0.5))


def _mean(lengths: npt.NDArray[np.float32]) -> float:
    return float(lengths.mean()) if len(lengths) else 0.0


def _norms(lengths: npt.NDArray[np.float32], mean: float) -> Scores:
    return np.asarray(K1 * (1 - B + B * lengths / (mean or 1.0)), dtype=np.float64)


def _documents(collection: Collection, table: TableName, tokens: Mapping[str, _Token], mean: float) -> Scores:
    scores = np.zeros(len(collection.documents))
    heads = collection.heads[table]
    norms = _norms(collection.lengths[table] + (HEADLINE - 1) * heads, mean)
    most = 0.0
    for token in tokens.values():
        _add(scores, token.documents, _times(token.offsets, heads[token.documents]), token.weight, norms)
        most += token.weight * (K1 + 1)
    return scores / (most or 1.0)


def _times(offsets: Numbers, heads: npt.NDArray[np.float32]) -> Scores:
    """Return how much each place counts."""
    return np.where(offsets < heads, float(HEADLINE), 1.0)


def _add(scores: Scores, at: Numbers, counts: Scores, weight: float, norms: Scores) -> None:
    """Add one token's part to the texts `at`, ascending, one entry a place, each place counting `counts`."""
    if not len(at):
        return
    firsts = np.flatnonzero(np.r_[True, np.diff(at) > 0])
    texts, times = at[firsts], np.add.reduceat(counts, firsts)
    scores[texts] += weight * (K1 + 1) * times / (times + norms[texts])


def _phrases(
    postings: Tokens,
    collection: Collection,
    tokens: Mapping[str, _Token],
    pairs: Mapping[tuple[str, str], int],
    of: Whole,
) -> Scores:
    """Score the articles by the pairs of words that stand side by side in the question and in them."""
    scores = np.zeros(len(collection.documents))
    heads = collection.heads["words"]
    norms = _norms(collection.lengths["words"] + (HEADLINE - 1) * heads, of.words)
    most = 0.0
    for (first, second), asked in pairs.items():
        if first not in tokens or second not in tokens:
            continue
        one, two = tokens[first], tokens[second]
        span = int(max(one.offsets.max(initial=0), two.offsets.max(initial=0))) + 2
        beside = np.isin(one.documents * span + one.offsets + 1, two.documents * span + two.offsets, assume_unique=True)
        documents, offsets = one.documents[beside], one.offsets[beside]
        if len(documents):
            count = postings.count_pair(first, second, 1 + int(np.count_nonzero(np.diff(documents))))
            weight = _weight(count, of.documents, asked)
            _add(scores, documents, _times(offsets, heads[documents]), weight, norms)
            most += weight * (K1 + 1)
    return scores / (most or 1.0)


def _passages(collection: Collection, tokens: Mapping[str, _Token], mean: float) -> Scores:
    """Score the passages, each taken together with the headline of its article."""
    scores = np.zeros(len(collection.passages))
    heads = collection.heads["words"][collection.document]
    norms = _norms(collection.passage_lengths + heads, mean)
    most = 0.0
    for token in tokens.values():
        inside = token.offsets >= collection.heads["words"][token.documents]
        own = _passages_at(collection, token.documents[inside], token.offsets[inside])
        shared = _passages_of(collection, token.documents[~inside])
        at = np.sort(np.concatenate([own, shared]), kind="stable")
        _add(scores, at, np.ones(len(at)), token.weight, norms)
        most += token.weight * (K1 + 1)
    return scores / (most or 1.0)


def _passages_at(collection: Collection, documents: Numbers, offsets: Numbers) -> Numbers:
    """Return the passages that hold these word places."""
    if not len(documents):
        return documents
    span = int(max(offsets.max(), collection.first.max())) + 1
    keys = collection.document * span + collection.first
    return np.asarray(np.searchsorted(keys, documents * span + offsets, side="right") - 1, dtype=np.int64)


def _passages_of(collection: Collection, documents: Numbers) -> Numbers:
    """Return every passage of these documents, once for each time a document is named."""
    begins = np.searchsorted(collection.document, documents)
    counts = np.searchsorted(collection.document, documents, side="right") - begins
    steps = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(begins, counts) + steps, dtype=np.int64)
