"""Ready articles: a `.jsonl` file with one article a line.

Fields: `title`, `body` (or `text`), and, all optional, `id` (kept as `external_id`), `date`, `paper`, `page`, `kind`,
`kicker`, `subtitle`, `byline`. Every other field goes to `metadata`. The body is kept verbatim, save that white space
at the ends of its paragraphs and blank lines between them are taken out. Without a title, the article is called by its
first sentence, and `doubts` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, cast, get_args

from rag.errors import InputError
from rag.pages.decode import decode, without_invisible
from rag.pages.editions import iso_date, merged, page_number
from rag.schema import Article, ArticleKind, Edition, Page, Skip, content_id
from rag.text.sentences import sentence_spans

ARTICLES_A_PAGE = 200
_MAX_LINE = 4_000_000
_MAX_TITLE = 40
_KINDS = frozenset(get_args(ArticleKind))
_OWN = frozenset({"id", "title", "body", "text", "date", "paper", "page", "kind", "kicker", "subtitle", "byline"})
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?")


def read_ready(path: Path, source: str, given: Edition) -> Iterator[Page | Skip]:
    """Yield pages of at most 200 articles, grouped by paper, date and page, and a skip for every other line.

    Raises:
        InputError: the file cannot be read, or has no article at all.
    """
    found = False
    batch: list[Article] = []
    parts: dict[tuple[str, str, str], int] = {}
    for item in _articles(path, source, given):
        if isinstance(item, Skip):
            yield item
            continue
        found = True
        batch.append(item)
        if len(batch) >= 10 * ARTICLES_A_PAGE:
            yield from _pages(batch, source, parts)
            batch = []
    yield from _pages(batch, source, parts)
    if not found:
        raise InputError(f"{source} has no article: each line must be a JSON object with title and body.")


def _articles(path: Path, source: str, given: Edition) -> Iterator[Article | Skip]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_MAX_LINE + 1):
                number += 1
                where = f"{source}:{number}"
                if len(line) > _MAX_LINE:
                    yield Skip(where, f"the line is longer than {_MAX_LINE:,} bytes")
                    while line and not line.endswith(b"\n"):
                        line = file.readline(_MAX_LINE)
                elif line.strip():
                    yield _article(line, where, given)
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror or error}.") from error


def _article(line: bytes, where: str, given: Edition) -> Article | Skip:
    try:
        record = json.loads(decode(line, where).text)
    except InputError as error:
        return Skip(where, str(error))
    except (ValueError, RecursionError) as error:
        return Skip(where, f"not a JSON object: {error}")
    if not isinstance(record, dict):
        return Skip(where, "not a JSON object")
    body = _paragraphs(_text(record, "body") or _text(record, "text"))
    if not body:
        return Skip(where, "the article has no body")
    title = _one_line(_text(record, "title"))
    doubts: tuple[str, ...] = ()
    if not title:
        title = _stand_in_title(body)
        doubts = ("no title given: called by its first sentence",)
    date, problem = _date(record.get("date"))
    if problem:
        doubts = (*doubts, problem)
    own = Edition(
        paper=_one_line(_text(record, "paper")),
        date=date,
        page=page_number(_text(record, "page")),
        paper_from="page",
        date_from="page",
        page_from="page",
    )
    kind = _text(record, "kind")
    return Article(
        title=title,
        body=body,
        kind=cast(ArticleKind, kind) if kind in _KINDS else "news",
        kicker=_one_line(_text(record, "kicker")),
        subtitle=_one_line(_text(record, "subtitle")),
        byline=_one_line(_text(record, "byline")),
        edition=merged(own, given),
        doubts=doubts,
        external_id=_text(record, "id"),
        metadata=_metadata(record),
    )


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return "" if value is None or isinstance(value, bool | list | dict) else without_invisible(str(value))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _paragraphs(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _stand_in_title(body: str) -> str:
    start, end = sentence_spans(body)[0]
    first = body[start:end]
    return first if len(first) <= _MAX_TITLE else first[: _MAX_TITLE - 1] + "…"


def _date(value: object) -> tuple[str, str]:
    """Return the ISO date and, when the value is none, a doubt."""
    text = "" if value is None else str(value).strip()
    if not text:
        return "", ""
    match = _DATE.fullmatch(text)
    date = iso_date(match[1], match[2], match[3]) if match else ""
    return date, "" if date else f"{text[:40]!r} is not a date; the article is kept without one"


def _metadata(record: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in record.items() if key not in _OWN}
    if record.get("body") and record.get("text"):
        kept["text"] = record["text"]
    return kept


def _pages(batch: list[Article], source: str, parts: dict[tuple[str, str, str], int]) -> Iterator[Page]:
    """Yield the pages of a batch. Each has a source of its own, or a later one would replace it in the archive.

    `parts` counts the pages of each edition that the file has had so far.
    """

    def where(article: Article) -> tuple[str, str, str]:
        return article.edition.paper, article.edition.date, article.edition.page

    for key, group in groupby(sorted(batch, key=where), key=where):
        articles = list(group)
        for start in range(0, len(articles), ARTICLES_A_PAGE):
            parts[key] = parts.get(key, 0) + 1
            name = "/".join((*(part for part in key if part), str(parts[key])))
            yield make_page(articles[start : start + ARTICLES_A_PAGE], f"{source}#{name}")


def make_page(articles: list[Article], source: str, notes: tuple[str, ...] = ()) -> Page:
    """Return a page of `articles`, called by the hash of what a reader sees in it, whatever file that came from."""
    placed = tuple(replace(article, position=index) for index, article in enumerate(articles))
    edition = placed[0].edition if placed else Edition()
    return Page(content_id("page", *(article.id for article in placed)), source, edition, placed, notes)
