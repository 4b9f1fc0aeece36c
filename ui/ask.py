"""The Ask tab: conversation on the left, evidence on the right."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from anyio import CapacityLimiter, to_thread

from rag.errors import BaowenError
from ui import render
from ui.asking import Asked, Step, ask_steps, history_of
from ui.desk import (
    Desk,
    conversation_id,
    language_of,
    new_conversation,
    payload,
    plain,
    question_problem,
    read_filters,
    stepwise,
    whole,
)
from ui.labels import Labels
from ui.panels import make_panel, warn
from ui.texts import Language, say

_POLL = 0.4  # seconds between two looks at the queue
_HISTORY = 50
_REASONS = ("figure", "source", "off", "missed", "other")


@dataclass(frozen=True)
class AskTab:
    """The components of the tab that others fill or read."""

    past: Any
    live: Any
    evidence: Any
    question: Any
    send: Any
    stop: Any
    history: Any
    conversation: Any
    address: Any
    papers: Any
    pages: Any
    date_from: Any
    date_to: Any
    quote_only: Any
    fresh: Any


def make_ask(labels: Labels, history: Any, fresh: Any) -> AskTab:
    """Lay out the tab; `history` and `fresh` stand in the sidebar."""
    with gr.Row(elem_classes="desk", equal_height=False):
        with gr.Column(scale=3, min_width=320, elem_classes="talk"):
            past = make_panel("past")
            live = make_panel("live", "window.baowen.follow(element)")
            with gr.Row(elem_classes="composer", equal_height=True):
                question = labels.add(
                    gr.Textbox(
                        elem_id="question",
                        lines=1,
                        max_lines=6,
                        autofocus=True,
                        container=False,
                        scale=8,
                        min_width=200,
                    ),
                    placeholder="ask.placeholder",
                    label="ask.question",
                )
                send = labels.add(gr.Button(variant="primary", elem_id="send", scale=0, min_width=84), value="ask.send")
                stop = labels.add(
                    gr.Button(variant="stop", elem_id="stop", scale=0, min_width=84, visible=False), value="ask.stop"
                )
            with labels.add(gr.Accordion(open=False, elem_classes="filters"), label="ask.filters"):
                with gr.Row():
                    papers = labels.add(gr.Dropdown(multiselect=True, min_width=150), label="ask.papers")
                    pages = labels.add(gr.Dropdown(multiselect=True, min_width=110), label="ask.pages")
                    date_from = labels.add(
                        gr.Textbox(min_width=120, max_lines=1), label="ask.from", placeholder="ask.date_hint"
                    )
                    date_to = labels.add(
                        gr.Textbox(min_width=120, max_lines=1), label="ask.to", placeholder="ask.date_hint"
                    )
                quote_only = labels.add(gr.Checkbox(container=False), label="ask.no_llm", info="ask.no_llm_info")
        with gr.Column(scale=2, min_width=300, elem_classes="side wide-only"):
            evidence = make_panel("evidence")
    conversation = gr.State("")
    address = gr.Textbox(visible="hidden", elem_id="address")
    return AskTab(
        past, live, evidence, question, send, stop, history, conversation, address, papers, pages, date_from, date_to,
        quote_only, fresh,
    )  # fmt: skip


def saved_answers(desk: Desk, conversation: str) -> list[dict[str, Any]]:
    """Return the stored answers of a conversation, as `rag.contract` wrote them."""
    turns = desk.service.archive.conversation(conversation) if conversation else ()
    return [json.loads(turn.answer_json) for turn in turns]


def show_conversation(desk: Desk, conversation: str, language: Language) -> tuple[str, str, str]:
    """Return the finished turns, an empty live turn, and the evidence of the last turn."""
    answers = saved_answers(desk, conversation)
    if not answers:
        welcome = render.welcome_html(desk.service.archive.count(), desk.examples(), language)
        return welcome, "", render.evidence_html((), (), language, asked=False)
    last = answers[-1]
    return (
        render.conversation_html(answers, language),
        "",
        render.evidence_html(last["claims"], last["evidence"], language),
    )


def history_panel(desk: Desk, current: str, language: Language) -> str:
    """Return the list of the latest conversations."""
    return render.history_html(desk.service.archive.conversations()[:_HISTORY], current, language)


class Asking:
    """The handlers of the tab; each returns values for the outputs that `wire_ask` names."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.threads = CapacityLimiter(16)

    async def ask(
        self,
        question: str,
        conversation: str,
        papers: Any,
        pages: Any,
        date_from: str,
        date_to: str,
        quote_only: bool,
        state: str,
        request: gr.Request,
    ) -> AsyncIterator[dict[str, Any] | tuple[Any, ...]]:
        """Answer the question in the box, step by step."""
        language = language_of(state)
        question = question.strip() if isinstance(question, str) else ""
        problem = question_problem(self.desk, question, language)
        if problem:
            warn(problem, language)
            yield (gr.skip(),) * 9
            return
        here = conversation_id(conversation) or new_conversation()
        session = str(request.session_hash or here)
        stopped = self.desk.running.start(session)
        try:
            filters = read_filters(papers, date_from, date_to, pages)
            past = await to_thread.run_sync(saved_answers, self.desk, here, limiter=self.threads)
            asked = Asked(question, history_of(past), filters, not quote_only, language)
            async for update in self._answer(asked, here, past, stopped):
                yield update
        except BaowenError as error:
            failed = say("ask.failed", language, reason=error)
            yield self._update(live=render.live_html(question, (), (), language, state=failed, retry=True), idle=True)
        finally:
            stopped.set()
            self.desk.running.done(session, stopped)

    async def _answer(
        self, asked: Asked, here: str, past: list[dict[str, Any]], stopped: threading.Event
    ) -> AsyncIterator[tuple[Any, ...]]:
        language = asked.language
        yield self._update(
            past=render.conversation_html(past, language),
            live=render.live_html(asked.question, (), (), language, state=say("ask.searching", language)),
            evidence=render.search_html(language),
            question="",
            idle=False,
            conversation=here,
            address=f"c={here}",
        )
        shown: Any = None
        async for step in stepwise(ask_steps(self.desk, asked, stopped), stopped, self.threads):
            if step.answer is not None:
                yield await to_thread.run_sync(self._keep, asked, here, step.answer, limiter=self.threads)
                return
            new = step.evidence is not None and step.evidence != shown
            shown = step.evidence
            yield self._update(
                live=live_step(asked, step),
                evidence=render.evidence_html((), step.evidence or (), language) if new else gr.skip(),
                **({"idle": True} if step.stopped else {}),
            )
            if step.ahead:
                await asyncio.sleep(_POLL)

    def _keep(self, asked: Asked, here: str, answer: dict[str, Any]) -> tuple[Any, ...]:
        archive = self.desk.service.archive
        archive.save_turn(here, asked.question, json.dumps(answer, ensure_ascii=False))
        past, live, evidence = show_conversation(self.desk, here, asked.language)
        return self._update(
            past=past, live=live, evidence=evidence, idle=True, history=history_panel(self.desk, here, asked.language)
        )

    @staticmethod
    def _update(
        *,
        past: Any = None,
        live: Any = None,
        evidence: Any = None,
        question: Any = None,
        idle: bool | None = None,
        conversation: Any = None,
        address: Any = None,
        history: Any = None,
    ) -> tuple[Any, ...]:
        def kept(value: Any) -> Any:
            return gr.skip() if value is None else value

        send = gr.skip() if idle is None else gr.update(visible=idle)
        stop = gr.skip() if idle is None else gr.update(visible=not idle)
        return (
            kept(past), kept(live), kept(evidence), kept(question), send, stop, kept(conversation), kept(address),
            kept(history),
        )  # fmt: skip

    def stop(self, request: gr.Request) -> None:
        """Stop what this session is waiting for; what is verified stays."""
        self.desk.running.stop(str(request.session_hash))

    def fresh(self, state: str) -> tuple[Any, ...]:
        """Begin a new conversation."""
        language = language_of(state)
        past, live, evidence = show_conversation(self.desk, "", language)
        return self._update(
            past=past,
            live=live,
            evidence=evidence,
            conversation="",
            address="",
            history=history_panel(self.desk, "", language),
        )

    def choose(self, state: str, event: gr.EventData) -> tuple[Any, ...]:
        """Show a stored conversation."""
        language = language_of(state)
        here = conversation_id(payload(event).get("conversation"))
        past, live, evidence = show_conversation(self.desk, here, language)
        return self._update(
            past=past,
            live=live,
            evidence=evidence,
            conversation=here,
            address=f"c={here}" if here else "",
            history=history_panel(self.desk, here, language),
        )

    def forget(self, conversation: str, state: str, event: gr.EventData) -> tuple[Any, ...]:
        """Delete a conversation; when it is the one on show, begin a new one."""
        doomed = conversation_id(payload(event).get("forget"))
        if doomed:
            self.desk.service.archive.remove_conversation(doomed)
        if doomed == conversation:
            return self.fresh(state)
        return self._update(history=history_panel(self.desk, conversation_id(conversation), language_of(state)))

    def sources(self, conversation: str, state: str, event: gr.EventData) -> str:
        """Show the evidence of one turn."""
        language = language_of(state)
        answers = saved_answers(self.desk, conversation_id(conversation))
        turn = whole(payload(event).get("sources"))
        if turn >= len(answers):
            return render.evidence_html((), (), language, asked=False)
        return render.evidence_html(answers[turn]["claims"], answers[turn]["evidence"], language)

    def feedback(self, conversation: str, state: str, event: gr.EventData) -> None:
        """Store a verdict on one turn."""
        here = conversation_id(conversation)
        data = payload(event)
        turn, verdict = whole(data.get("turn")), data.get("verdict")
        if verdict not in ("good", "bad") or turn >= len(self.desk.service.archive.conversation(here)):
            return
        reason = data.get("reason") if data.get("reason") in _REASONS else ""
        comment = " ".join(part for part in (str(reason), plain(data.get("comment"), 500).strip()) if part)
        self.desk.service.archive.save_feedback(here, turn, str(verdict), comment)


