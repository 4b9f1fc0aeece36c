"""HTTP connections to the servers that the settings name: timeouts, proxies, and hanging up at once."""

from __future__ import annotations

import contextlib
import socket
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_CONNECT_SECONDS = 10.0


@lru_cache(maxsize=1)
def _tls() -> Any:
    import ssl

    return ssl.create_default_context()


def http_client(url: str, timeout: float, sockets: list[socket.socket] | None = None) -> httpx.Client:
    """Return a client for the server at `url`, which notes the sockets it opens in `sockets`."""
    import httpx

    def trace(event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.complete" and sockets is not None:
            sockets.append(info["return_value"].get_extra_info("socket"))

    def watch(request: httpx.Request) -> None:
        request.extensions["trace"] = trace

    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        verify=_tls(),
        trust_env=urlsplit(url).hostname not in _LOOPBACK,
        event_hooks={"request": [watch]},
    )


def hang_up(sockets: list[socket.socket]) -> None:
    """End the connections at once: closing a socket that another thread reads would not reach the server."""
    for connection in sockets:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
