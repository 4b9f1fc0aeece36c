"""The Library tab: pages in, the shelf, and the desk where a person corrects what the program was unsure of."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import CapacityLimiter, to_thread

from rag.errors import BaowenError
from rag.schema import EditionSummary
from ui.desk import Desk, language_of, payload, plain, stepwise
from ui.labels import Labels
from ui.panels import make_panel, warn
from ui.proofs import ProofDesk, make_proofs, wire_proofs
from ui.render import note
from ui.render_library import Arrival, arrivals_html, contents_html, shelf_html
from ui.texts import Language, say
from ui.uploading import MOST_FILES, edition_given, take_in

Chosen = tuple[str, str]
_KINDS = [".txt", ".pdf", ".html", ".htm", ".md", ".docx", ".jsonl"]


@dataclass(frozen=True)
class LibraryTab:
    """The components of the tab that others fill or read."""

    files: Any
    paper: Any
    date: Any
    page: Any
    arrivals: Any
    shelf: Any
    contents: Any
    chosen: Any
    changed: Any
    limits: Any
    proofs: ProofDesk


def make_library(labels: Labels) -> LibraryTab:
    """Lay out the tab."""
    chosen = gr.State(None)
    # Counts what was added, corrected and removed: other tabs listen to it.
    changed = gr.State(0)
    with gr.Row(elem_classes="desk", equal_height=False):
        with gr.Column(scale=2, min_width=300):
            files = labels.add(
                gr.File(file_count="multiple", file_types=_KINDS, height=150, elem_id="upload"),
                label="library.upload",
            )
            limits = make_panel("upload-limits")
            with labels.add(gr.Accordion(open=False, elem_classes="filters"), label="library.given"), gr.Row():
                paper = labels.add(gr.Textbox(max_lines=1, min_width=110), label="library.paper")
                date = labels.add(
                    gr.Textbox(max_lines=1, min_width=110), label="library.date", placeholder="ask.date_hint"
                )
                page = labels.add(gr.Textbox(max_lines=1, min_width=80), label="library.page")
            arrivals = make_panel("arrivals")
            shelf = make_panel("shelf")
        with gr.Column(scale=3, min_width=320, elem_classes="side-quiet"):
            contents = make_panel("contents", render=False)
            proofs = make_proofs(labels, contents)
    return LibraryTab(files, paper, date, page, arrivals, shelf, contents, chosen, changed, limits, proofs)


def limits_line(desk: Desk, language: Language) -> str:
    """Return what may be uploaded."""
    return note(say("library.kinds", language, mb=desk.service.settings.upload_mb), "hint")


def chosen_edition(desk: Desk, chosen: Any) -> Chosen | None:
    """Return the edition on show: the chosen one while it exists, or the newest; None in an empty archive."""
    editions = [(one.paper, one.date) for one in desk.service.archive.editions()]
    wanted = tuple(chosen) if isinstance(chosen, list | tuple) else None
    return wanted if wanted in editions else editions[0] if editions else None


def shelf_panels(desk: Desk, chosen: Any, language: Language) -> tuple[Chosen | None, str, str]:
    """Return the edition on show, the shelf, and its contents."""
    archive = desk.service.archive
    editions: tuple[EditionSummary, ...] = archive.editions()
    here = chosen_edition(desk, chosen)
    articles = archive.edition_articles(here[1], here[0]) if here else ()
    # An edition without a paper is listed apart, but the archive takes an empty paper for "any".
    articles = tuple(one for one in articles if here and one.edition.paper == here[0])
    return here, shelf_html(editions, here, language), contents_html(here, articles, language)


def wire_library(desk: Desk, tab: LibraryTab, bus: Any, language: Any) -> None:
    """Connect the tab."""
    threads = CapacityLimiter(4)
    panels = [tab.chosen, tab.shelf, tab.contents]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    async def upload(
        files: Any, paper: str, date: str, page: str, chosen: Any, changed: int, state: str
    ) -> AsyncIterator[tuple[Any, ...]]:
        name = language_of(state)
        paths = [Path(one) for one in files or [] if isinstance(one, str)]
        if not paths:
            yield (gr.skip(),) * 6
            return
        if len(paths) > MOST_FILES:
            warn(say("library.too_many", name, most=MOST_FILES), name)
        try:
            edition = edition_given(plain(paper, 100), plain(date, 20), plain(page, 20))
            arrivals: tuple[Arrival, ...] = ()
            steps = take_in(desk.service, paths[:MOST_FILES], edition, name)
            async for step in stepwise(steps, threading.Event(), threads):
                arrivals = step
                yield gr.skip(), arrivals_html(arrivals, name), *(gr.skip(),) * 4
        except BaowenError as error:
            warn(say("library.failed", name, reason=error), name)
            yield (gr.skip(),) * 6
            return
        newest = next((one.page.edition for one in reversed(arrivals) if one.page is not None), None)
        here = (newest.paper, newest.date) if newest else chosen
        shown = await to_thread.run_sync(shelf_panels, desk, here, name, limiter=threads)
        yield None, arrivals_html(arrivals, name), *shown, changed + 1

    def choose(state: str, event: gr.EventData) -> tuple[Any, ...]:
        data = payload(event)
        wanted = (plain(data.get("shelf"), 200), plain(data.get("date"), 20))
        return shelf_panels(desk, wanted, language_of(state))

    tab.files.upload(
        upload,
        inputs=[tab.files, tab.paper, tab.date, tab.page, tab.chosen, tab.changed, language],
        outputs=[tab.files, tab.arrivals, *panels, tab.changed],
        api_name="desk_upload",
        concurrency_limit=4,
        **quiet,
    )
    bus.shelf(choose, inputs=[language], outputs=panels, api_name="desk_shelf", concurrency_limit=None, **quiet)
    wire_proofs(desk, tab.proofs, bus, tab.chosen, tab.changed, language)
    tab.changed.change(
        lambda chosen, state: shelf_panels(desk, chosen, language_of(state)),
        inputs=[tab.chosen, language],
        outputs=panels,
        api_name="desk_shelf_again",
        **quiet,
    )