def live_step(asked: Asked, step: Step) -> str:
    """Return the turn that is being answered, at this step."""
    language = asked.language
    if step.stopped:
        state = say("ask.stopped", language)
    elif step.ahead:
        state = say("ask.waiting", language, n=step.ahead)
    else:
        state = say("ask.writing", language)
    evidence = step.evidence or ()
    return render.live_html(
        asked.question, step.claims, evidence, language, draft=step.draft, state=state, retry=step.stopped
    )


def wire_ask(desk: Desk, tab: AskTab, bus: Any, language: Any) -> None:
    """Connect the components to the handlers. None of these is an endpoint for programs."""
    asking = Asking(desk)
    outputs = [
        tab.past, tab.live, tab.evidence, tab.question, tab.send, tab.stop, tab.conversation, tab.address, tab.history,
    ]  # fmt: skip
    limits = [tab.papers, tab.pages, tab.date_from, tab.date_to, tab.quote_only, language]
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}

    gr.on(
        [tab.question.submit, tab.send.click],
        asking.ask,
        inputs=[tab.question, tab.conversation, *limits],
        outputs=outputs,
        api_name="desk_ask",
        **quiet,
    )

    async def ask_clicked(
        conversation: str,
        papers: Any,
        pages: Any,
        date_from: str,
        date_to: str,
        quote_only: bool,
        state: str,
        event: gr.EventData,
        request: gr.Request,
    ) -> AsyncIterator[Any]:
        asked = plain(payload(event).get("ask"), 10_000)
        async for update in asking.ask(
            asked, conversation, papers, pages, date_from, date_to, quote_only, state, request
        ):
            yield update

    bus.ask(ask_clicked, inputs=[tab.conversation, *limits], outputs=outputs, api_name="desk_ask_clicked", **quiet)
    tab.stop.click(asking.stop, inputs=None, outputs=None, api_name="desk_stop", **quiet)
    tab.fresh.click(asking.fresh, inputs=[language], outputs=outputs, api_name="desk_new", **quiet)
    bus.conversation(asking.choose, inputs=[language], outputs=outputs, api_name="desk_conversation", **quiet)
    bus.forget(asking.forget, inputs=[tab.conversation, language], outputs=outputs, api_name="desk_forget", **quiet)
    bus.sources(
        asking.sources,
        inputs=[tab.conversation, language],
        outputs=[tab.evidence],
        api_name="desk_sources",
        **quiet,
    )
    bus.feedback(asking.feedback, inputs=[tab.conversation, language], outputs=None, api_name="desk_feedback", **quiet)
    tab.address.change(None, inputs=[tab.address], js="(where) => window.baowen.address(where)")


def filter_choices(desk: Desk) -> tuple[Any, Any]:
    """Return updates with the papers and pages that the archive holds."""
    editions = desk.service.archive.editions()
    papers = sorted({one.paper for one in editions if one.paper})
    pages = sorted({page for one in editions for page in one.pages}, key=lambda page: (len(page), page))
    return gr.update(choices=papers), gr.update(choices=pages)
