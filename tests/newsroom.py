"""A small newsroom for tests: a real service over the seed page, with a hash embedder and a scripted model."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.fakes import HashEmbedder
from rag.protocols import LanguageModel
from rag.service import Service, open_service
from rag.settings import Settings

SEEDS = Path(__file__).parents[1] / "seeds"


def seed_service(home: Path, *, llm: LanguageModel | None = None, seeds: bool = True, **settings: Any) -> Service:
    """Return a service over a new archive in `home` that holds the seed page; no model file is needed."""
    given = Settings(home=home, llm="none" if llm is None else "openai", **settings)
    service = open_service(given, embedder=HashEmbedder(), llm=llm)
    if seeds:
        service.ingest([SEEDS])
    return service


@contextlib.contextmanager
def served(service: Service, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the desk of `service` on a free port; the value is its address."""
    import uvicorn

    from ui.server import web_app

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(web_app(service, host), log_level="error", server_header=False, proxy_headers=False)
    config.timeout_graceful_shutdown = 2
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the desk did not start")
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
