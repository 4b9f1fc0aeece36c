"""What happens when a page is opened or the language is switched: everything is filled for this reader."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import gradio as gr

from rag.contract import digest_json
from rag.schema import Digest
from ui import render
from ui.ask import AskTab, filter_choices, history_panel, show_conversation
from ui.desk import Desk, article_id, conversation_id, language_of, plain, span
from ui.digest import DigestTab, digest_choices
from ui.labels import Labels
from ui.library import LibraryTab, limits_line, shelf_panels
from ui.reader import article_panel
from ui.render_digest import digest_html
from ui.texts import Language


def wire_opening(
    desk: Desk,
    blocks: Any,
    labels: Labels,
    language: Any,
    switch: Any,
    masthead: Any,
    reader: Any,
    ask: AskTab,
    digest: DigestTab,
    library: LibraryTab,
) -> None:
    """Fill the page on load and on a change of language."""
    where = gr.Textbox(visible="hidden", elem_id="where")
    browser = gr.Textbox(visible="hidden", elem_id="browser")
    spoken = gr.Textbox(visible="hidden", elem_id="spoken")
    panels = [language, spoken, masthead, ask.past, ask.evidence, ask.history, ask.conversation]
    choices = [
        ask.papers,
        ask.pages,
        digest.edition,
        digest.page,
        library.chosen,
        library.shelf,
        library.contents,
        library.limits,
    ]
    outputs = [*panels, *choices, *labels.components]

    def fill(name: Language, conversation: str, chosen: Any = None, finished: Any = None) -> list[Any]:
        edition, page = digest_choices(desk, name)
        if isinstance(finished, Digest):
            edition, page = gr.skip(), digest_html(digest_json(finished), name)
        past, _, evidence = show_conversation(desk, conversation, name)
        return [
            name,
            name,
            render.masthead_html(name),
            past,
            evidence,
            history_panel(desk, conversation, name),
            conversation,
            *filter_choices(desk),
            edition,
            page,
            *shelf_panels(desk, chosen, name),
            limits_line(desk, name),
            *labels.updates(name),
        ]

    def opened(search: str, languages: str) -> list[Any]:
        name = language_of(languages)
        asked = {key: values[0] for key, values in parse_qs(plain(search, 2000).lstrip("?")).items()}
        wanted = asked.get("a", "")
        panel = article_panel(desk, article_id(wanted), *span(asked.get("s")), name) if wanted else ""
        return [panel, *fill(name, conversation_id(asked.get("c")))]

    def switched(state: str, conversation: str, chosen: Any, finished: Any) -> list[Any]:
        other: Language = "en" if language_of(state) == "zh" else "zh"
        return fill(other, conversation_id(conversation), chosen, finished)

    def holdings(state: str, conversation: str) -> list[Any]:
        name = language_of(state)
        here = conversation_id(conversation)
        past = gr.skip() if here else show_conversation(desk, "", name)[0]
        return [past, *filter_choices(desk), *digest_choices(desk, name)]

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
    blocks.load(
        opened,
        inputs=[where, browser],
        outputs=[reader, *outputs],
        js="() => window.baowen.start()",
        api_name="desk_open",
        **quiet,
    )
    switch.click(
        switched,
        inputs=[language, ask.conversation, library.chosen, digest.finished],
        outputs=outputs,
        api_name="desk_language",
        **quiet,
    )
    # What the archive holds changed: filters, editions and the welcome follow, wherever the reader is.
    library.changed.change(
        holdings,
        inputs=[language, ask.conversation],
        outputs=[ask.past, ask.papers, ask.pages, digest.edition, digest.page],
        api_name="desk_holdings",
        **quiet,
    )
    spoken.change(None, inputs=[spoken], js="(name) => window.baowen.language(name)")
