"""The desk composed: tabs, the article panel, the sidebar, and what happens when a page is opened.

Importing Gradio takes seconds, so everything that needs it is imported when the desk is built.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

    from rag.service import Service

ASSETS = Path(__file__).parent / "assets"


def build_app(service: Service) -> gr.Blocks:
    """Return the whole interface of `service`; nothing is listening yet."""
    import gradio as gr

    from ui.api import add_endpoints
    from ui.ask import make_ask, wire_ask
    from ui.desk import open_desk
    from ui.digest import make_digest, wire_digest
    from ui.labels import Labels
    from ui.library import make_library, wire_library
    from ui.opening import wire_opening
    from ui.panels import make_bus, make_panel
    from ui.quality import make_quality, wire_quality
    from ui.reader import make_reader, wire_reader

    desk = open_desk(service)
    labels = Labels()
    blocks = gr.Blocks(title="报问 Baowen", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600))
    with blocks:
        language = gr.State("zh")
        bus = make_bus()
        with gr.Sidebar(open=False, width=280, elem_id="sidebar"):
            fresh = labels.add(gr.Button(elem_id="fresh", size="sm"), value="ask.new")
            history = make_panel("history")
        masthead, switch = _masthead(gr, labels, make_panel)
        with gr.Tabs(elem_id="tabs"):
            with labels.add(gr.Tab(id="ask"), label="tab.ask"):
                ask = make_ask(labels, history, fresh)
            with labels.add(gr.Tab(id="digest"), label="tab.digest"):
                digest = make_digest(labels)
            with labels.add(gr.Tab(id="library"), label="tab.library"):
                library = make_library(labels)
            with labels.add(gr.Tab(id="quality"), label="tab.quality") as quality_tab:
                quality = make_quality(labels)
        reader = make_reader()
        wire_ask(desk, ask, bus, language)
        wire_digest(desk, digest, bus, language)
        wire_library(desk, library, bus, language)
        wire_quality(quality, quality_tab, language)
        wire_reader(desk, bus, reader, language)
        wire_opening(desk, blocks, labels, language, switch, masthead, reader, ask, digest, library)
        add_endpoints(desk)
    blocks.queue(max_size=200, default_concurrency_limit=8, api_open=False)
    return blocks


def _masthead(gr: Any, labels: Any, make_panel: Any) -> tuple[Any, Any]:
    with gr.Row(elem_classes="masthead", equal_height=True):
        masthead = make_panel("masthead", scale=8)
        switch = labels.add(gr.Button(elem_id="language", size="sm", scale=0, min_width=72), value="frame.language")
        labels.add(gr.Button(elem_id="theme", size="sm", scale=0, min_width=72), value="frame.theme")
    return masthead, switch


def serve(
    service: Service,
    *,
    host: str = "",
    port: int | None = None,
    open_browser: bool = False,
    on_ready: Any = None,
) -> None:
    """Serve the desk until interrupted; `on_ready(address)` is called once it listens. See `ui.server.serve`."""
    from ui.server import serve as listen

    listen(service, host=host, port=port, open_browser=open_browser, on_ready=on_ready)
