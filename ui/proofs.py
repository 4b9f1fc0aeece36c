"""The proof desk of the library: correct an article's headline, its page's edition, and where it begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag import corrections
from rag.corrections import Names, paragraph_starts
from rag.errors import BaowenError
from rag.schema import Article
from ui.desk import Desk, article_id, language_of, payload, plain, whole
from ui.labels import Labels
from ui.panels import make_panel, tell, warn
from ui.render import note
from ui.texts import Language, say

_LINE = 300
_PREVIEW = 34


@dataclass(frozen=True)
class ProofDesk:
    """The components of the proof desk."""

    box: Any
    article: Any
    names: tuple[Any, Any, Any, Any]
    save: Any
    place: tuple[Any, Any, Any]
    move: Any
    split_at: Any
    split_title: Any
    split: Any
    join_with: Any
    join: Any
    remove: Any
    remove_edition: Any
    reindex: Any
    confirm: Any
    doomed: Any
    question: Any
    yes: Any
    no: Any
    close: Any


def make_proofs(labels: Labels, contents: Any) -> ProofDesk:
    """Lay out the desk, closed, above the `contents` of the edition on show, and the shelf's tools below them."""
    article, doomed = gr.State(""), gr.State("")

    def line(key: str, **options: Any) -> Any:
        return labels.add(gr.Textbox(max_lines=1, min_width=110, **options), label=f"library.{key}")

    def press(key: str, **options: Any) -> Any:
        return labels.add(gr.Button(size="sm", min_width=80, scale=0, **options), value=f"library.{key}")

    with gr.Column(visible=False, elem_id="proofs") as box:
        with gr.Row():
            kicker, byline = line("kicker"), line("byline")
        with gr.Row():
            title, subtitle = line("title", elem_id="proof-title"), line("subtitle")
        names = (kicker, title, subtitle, byline)
        save = press("save", variant="primary", elem_id="proof-save")
        with labels.add(gr.Accordion(open=False), label="library.whole_page"):
            with gr.Row():
                place = (line("paper"), line("date"), line("page"))
            move = press("move", elem_id="proof-move")
        with labels.add(gr.Accordion(open=False), label="library.borders"):
            split_at = labels.add(gr.Dropdown(), label="library.split_at")
            split_title = line("split_title")
            split = press("split", elem_id="proof-split")
            join_with = labels.add(gr.Dropdown(), label="library.join_with")
            join = press("join", elem_id="proof-join")
        with gr.Row():
            remove = press("remove", elem_id="proof-remove")
            close = labels.add(gr.Button(size="sm", min_width=80, scale=0), value="frame.close")
    with gr.Row(visible=False, elem_id="confirm") as confirm:
        question = make_panel("confirm-question")
        yes, no = press("yes", variant="stop", elem_id="confirm-yes"), press("no")
    contents.render()
    with gr.Row(elem_classes="shelf-tools"):
        remove_edition, reindex = press("remove_edition", elem_id="remove-edition"), press("reindex")
    return ProofDesk(
        box, article, names, save, place, move, split_at, split_title, split, join_with, join, remove, remove_edition,
        reindex, confirm, doomed, question, yes, no, close,
    )  # fmt: skip


def filled(desk: Desk, article: Article | None) -> tuple[Any, ...]:
    """Return updates for `outputs`: the desk with `article` on it, or closed."""
    if article is None:
        return (gr.update(visible=False), "", *(gr.skip(),) * 10)
    starts = paragraph_starts(article.body)[1:]
    paragraphs = [(article.body[at : at + _PREVIEW].strip(), str(at)) for at in starts]
    stored = corrections.page_of(desk.service.archive, article.id)
    printed = stored.articles if stored else ()
    others = [(one.title or one.body[:_PREVIEW], one.id) for one in printed if one.id != article.id]
    edition = article.edition
    return (
        gr.update(visible=True),
        article.id,
        article.kicker,
        article.title,
        article.subtitle,
        article.byline,
        edition.paper,
        edition.date,
        edition.page,
        gr.update(choices=paragraphs, value=None),
        "",
        gr.update(choices=others, value=None),
    )


def outputs(tab: ProofDesk) -> list[Any]:
    """Return the components that `filled` fills."""
    return [tab.box, tab.article, *tab.names, *tab.place, tab.split_at, tab.split_title, tab.join_with]


