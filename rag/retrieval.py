"""Retrieval: from a question to the articles that may answer it.

Scores are fused, not ranks. On 200 real questions over 3,000 articles reciprocal rank fusion of BM25 and the embedder
was worse than BM25 alone, because it forgets that the words were sure and the vectors were not. The weights below are
general ones: each holds its place when any fifth of the questions is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from rag.archive import Archive
from rag.errors import ModelError
from rag.index import Candidate, SearchIndex
from rag.protocols import Embedder
from rag.schema import ArticleKind, Filters, Hit, SearchResult
from rag.settings import Settings
from rag.text.periods import Period, periods

# Articles taken from each kind of search before they are ranked together.
_POOL = 100
# What a standard deviation of cosine weighs beside a full match of words: little where the words are sure, more where
# even the best article has few of them, as when a question is put in words of its own.
_DENSE, _DENSE_IN_DOUBT = 0.004, 0.012
_DOUBT = 1.9
# For an article printed when the question's date would be news: a nudge, because a date says when something happened
# and may be told of later; more for 昨天 and 上周, which readers say when they mean the news of that day.
_DATED, _RECENT = 0.024, 0.06
# Share of the shorter text from which on two reports count as one.
_SAME = 0.8
# Articles shown to the reranker.
_RERANKED = 20
_ORDINARY: tuple[ArticleKind, ...] = ("news", "photo", "continuation", "notice")


class Retriever:
    """Search over one archive. Safe to call from several threads."""

    def __init__(self, archive: Archive, index: SearchIndex, embedder: Embedder, settings: Settings) -> None:
        self._archive = archive
        self._index = index
        self._embedder = embedder
        self._settings = settings

    def search(self, question: str, *, top: int = 10, filters: Filters | None = None, today: str = "") -> SearchResult:
        """Return at most `top` articles, best first, each with its best passage.

        Near-duplicates stand under the best of them, in `Hit.duplicates`. Advertisements are left out unless
        `filters.kinds` names them. Date words are understood from `today` (ISO; by default the newest edition or the
        clock, as the settings say), told in the notes, and only nudge the ranking; hard limits are for filters.

        Raises:
            ArchiveError: the archive or the index cannot be read.
            ModelError: the embedder or the reranker cannot be loaded.
        """
        filters = filters or Filters()
        if not question.strip() or top < 1:
            return SearchResult(question, (), filters)
        within = filters if filters.kinds or filters.article_ids else replace(filters, kinds=_ORDINARY)
        now = today or self._today()
        asked = periods(question, now)
        vectors = self._embedder.query(question)[None, :]
        found = self._index.candidates(question, vectors, top=max(_POOL, 2 * top), filters=within)
        dense = _dense_weight(found)
        scored = [(one.lexical + dense * one.dense + _nudge(one.date, asked), one) for one in found]
        scored.sort(key=lambda pair: (-pair[0], pair[1].article_id))
        # Twice as many as asked for, because near-duplicates share a place.
        hits = self._rerank(question, self._hits(scored[: max(_RERANKED, 2 * top)]))
        return SearchResult(question, self._collapsed(hits)[:top], filters, _notes(asked, now))

    def _today(self) -> str:
        if self._settings.today == "clock":
            return datetime.now(UTC).astimezone().date().isoformat()
        return self._archive.newest_date()

    def _hits(self, scored: Sequence[tuple[float, Candidate]]) -> list[tuple[str, Hit]]:
        """Look the candidates up in the archive and pair them with their ids; what is not there any more is no hit."""
        articles = self._archive.articles([one.article_id for _, one in scored])
        passages = self._archive.passages([one.best for _, one in scored])
        return [
            (one.article_id, Hit(articles[one.article_id], passages[one.best], score, one.dense, one.lexical))
            for score, one in scored
            if one.article_id in articles and one.best in passages
        ]

    def _collapsed(self, hits: Sequence[tuple[str, Hit]]) -> tuple[Hit, ...]:
        """Put near-duplicates under the best of them."""
        twins = self._archive.twins([article_id for article_id, _ in hits])
        kept: dict[str, Hit] = {}
        for article_id, hit in hits:
            same = {other for other, share in twins.get(article_id, {}).items() if share >= _SAME}
            best = next((other for other in kept if other in same), None)
            if best is None:
                kept[article_id] = hit
            else:
                kept[best] = replace(kept[best], duplicates=(*kept[best].duplicates, article_id))
        return tuple(kept.values())

    def _rerank(self, question: str, hits: list[tuple[str, Hit]]) -> list[tuple[str, Hit]]:
        if not self._settings.reranker or not hits:
            return hits
        first = hits[:_RERANKED]
        texts = [(question, f"{hit.article.headline}\n{hit.passage.text}") for _, hit in first]
        scores = [float(score) for score in self._reranker.predict(texts, show_progress_bar=False)]
        # The reranked stay above the rest, whatever the two scales are.
        floor = first[-1][1].score - min(scores)
        ranked = [
            (article_id, replace(hit, score=floor + score))
            for (article_id, hit), score in zip(first, scores, strict=True)
        ]
        return sorted(ranked, key=lambda pair: (-pair[1].score, pair[0])) + hits[_RERANKED:]

    @cached_property
    def _reranker(self) -> Any:
        from sentence_transformers import CrossEncoder

        name = self._settings.reranker
        try:
            return CrossEncoder(name, device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"the reranker {name} cannot be loaded: {error}; name a folder with a CrossEncoder in "
                "BAOWEN_RERANKER, or leave it empty"
            ) from error


def _dense_weight(found: Sequence[Candidate]) -> float:
    surest = max((one.lexical for one in found), default=0.0)
    return _DENSE + _DENSE_IN_DOUBT * max(0.0, 1 - _DOUBT * surest)


def _nudge(printed: str, asked: Sequence[Period]) -> float:
    """Return what an article printed on that day gains, where the question says when something happened."""
    if not asked or not printed:
        return 0.0
    try:
        day = date.fromisoformat(printed)
    except ValueError:
        return 0.0
    return max((_DATED if one.said else _RECENT for one in asked if one.printed(day)), default=0.0)


def _notes(asked: Sequence[Period], today: str) -> tuple[str, ...]:
    """Tell how date words were understood, unless they were said in full."""
    return tuple(f"“{one.text}”按{one.label}理解（以{today}为今天）。" for one in asked if not one.said)
