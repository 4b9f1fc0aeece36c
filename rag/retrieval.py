"""Retrieval: from a question to the articles that may answer it.

Scores are fused, not ranks. On 200 real questions over 3,000 articles reciprocal rank fusion of BM25 and the embedder
was worse than BM25 alone, because it forgets that the words were sure and the vectors were not. The weights below are
general ones: each holds its place when any fifth of the questions is left out (`eval/README`).
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
from rag.schema import Article, ArticleKind, Filters, Hit, SearchResult
from rag.settings import Settings
from rag.text.periods import Period, periods

# Articles taken from each kind of search before they are ranked together.
_POOL = 100
_WORDS, _GRAMS, _PHRASES, _PASSAGE, _DENSE = 1.0, 0.3, 0.3, 0.3, 0.02
# For an article printed when the question's date would be news: a nudge, because a date says when something happened
# and may be told of later; more for 昨天 and 上周, which readers say when they mean the news of that day.
_DATED, _RECENT = 0.06, 0.15
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
        hits = self._hits(sorted(found, key=lambda one: (-_score(one), one.article_id))[: max(_POOL, 2 * top)])
        hits = self._rerank(question, _dated(hits, asked))
        return SearchResult(question, self._collapsed(hits)[:top], filters, _notes(asked, now))

    def _today(self) -> str:
        if self._settings.today == "clock":
            return datetime.now(UTC).astimezone().date().isoformat()
        return self._archive.newest_date()

    def _hits(self, candidates: Sequence[Candidate]) -> list[Hit]:
        """Look the candidates up in the archive; what is no longer there is no hit."""
        articles = self._archive.articles([one.article_id for one in candidates])
        passages = self._archive.passages([one.best for one in candidates])
        return [
            Hit(articles[one.article_id], passages[one.best], _score(one), one.dense, one.words)
            for one in candidates
            if one.article_id in articles and one.best in passages
        ]

    def _collapsed(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Put near-duplicates under the best of them."""
        twins = self._archive.twins([hit.article.id for hit in hits])
        kept: dict[str, list[str]] = {}
        for hit in hits:
            same = [other for other, share in twins.get(hit.article.id, {}).items() if share >= _SAME]
            best = next((other for other in kept if other in same), None)
            if best is None:
                kept[hit.article.id] = []
            else:
                kept[best].append(hit.article.id)
        return tuple(replace(hit, duplicates=tuple(kept[hit.article.id])) for hit in hits if hit.article.id in kept)

    def _rerank(self, question: str, hits: list[Hit]) -> list[Hit]:
        if not self._settings.reranker or not hits:
            return hits
        first = hits[:_RERANKED]
        texts = [(question, f"{hit.article.headline}\n{hit.passage.text}") for hit in first]
        scores = [float(score) for score in self._reranker.predict(texts, show_progress_bar=False)]
        # The reranked stay above the rest, whatever the two scales are.
        floor = first[-1].score - min(scores)
        ranked = [replace(hit, score=floor + score) for hit, score in zip(first, scores, strict=True)]
        return sorted(ranked, key=_order) + hits[_RERANKED:]

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


def _score(one: Candidate) -> float:
    return (
        _WORDS * one.words + _GRAMS * one.grams + _PHRASES * one.phrases + _PASSAGE * one.passage + _DENSE * one.dense
    )


def _order(hit: Hit) -> tuple[float, str]:
    return -hit.score, hit.article.id


def _dated(hits: Sequence[Hit], asked: Sequence[Period]) -> list[Hit]:
    """Raise the articles printed when what the question dates was news."""
    return sorted((replace(hit, score=hit.score + _nudge(hit.article, asked)) for hit in hits), key=_order)


def _nudge(article: Article, asked: Sequence[Period]) -> float:
    if not asked or not article.date:
        return 0.0
    try:
        day = date.fromisoformat(article.date)
    except ValueError:
        return 0.0
    return max((_DATED if one.said else _RECENT for one in asked if one.printed(day)), default=0.0)


def _notes(asked: Sequence[Period], today: str) -> tuple[str, ...]:
    """Tell how date words were understood, unless they were said in full."""
    return tuple(f"“{one.text}”按{one.label}理解（以{today}为今天）。" for one in asked if not one.said)
