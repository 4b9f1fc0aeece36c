"""The endpoints for programs: `/ask`, `/search`, `/digest`, `/articles`. Their JSON is that of `rag.contract`.

The same functions are MCP tools when the setting `mcp` is on.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import gradio as gr
from anyio import CapacityLimiter
from gradio.events import api

from rag.contract import article_json, check_date, digest_json, search_json
from rag.errors import BaowenError, InputError
from rag.schema import Filters
from ui.asking import Asked, ask_steps
from ui.desk import Desk, article_id, plain, question_problem, stepwise

PUBLIC = ("ask", "search", "digest", "articles")
_MOST_ARTICLES = 200
_MOST_HITS = 50
_POLL = 0.3  # seconds between two looks at the queue


def add_endpoints(desk: Desk) -> None:
    """Add the public endpoints to the Blocks being built."""
    for name, function in zip(PUBLIC, _functions(desk), strict=True):
        api(function, api_name=name, concurrency_limit=None)


def _functions(desk: Desk) -> tuple[Callable[..., Any], ...]:
    service = desk.service
    threads = CapacityLimiter(16)

    async def ask(
        question: str,
        paper: str = "",
        date_from: str = "",
        date_to: str = "",
        page: str = "",
        use_llm: bool = True,
    ) -> dict:  # type: ignore[type-arg]  # Gradio reads the schema from the bare name
        """Answer a question from the archive. Every sentence of the answer carries the addresses that support it.

        Args:
            question: The question, in Chinese or English.
            paper: Only this paper; empty for all.
            date_from: Only editions from this ISO day on; empty for no limit.
            date_to: Only editions up to this ISO day; empty for no limit.
            page: Only this page; empty for all.
            use_llm: False quotes source sentences at once, without the language model.

        Returns:
            question, outcome (answered, partial, not_found), answer, claims with verdict and citations
            (article_id, title, date, start, end, quote), evidence, nearest, notes, llm, timings.
        """
        asked = _checked(desk, question)
        filters = _filters(paper, date_from, date_to, page)
        stopped = threading.Event()
        steps = ask_steps(desk, Asked(asked, filters=filters, use_llm=bool(use_llm)), stopped)
        with _stated():
            async for step in stepwise(steps, stopped, threads):
                if step.answer is not None:
                    return step.answer
                if step.ahead:
                    await asyncio.sleep(_POLL)
        raise gr.Error("the question was stopped before it was answered.")

    def search(
        question: str, top: int = 10, paper: str = "", date_from: str = "", date_to: str = "", page: str = ""
    ) -> dict:  # type: ignore[type-arg]
        """Find the articles that bear on a question, best first.

        Args:
            question: What to look for.
            top: How many articles, 1 to 50.
            paper: Only this paper; empty for all.
            date_from: Only editions from this ISO day on; empty for no limit.
            date_to: Only editions up to this ISO day; empty for no limit.
            page: Only this page; empty for all.

        Returns:
            question, notes, and hits: article_id, title, paper, date, score, passage, start, end.
        """
        asked = _checked(desk, question)
        most = max(1, min(int(top), _MOST_HITS))
        filters = _filters(paper, date_from, date_to, page)
        with _stated():
            return search_json(service.search(asked, top=most, filters=filters))

    def digest(date: str = "", paper: str = "", topic: str = "", use_llm: bool = False) -> dict:  # type: ignore[type-arg]
        """Return the digest of a day: its stories in cited sentences, and what was left out.

        Args:
            date: The ISO day; empty for the newest edition.
            paper: Only this paper; empty for all.
            topic: Only stories on this topic; empty for all.
            use_llm: True lets the language model phrase the sentences, which takes a minute or two.

        Returns:
            date, papers, llm, highlights, items (headline, section, article_ids, sentences, thread), ledger, notes.
        """
        with _stated():
            day = check_date(plain(date, 20))
            told = service.digest(day, plain(paper, 200), plain(topic, 200), use_llm=bool(use_llm))
            return digest_json(told)

    def articles(article: str = "", date: str = "", paper: str = "") -> dict:  # type: ignore[type-arg]
        """Return one article whole, or the list of a day's articles, or the list of editions.

        Args:
            article: An article id; the other fields are then ignored.
            date: An ISO day; empty lists the editions.
            paper: Only this paper; empty for all.

        Returns:
            articles (whole for one, without body for a day) and editions (paper, date, pages, articles).
        """
        archive = service.archive
        with _stated():
            if article:
                found = archive.article(article_id(article))
                if found is None:
                    raise InputError(f"there is no article {plain(article, 40)!r} in the archive.")
                return {"articles": [article_json(found)], "editions": []}
            if date:
                of_day = archive.edition_articles(check_date(plain(date, 20)), plain(paper, 200))
                listed = [_without_body(article_json(one)) for one in of_day[:_MOST_ARTICLES]]
                return {"articles": listed, "editions": []}
            editions = [
                {"paper": one.paper, "date": one.date, "pages": list(one.pages), "articles": one.articles}
                for one in archive.editions()
                if not paper or one.paper == paper
            ]
            return {"articles": [], "editions": editions}

    return ask, search, digest, articles


def _without_body(article: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in article.items() if key not in ("body", "metadata")}


def _checked(desk: Desk, question: object) -> str:
    asked = question.strip() if isinstance(question, str) else ""
    problem = question_problem(desk, asked, "en")
    if problem:
        raise gr.Error(problem)
    return asked


def _filters(paper: str, date_from: str, date_to: str, page: str) -> Filters:
    with _stated():
        for value in (paper, date_from, date_to, page):
            if not isinstance(value, str):
                raise InputError(f"a filter must be a string, not {type(value).__name__}.")
        return Filters(
            papers=(plain(paper, 200),) if paper else (),
            date_from=check_date(plain(date_from, 20)),
            date_to=check_date(plain(date_to, 20)),
            pages=(plain(page, 50),) if page else (),
        )


class _stated:  # noqa: N801 - reads as a statement: `with _stated():`
    """Turns a stated failure into the message that Gradio sends to the caller."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BaowenError):
            raise gr.Error(str(error)) from error
