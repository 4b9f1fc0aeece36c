"""The Digest tab: choose an edition and watch its digest fill in, story by story."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from anyio import CapacityLimiter

from rag.contract import digest_json
from rag.digest import export
from rag.errors import BaowenError
from rag.schema import Digest
from ui.desk import Desk, language_of, plain, stepwise
from ui.labels import Labels
from ui.panels import make_panel
from ui.render import note
from ui.render_digest import digest_html
from ui.texts import Language, say

_POLL = 0.5  # seconds between two looks at the queue
_ALL = "*"


@dataclass(frozen=True)
class DigestTab:
    """The components of the tab."""

    edition: Any
    topic: Any
    quote_only: Any
    make: Any
    stop: Any
    page: Any
    finished: Any
    exports: Any
    markdown: Any
    html: Any
    printed: Any
    download: Any


def make_digest(labels: Labels) -> DigestTab:
    """Lay out the tab."""
    with gr.Row(elem_classes="tools", equal_height=False):
        edition = labels.add(gr.Dropdown(scale=3, min_width=200, elem_id="edition"), label="digest.edition")
        topic = labels.add(
            gr.Textbox(max_lines=1, scale=2, min_width=140), label="digest.topic", placeholder="digest.topic_hint"
        )
        quote_only = labels.add(gr.Checkbox(scale=2, min_width=160), label="ask.no_llm", info="ask.no_llm_info")
        make = labels.add(
            gr.Button(variant="primary", scale=1, min_width=110, elem_id="digest-make"), value="digest.make"
        )
        stop = labels.add(
            gr.Button(variant="stop", scale=1, min_width=110, elem_id="digest-stop", visible=False), value="ask.stop"
        )
    page = make_panel("digest")
    with gr.Row(visible=False, elem_classes="exports") as exports:
        markdown, html, printed = (
            labels.add(gr.Button(size="sm", scale=0, min_width=110, elem_id=f"digest-{key}"), value=f"digest.{key}")
            for key in ("markdown", "html", "print")
        )
    finished = gr.State(None)
    download = gr.JSON(visible="hidden", elem_id="download")
    return DigestTab(edition, topic, quote_only, make, stop, page, finished, exports, markdown, html, printed, download)


def digest_choices(desk: Desk, language: Language) -> tuple[Any, Any]:
    """Return updates with the editions of the archive, the newest chosen, and with what the page says before."""
    editions = [one for one in desk.service.archive.editions() if one.date]
    choices: list[tuple[str, str]] = []
    for day in dict.fromkeys(one.date for one in editions):
        of_day = [one for one in editions if one.date == day]
        if len(of_day) > 1:
            choices.append((f"{day} {say('digest.all_papers', language)}", f"{day}|{_ALL}"))
        choices += [(f"{day} {one.paper}".strip(), f"{day}|{one.paper}") for one in of_day]
    key = "digest.choose" if choices else "digest.undated" if desk.service.archive.count() else "digest.empty"
    value = choices[0][1] if choices else None
    return gr.update(choices=choices, value=value), note(say(key, language), "hint lead")


def digest_steps(
    desk: Desk, chosen: str, topic: str, use_llm: bool, stopped: threading.Event
) -> Generator[tuple[Digest, int], None, None]:
    """Yield the digest as it grows, with how many readers are ahead of this one at the model.

    Raises:
        BaowenError: the digest cannot be made.
    """
    date, _, paper = chosen.partition("|")
    paper = "" if paper == _ALL else paper
    events = desk.service.digest_events(date, paper, topic, use_llm=use_llm, cancelled=stopped)
    ticket = desk.turnstile.enter() if use_llm and desk.service.llm is not None else None
    try:
        first = next(events)
        yield first, 0
        if ticket is None and desk.service.llm is not None:
            return
        while ticket is not None and (ahead := desk.turnstile.ahead(ticket)) and not stopped.is_set():
            yield first, ahead
        for digest in events:
            yield digest, 0
    finally:
        if ticket is not None:
            desk.turnstile.leave(ticket)


def wire_digest(desk: Desk, tab: DigestTab, bus: Any, language: Any) -> None:
    """Connect the tab."""
    threads = CapacityLimiter(8)
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = [tab.page, tab.finished, tab.exports, tab.make, tab.stop]

    async def make(
        chosen: Any, topic: str, quote_only: bool, state: str, request: gr.Request
    ) -> AsyncIterator[tuple[Any, ...]]:
        name = language_of(state)
        if not isinstance(chosen, str) or not chosen:
            yield (gr.skip(),) * 5
            return
        session = f"digest {request.session_hash}"
        stopped = desk.running.start(session)
        digest: Digest | None = None
        busy = (gr.update(visible=False), gr.update(visible=True))
        idle = (gr.update(visible=True), gr.update(visible=False))
        yield note(say("digest.making", name), "hint pulse"), None, gr.update(visible=False), *busy
        try:
            steps = digest_steps(desk, chosen, plain(topic, 100), not quote_only, stopped)
            async for digest, ahead in stepwise(steps, stopped, threads):
                line = say("ask.waiting", name, n=ahead) if ahead else say("digest.making", name)
                yield digest_html(digest_json(digest), name, state=line), *(gr.skip(),) * 4
                if ahead:
                    await asyncio.sleep(_POLL)
            if digest is not None:
                told = digest_html(digest_json(digest), name)
                yield told, digest, gr.update(visible=bool(digest.items)), *idle
        except BaowenError as error:
            yield note(say("library.failed", name, reason=error), "hint"), None, gr.update(visible=False), *idle
        finally:
            stopped.set()
            desk.running.done(session, stopped)

    def stop(request: gr.Request) -> None:
        desk.running.stop(f"digest {request.session_hash}")

    tab.make.click(
        make,
        inputs=[tab.edition, tab.topic, tab.quote_only, language],
        outputs=outputs,
        api_name="desk_digest",
        concurrency_limit=None,
        **quiet,
    )
    tab.stop.click(stop, None, None, api_name="desk_digest_stop", **quiet)
    for press, kind in ((tab.markdown, "md"), (tab.html, "html"), (tab.printed, "print")):
        press.click(
            _exporter(kind), inputs=[tab.finished], outputs=[tab.download], api_name=f"desk_export_{kind}", **quiet
        )
    tab.download.change(None, inputs=[tab.download], js="(file) => window.baowen.download(file)")


def _exporter(kind: str) -> Any:
    def exported(finished: Any) -> Any:
        if not isinstance(finished, Digest):
            return gr.skip()
        name = "-".join(("baowen", finished.date or "digest", *finished.papers))
        if kind == "md":
            return {"name": f"{name}.md", "type": "text/markdown", "text": export.markdown(finished)}
        return {
            "name": "" if kind == "print" else f"{name}.html",
            "type": "text/html",
            "text": export.html(finished),
        }

    return exported
