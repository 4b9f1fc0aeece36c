"""BM25 over articles and over their passages, from the postings.

Okapi's formula with a light length correction (`B`): newspaper articles are long because they say more things, not
because they say them at greater length. The question's interrogatives are no search terms: 多少 and 哪些 are rare in
print, so they would weigh heavily and say nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.index.postings import Collection, Numbers, Postings, TableName
from rag.text.tokens import bigrams, words

Scores = npt.NDArray[np.float64]
K1 = 1.0
B = 0.4
# Places read for one question and table; a microsecond each. The rarest tokens come first, and say most.
_PLACES = 60_000
_ASK = re.compile(
    "为什么|是什么|有什么|什么时候|什么时间|什么样|什么|多少|哪一|哪些|哪个|哪种|哪里|哪儿|哪家|哪几|哪|谁|何时|何地|何人|何种|何"
    "|为何|如何|怎么样|怎么|怎样|是否|有没有|能否|多久|多长|多大|多高|吗|呢|请问"
)


@dataclass(frozen=True, slots=True)
class LexicalScores:
    """Scores of all documents and passages, by place in the collection.

    Each is divided by what a text full of every token of the question would get, so that 1 is the most.
    """

    words: Scores
    grams: Scores
    passages: Scores


def question_tokens(question: str) -> dict[TableName, list[str]]:
    """Return the distinct search tokens of a question."""
    asked = _ASK.sub(" ", question)
    return {"words": list(dict.fromkeys(words(asked))), "grams": list(dict.fromkeys(bigrams(asked)))}


def score(postings: Postings, collection: Collection, question: str) -> LexicalScores:
    """Return BM25 scores of the whole collection for `question`."""
    tokens = question_tokens(question)
    by_words, by_passage = _score(postings, collection, "words", tokens["words"])
    by_grams, _ = _score(postings, collection, "grams", tokens["grams"])
    return LexicalScores(by_words, by_grams, by_passage)


def _score(
    postings: Postings, collection: Collection, table: TableName, tokens: Sequence[str]
) -> tuple[Scores, Scores]:
    size = len(collection.documents)
    documents, passages = np.zeros(size), np.zeros(len(collection.passages))
    if not size:
        return documents, passages
    norms = _norms(collection.lengths[table])
    passage_norms = _norms(collection.passage_lengths)
    most = 0.0
    for token, weight in _weighted(postings, table, tokens, size):
        most += weight * (K1 + 1)
        if weight == 0.0:
            continue
        found, offsets = postings.places(table, token)
        at = np.searchsorted(collection.documents, found)
        _add(documents, at, weight, norms)
        if table == "words":
            _add(passages, _passages_at(collection, at, offsets), weight, passage_norms)
    return documents / (most or 1.0), passages / (most or 1.0)


def _weighted(postings: Postings, table: TableName, tokens: Sequence[str], size: int) -> list[tuple[str, float]]:
    """Return the tokens with their weights (inverse document frequency), 0 for those beyond what a search may read."""
    counted = sorted((postings.count(table, token), token) for token in tokens)
    weighted: list[tuple[str, float]] = []
    read = 0
    for count, token in counted:
        read += count
        weight = math.log(1 + (size - count + 0.5) / (count + 0.5)) if count else 0.0
        weighted.append((token, weight if read <= _PLACES or read == count else 0.0))
    return weighted


def _norms(lengths: npt.NDArray[np.float32]) -> Scores:
    mean = float(lengths.mean()) if len(lengths) else 0.0
    return np.asarray(K1 * (1 - B + B * lengths / (mean or 1.0)), dtype=np.float64)


def _add(scores: Scores, at: Numbers, weight: float, norms: Scores) -> None:
    """Add one token's part to the texts `at`, a place for each time the token stands there."""
    texts, times = np.unique(at, return_counts=True)
    scores[texts] += weight * (K1 + 1) * times / (times + norms[texts])


def _passages_at(collection: Collection, documents: Numbers, offsets: Numbers) -> Numbers:
    """Return the passages that hold these word places; a headline's words belong to none."""
    span = int(offsets.max(initial=0)) + 1
    keys = collection.document * span + np.minimum(collection.first, span - 1)
    at = np.searchsorted(keys, documents * span + offsets, side="right") - 1
    inside = (at >= 0) & (collection.document[at] == documents) & (collection.first[at] <= offsets)
    return np.asarray(at[inside], dtype=np.int64)
