"""Behind a reverse proxy: what it says of a request, and the path under which it shows the desk."""

from __future__ import annotations

from typing import Any, Final

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from rag.settings import Settings

# Gradio would believe each of these from anybody, and lead the page's own requests there.
_SAID: Final = frozenset(
    (
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-proto",
        b"x-forwarded-server",
        b"x-gradio-server",
        b"x-real-ip",
    )
)
PROXIED: Final = "baowen.proxied"


class Proxied:
    """Takes in what a trusted proxy says of a request, drops it when anybody else says it, and takes the prefix off.

    Behind this there is only one truth: the `host` header is the name that the reader typed, the scheme is the reader's,
    and paths begin at the desk, whether the proxy leaves the prefix on or not. `scope[PROXIED]` tells whether a proxy
    spoke at all.
    """

    def __init__(self, app: Any, settings: Settings) -> None:
        self.app = app
        self.root = settings.root_path
        self.forwarded: Any = ProxyHeadersMiddleware(self._inside, list(settings.trusted_proxies))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one ASGI request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        peer = (scope.get("client") or ("",))[0]
        trusted = peer in self.forwarded.trusted_hosts
        said = {key: value for key, value in scope["headers"] if key in _SAID}
        kept = [(key, value) for key, value in scope["headers"] if trusted or key not in _SAID]
        host = said.get(b"x-forwarded-host", b"").split(b",")[0].strip()
        if trusted and host:
            kept = [(key, value) for key, value in kept if key != b"host"] + [(b"host", host)]
        await self.forwarded({**scope, "headers": kept, PROXIED: bool(said)}, receive, send)

    async def _inside(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(key, value) for key, value in scope["headers"] if key not in _SAID]
        path, raw = scope["path"], scope.get("raw_path") or b""
        if self.root and path == self.root:
            # The page's own addresses are relative to the last slash.
            await _send_to(send, self.root + "/", scope["query_string"])
            return
        if self.root and path.startswith(self.root + "/"):
            path, raw = path.removeprefix(self.root), raw.removeprefix(self.root.encode())
        await self.app({**scope, "headers": headers, "path": path, "raw_path": raw}, receive, send)


async def _send_to(send: Any, path: str, query: bytes) -> None:
    where = path.encode() + (b"?" + query if query else b"")
    headers = [(b"location", where), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
