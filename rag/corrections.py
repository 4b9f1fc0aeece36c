"""What a reader's eye puts right on a page: the names of an article, the edition, and where one article ends.

A correction of names keeps the article's old id as an alias, so citations go on working. A split or a joined article
changes the text that offsets point into; the page is then stored anew with its articles as corrected.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from rag.archive.engine import reading, writing
from rag.archive.tables import memberships, pages
from rag.contract import check_date
from rag.errors import InputError
from rag.pages.ready import make_page
from rag.schema import Article, Edition, Page

if TYPE_CHECKING:
    from sqlalchemy import Row

    from rag.archive import Archive
    from rag.service import Service


@dataclass(frozen=True, slots=True)
class Names:
    """What a reader may correct of an article without touching its text."""

    title: str
    kicker: str = ""
    subtitle: str = ""
    byline: str = ""


def page_of(archive: Archive, article_id: str) -> Page | None:
    """Return the newest stored page that prints the article, whole and in order; None when there is none."""
    article = archive.article(article_id)
    if article is None:
        return None
    query = (
        select(pages)
        .join(memberships, memberships.c.page_id == pages.c.id)
        .where(memberships.c.article_id == article.id)
        .order_by(pages.c.added_at.desc(), pages.c.id)
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).first()
    return _page(archive, row) if row is not None else None


def pages_from(archive: Archive, source: str) -> tuple[Page, ...]:
    """Return the stored pages that were read from `source`."""
    with reading(archive.engine) as connection:
        rows = connection.execute(select(pages).where(pages.c.source == source)).all()
    return tuple(_page(archive, row) for row in rows)


def _page(archive: Archive, row: Row[tuple[object, ...]]) -> Page:
    with reading(archive.engine) as connection:
        members = connection.execute(select(memberships.c.article_id).where(memberships.c.page_id == row.id)).scalars()
        ids = [str(one) for one in members]
    found = sorted(archive.articles(ids).values(), key=lambda article: article.position)
    edition = Edition(**json.loads(row.edition))
    return Page(row.id, row.source, edition, tuple(found), tuple(json.loads(row.notes)))


def rename(service: Service, article_id: str, names: Names) -> str:
    """Correct an article's names; return its new id.

    Raises:
        InputError: there is no such article, or the title is empty.
        ArchiveError: the archive cannot be written.
    """
    article = _article(service.archive, article_id)
    if not names.title.strip():
        raise InputError("the title is empty: write one.")
    corrected = replace(
        article,
        title=names.title.strip(),
        kicker=names.kicker.strip(),
        subtitle=names.subtitle.strip(),
        byline=names.byline.strip(),
        confidence=1.0,
        doubts=(),
    )
    return service.correct(article.id, corrected)


def move(service: Service, article_id: str, *, paper: str, date: str, page: str) -> str:
    """Correct the edition of the whole page that prints an article; return the article's new id.

    Raises:
        InputError: there is no such article, or `date` is neither empty nor an ISO date.
        ArchiveError: the archive cannot be written.
    """
    stored = _stored(service.archive, article_id)
    edition = Edition(paper.strip(), check_date(date.strip()), page.strip(), "given", "given", "given")
    new_ids = {
        article.id: service.correct(article.id, replace(article, edition=edition))
        for article in stored.articles
        if article.edition != edition
    }
    row = {"paper": edition.paper, "date": edition.date, "page": edition.page}
    with writing(service.archive.engine) as connection:
        connection.execute(
            pages.update().where(pages.c.id == stored.id).values(**row, edition=json.dumps(_fields(edition)))
        )
    article = _article(service.archive, article_id)
    return new_ids.get(article.id, article.id)


def split(service: Service, article_id: str, at: int, title: str) -> tuple[str, str]:
    """Make the text of an article from offset `at` on an article of its own; return the ids of the two.

    Raises:
        InputError: there is no such article, `at` is not where a paragraph begins, or the title is empty.
        ArchiveError: the archive cannot be written.
    """
    stored = _stored(service.archive, article_id)
    article = _article(service.archive, article_id)
    if at not in paragraph_starts(article.body)[1:]:
        raise InputError("an article can be split only where one of its paragraphs begins.")
    if not title.strip():
        raise InputError("the new article has no title: write one.")
    first = replace(article, body=article.body[:at], confidence=1.0, doubts=(), lines=(), boxes=(), continued_on="")
    second = Article(
        title=title.strip(),
        body=article.body[at:],
        kind=article.kind,
        edition=article.edition,
        continued_on=article.continued_on,
    )
    _store(service, stored, article, (first, second))
    return first.id, second.id


def join(service: Service, article_id: str, other_id: str) -> str:
    """Put the headline and text of another article of the page at the end of this one; return its new id.

    Raises:
        InputError: there is no such article, or the two are not on one page.
        ArchiveError: the archive cannot be written.
    """
    stored = _stored(service.archive, article_id)
    article, other = _article(service.archive, article_id), _article(service.archive, other_id)
    if article.id == other.id or other.id not in {one.id for one in stored.articles}:
        raise InputError("only two different articles of one page can be joined.")
    heads = "".join(f"{part}\n" for part in (other.kicker, other.title, other.subtitle) if part)
    body = f"{article.body.rstrip()}\n{heads}{other.body}"
    joined = replace(article, body=body, confidence=1.0, doubts=(), lines=(), boxes=())
    rest = replace(stored, articles=tuple(one for one in stored.articles if one.id != other.id))
    _store(service, rest, article, (joined,))
    return joined.id


def paragraph_starts(body: str) -> list[int]:
    """Return the offsets at which the paragraphs of `body` begin."""
    starts, offset = [], 0
    for line in body.splitlines(keepends=True):
        if line.strip():
            starts.append(offset)
        offset += len(line)
    return starts


def _store(service: Service, stored: Page, article: Article, instead: tuple[Article, ...]) -> None:
    articles = [new for one in stored.articles for new in (instead if one.id == article.id else (one,))]
    page = make_page(articles, stored.source, stored.notes)
    service.add([replace(page, edition=stored.edition)])


def _stored(archive: Archive, article_id: str) -> Page:
    stored = page_of(archive, article_id)
    if stored is None:
        raise InputError("this article is no longer in the archive; somebody may have corrected or removed it.")
    return stored


def _article(archive: Archive, article_id: str) -> Article:
    article = archive.article(article_id)
    if article is None:
        raise InputError("this article is no longer in the archive; somebody may have corrected or removed it.")
    return article


def _fields(edition: Edition) -> dict[str, str]:
    return {name: getattr(edition, name) for name in Edition.__slots__}
