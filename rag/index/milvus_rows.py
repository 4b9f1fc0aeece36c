"""What the rows in Milvus hold, from articles and back, and what is noted beside them of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from rag.index import bm25
from rag.index.milvus_client import fitted
from rag.index.pool import PooledArticle, PooledPassage
from rag.index.postings import Entry
from rag.text.tokens import bigrams, fold, words

# Raise it when rows are made differently: a collection of another version is made anew.
VERSION = "1"
FIELDS = (
    "number",
    "document",
    "article",
    "date",
    "headline_words",
    "words",
    "text",
    "article_words",
    "article_grams",
    "headline_grams",
)


@dataclass(frozen=True, slots=True)
class State:
    """What the collections hold, and the change they are in the middle of.

    While `adding` or `removing` name passages, a change is under way: their rows are being written, or, once
    `counting`, the totals here include it and the words are being counted under the number `change`.
    """

    archive_id: str
    version: str
    dimension: int
    generation: int = 0
    token: str = ""
    documents: int = 0
    words: int = 0
    grams: int = 0
    passages: int = 0
    passage_words: int = 0
    change: int = 0
    counting: bool = False
    adding: tuple[int, ...] = ()
    removing: tuple[int, ...] = ()

    @property
    def whole(self) -> bm25.Whole:
        """The numbers that BM25 needs of the whole collection."""
        documents, passages = max(1, self.documents), max(1, self.passages)
        return bm25.Whole(self.documents, self.words / documents, self.grams / documents, self.passage_words / passages)

    def with_articles(self, articles: Sequence[PooledArticle], sign: int) -> State:
        """Return the totals with `articles` added (`sign` 1) or taken away (-1)."""
        extra = bm25.HEADLINE - 1
        return replace(
            self,
            documents=self.documents + sign * len(articles),
            words=self.words + sign * sum(one.words + extra * one.headline_length for one in articles),
            grams=self.grams + sign * sum(one.grams + extra * one.headline_grams for one in articles),
            passages=self.passages + sign * sum(len(one.passages) for one in articles),
            passage_words=self.passage_words
            + sign * sum(part.length + one.headline_length for one in articles for part in one.passages),
        )


def article_rows(entry: Entry, vectors: Mapping[int, list[float]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of an article's passages; `vectors` has theirs by number."""
    article, edition = entry.article, entry.article.edition
    headline = fold(article.headline).replace("\n", " ")
    headline_words, headline_grams = words(article.headline), len(list(bigrams(article.headline)))
    parts = [(number, article.body[start:end]) for number, start, end in entry.passages]
    cut = {number: words(part) for number, part in parts}
    for number, part in parts:
        yield {
            "number": number,
            "document": entry.number,
            "article": article.id,
            "paper": fitted(edition.paper),
            "date": fitted(edition.date),
            "page": fitted(edition.page),
            "kind": article.kind,
            "headline_words": _joined(headline_words),
            "words": _joined(cut[number]),
            "text": fitted(f"{headline}\n{fold(part)}"),
            "article_words": len(headline_words) + sum(map(len, cut.values())),
            "article_grams": headline_grams + len(list(bigrams(article.body))),
            "headline_grams": headline_grams,
            "vector": vectors[number],
        }


def _joined(tokens: Sequence[str]) -> str:
    """Return words as one text; where Milvus cannot store them all, the first ones, whole."""
    text = " ".join(tokens)
    stored = fitted(text)
    return text if stored == text else stored.rpartition(" ")[0]


def articles_with_row(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[PooledArticle, Mapping[str, Any]]]:
    """Yield articles, by number, each with one of the rows that it was read from."""
    # The spans of an article do not overlap and are numbered in order of the text.
    ordered = sorted(rows, key=lambda row: (row["document"], row["number"]))
    for _, group in groupby(ordered, key=lambda row: row["document"]):
        parts = list(group)
        first = parts[0]
        texts = [part["text"].partition("\n") for part in parts]
        passages = tuple(
            PooledPassage(part["number"], part["words"], text) for part, (_, _, text) in zip(parts, texts, strict=True)
        )
        yield (
            PooledArticle(
                first["headline_words"],
                texts[0][0],
                passages,
                first["article_words"],
                first["article_grams"],
                first["headline_grams"],
            ),
            first,
        )


def articles_of(rows: Sequence[Mapping[str, Any]]) -> list[PooledArticle]:
    """Return the articles that these are the rows of, by number."""
    return [article for article, _ in articles_with_row(rows)]
