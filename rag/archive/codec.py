"""Articles, editions and vectors as the archive writes them: JSON that a person can read, and plain numbers."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Row

from rag.protocols import Vectors
from rag.schema import Article, Box, Edition
from rag.text.tokens import fold_phrase

_TUPLES = ("reporters", "correspondents", "subheads", "doubts", "lines")


def article_row(article: Article) -> dict[str, Any]:
    """Return the row of `articles` for `article`."""
    data = asdict(article)
    for key in ("title", "body", "kind", "position"):
        del data[key]
    return {
        "id": article.id,
        "paper": article.edition.paper,
        "date": article.edition.date,
        "page": article.edition.page,
        "kind": article.kind,
        "position": article.position,
        "title": article.title,
        "body": article.body,
        "folded": fold_phrase(f"{article.headline}\n{article.byline}\n{article.body}"),
        "data": to_json(data),
    }


def row_article(found: Row[Any]) -> Article:
    """Return the article of a row of `articles`; the inverse of `article_row`."""
    row = found._mapping
    data = json.loads(row["data"])
    edition = Edition(**data.pop("edition"))
    boxes = tuple(Box(**box) for box in data.pop("boxes"))
    for key in _TUPLES:
        data[key] = tuple(data[key])
    return Article(
        title=row["title"],
        body=row["body"],
        kind=row["kind"],
        position=row["position"],
        edition=edition,
        boxes=boxes,
        **data,
    )


def to_json(value: Any) -> str:
    """Return compact JSON with Chinese characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def vector_bytes(vector: Vectors) -> bytes:
    """Return a vector as little-endian float16, two bytes a number."""
    return vector.astype("<f2").tobytes()


def bytes_vectors(blobs: list[bytes], dimension: int) -> Vectors:
    """Return the stored vectors as a float32 array of shape (len(blobs), dimension), rows of length 1."""
    array = np.frombuffer(b"".join(blobs), dtype="<f2").reshape(len(blobs), dimension).astype(np.float32)
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    array /= np.where(lengths > 0, lengths, 1)
    return array
