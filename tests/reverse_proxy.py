"""A small reverse proxy for tests: shows a desk under a path of another name, as nginx or Apache would."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

# Another name of this machine, that the desk does not take for its own.
PUBLIC = "127.0.0.2"
NGINX_CONF = Path(__file__).parents[1] / "ui" / "deploy" / "proxy.conf"
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"}


def forwarder(target: str, prefix: str, *, strip: bool, host: str, says: bool, scheme: str = "http") -> Any:
    """Return the proxy as an ASGI application.

    `host` is what the desk gets to see as Host: "kept" (nginx's `proxy_set_header Host $http_host`) or "own" (the
    desk's address, with the reader's in X-Forwarded-Host). `says` turns the X-Forwarded headers on.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # Not a client: it would keep one reader's cookies and send them for the next.
        async with httpx.AsyncHTTPTransport() as transport:
            app.state.transport = transport
            yield

    async def forward(request: Request) -> Any:
        path = request.url.path
        if not path.startswith(prefix + "/"):
            return PlainTextResponse("not the desk", 404)
        path = path.removeprefix(prefix) if strip else path
        headers = [
            (key, value)
            for key, value in request.headers.items()
            if key not in {*_HOP_BY_HOP, "host", "content-length"}
        ]
        if host == "kept":
            headers.append(("host", request.headers["host"]))
        if says:
            headers += [
                ("x-forwarded-for", request.client.host if request.client else ""),
                ("x-forwarded-host", request.headers["host"]),
                ("x-forwarded-proto", scheme),
            ]
        query = f"?{request.url.query}" if request.url.query else ""
        asked = httpx.Request(request.method, f"{target}{path}{query}", headers=headers, content=await request.body())
        answer = await request.app.state.transport.handle_async_request(asked)

        async def body() -> AsyncIterator[bytes]:
            async for part in answer.stream:
                yield part
            await answer.aclose()

        response = StreamingResponse(body(), answer.status_code)
        response.raw_headers = [
            (key.lower(), value) for key, value in answer.headers.raw if key.decode().lower() not in _HOP_BY_HOP
        ]
        return response

    methods = ["GET", "POST", "HEAD", "PUT", "DELETE"]
    return Starlette(routes=[Route("/{path:path}", forward, methods=methods)], lifespan=lifespan)


def _free_port(host: str) -> int:
    with socket.socket() as listener:
        listener.bind((host, 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def nginx(target: str, prefix: str, folder: Path) -> Iterator[str]:
    """Run nginx with the configuration that Baowen comes with; the value is the public address of the desk."""
    port = _free_port(PUBLIC)
    server = NGINX_CONF.read_text(encoding="utf-8")
    server = re.sub(r"server desk-1:7860;\s+server desk-2:7860;", f"server {target.removeprefix('http://')};", server)
    server = server.replace("listen 8080", f"listen {PUBLIC}:{port}").replace("/baowen", prefix)
    paths = "".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {paths}\n{server} }}",
        encoding="utf-8",
    )
    command = ["nginx", "-p", str(folder), "-c", str(conf), "-e", "stderr"]
    with subprocess.Popen(command) as process:
        try:
            while True:
                assert process.poll() is None, "nginx did not start"
                with contextlib.suppress(OSError), socket.create_connection((PUBLIC, port), timeout=1):
                    break
                time.sleep(0.02)
            yield f"http://{PUBLIC}:{port}{prefix}"
        finally:
            process.terminate()


@contextlib.contextmanager
def proxied(target: str, prefix: str, **how: Any) -> Iterator[str]:
    """Run the proxy on a free port; the value is the public address of the desk, by another name of this machine."""
    listener = socket.socket()
    listener.bind((PUBLIC, 0))
    config = uvicorn.Config(forwarder(target, prefix, **how), log_level="error", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the proxy did not start"
        time.sleep(0.02)
    try:
        yield f"http://{PUBLIC}:{listener.getsockname()[1]}{prefix}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