def wire_proofs(desk: Desk, tab: ProofDesk, bus: Any, chosen: Any, changed: Any, language: Any) -> None:
    """Connect the desk. Every correction counts up `changed`, which makes the rest of the page look again."""
    service = desk.service
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    everything = [*outputs(tab), changed]

    def corrected(work: Callable[[], str], count: int, name: Language) -> tuple[Any, ...]:
        try:
            new_id = work()
        except BaowenError as error:
            warn(say("library.failed", name, reason=error), name)
            return (gr.skip(),) * len(everything)
        tell(say("library.saved", name), name)
        return *filled(desk, service.archive.article(new_id)), count + 1

    def settle(event: gr.EventData) -> tuple[Any, ...]:
        return filled(desk, service.archive.article(article_id(payload(event).get("settle"))))

    def save(one: str, kicker: str, title: str, subtitle: str, byline: str, count: int, state: str) -> Any:
        names = Names(*(plain(part, _LINE) for part in (title, kicker, subtitle, byline)))
        return corrected(lambda: corrections.rename(service, article_id(one), names), count, language_of(state))

    def move(one: str, paper: str, date: str, page: str, count: int, state: str) -> Any:
        parts = {"paper": plain(paper, 100), "date": plain(date, 20), "page": plain(page, 20)}
        return corrected(lambda: corrections.move(service, article_id(one), **parts), count, language_of(state))

    def split(one: str, at: str, title: str, count: int, state: str) -> Any:
        return corrected(
            lambda: corrections.split(service, article_id(one), whole(at), plain(title, _LINE))[0],
            count,
            language_of(state),
        )

    def join(one: str, other: str, count: int, state: str) -> Any:
        return corrected(
            lambda: corrections.join(service, article_id(one), article_id(other)), count, language_of(state)
        )

    def wired(press: Any, function: Any, inputs: list[Any]) -> None:
        press.click(
            function, inputs=[tab.article, *inputs, changed, language], outputs=everything,
            api_name=f"desk_{function.__name__}", **quiet,
        )  # fmt: skip

    bus.settle(settle, inputs=None, outputs=outputs(tab), api_name="desk_settle", **quiet)
    wired(tab.save, save, list(tab.names))
    wired(tab.move, move, list(tab.place))
    wired(tab.split, split, [tab.split_at, tab.split_title])
    wired(tab.join, join, [tab.join_with])
    tab.close.click(lambda: filled(desk, None), None, outputs(tab), api_name="desk_close_proofs", **quiet)
    _wire_removal(desk, tab, chosen, changed, language)


def _wire_removal(desk: Desk, tab: ProofDesk, chosen: Any, changed: Any, language: Any) -> None:
    service = desk.service
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    asking = [tab.confirm, tab.question, tab.doomed]

    def ask_article(one: str, state: str) -> tuple[Any, ...]:
        article = service.archive.article(article_id(one))
        if article is None:
            return (gr.skip(),) * 3
        title = article.title or article.body[:_PREVIEW]
        return gr.update(visible=True), note(say("library.sure_article", language_of(state), title=title)), one

    def ask_edition(where: Any, state: str) -> tuple[Any, ...]:
        if not isinstance(where, list | tuple) or len(where) != 2:
            return (gr.skip(),) * 3
        paper, date = (plain(part, 200) for part in where)
        count = sum(one.edition.paper == paper for one in service.archive.edition_articles(date, paper))
        name = " ".join(part for part in (paper, date) if part) or "—"
        sure = say("library.sure_edition", language_of(state), name=name, n=count)
        return gr.update(visible=True), note(sure), [paper, date]

    def remove(doomed: Any, count: int, state: str) -> tuple[Any, ...]:
        name = language_of(state)
        try:
            if isinstance(doomed, str):
                removed = service.remove([article_id(doomed)])
            else:
                paper, date = (plain(part, 200) for part in doomed)
                of_day = service.archive.edition_articles(date, paper)
                removed = service.remove([one.id for one in of_day if one.edition.paper == paper])
        except BaowenError as error:
            warn(say("library.failed", name, reason=error), name)
            removed = 0
        if removed:
            tell(say("library.removed", name, n=removed), name)
        return gr.update(visible=False), "", "", *filled(desk, None), count + 1

    def reindex(state: str) -> None:
        name = language_of(state)
        try:
            wrong = "; ".join(service.rebuild_index())
        except BaowenError as error:
            wrong = str(error)
        if wrong:
            warn(say("library.failed", name, reason=wrong), name)
        else:
            tell(say("library.reindexed", name), name)

    tab.remove.click(ask_article, [tab.article, language], asking, api_name="desk_ask_remove", **quiet)
    tab.remove_edition.click(ask_edition, [chosen, language], asking, api_name="desk_ask_remove_edition", **quiet)
    tab.no.click(lambda: (gr.update(visible=False), "", ""), None, asking, api_name="desk_keep", **quiet)
    tab.yes.click(
        remove, [tab.doomed, changed, language], [*asking, *outputs(tab), changed], api_name="desk_remove", **quiet
    )
    tab.reindex.click(reindex, [language], None, api_name="desk_reindex", **quiet)
