"""The web server: where it may listen, who may enter, which addresses exist, and how large a request may be.

A request passes `Proxied` (what a reverse proxy said of it), then `Guard` (whether it may), then reaches Gradio's pages or
the addresses for those who watch the desk.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import importlib.util
import ipaddress
import re
import socket
import threading
import time
import webbrowser
from collections import deque
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, Final

from rag.errors import InputError
from rag.passwords import check_password, check_stored
from rag.settings import Settings
from ui.app import ASSETS, build_app
from ui.proxy import PROXIED, Proxied

if TYPE_CHECKING:
    from rag.service import Service

OnReady = Callable[[str], None]
Login = Callable[[str, str], bool]

# Gradio has many more addresses (proxies, monitoring, editing the app, run history on a hub): they do not exist here.
_ROUTES: Final = re.compile(
    r"/(?:health|ready|metrics|login|login/|logout|config|config/|theme\.css|favicon\.ico|robots\.txt|manifest\.json"
    r"|(?:static|assets|svelte)/.+"
    r"|gradio_api/(?:info|info/|openapi\.json|app_id|app_id/|user|user/|login_check|login_check/|token|token/"
    r"|startup-events|theme\.css|heartbeat/\w+|upload|upload_progress|cancel|reset|reset/"
    r"|queue/(?:join|data)|call/(?:v2/)?\w+(?:/\w+)?|mcp(?:/.*)?))?"
)
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self'; style-src 'self' 'unsafe-inline'; "
    # Gradio's page starts from inline scripts and makes functions from templates.
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'; frame-src 'none'; worker-src 'self' blob:; media-src 'none'"
)
HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
# Cards for other sites, and a manifest that is not there, looked for outside the path of a proxy.
_NOT_OURS: Final = re.compile(rb"<meta\s[^>]*?(?:og|twitter):[^>]*?>|<link\s[^>]*?/manifest\.json[^>]*?>", re.DOTALL)
_MAX_BODY: Final = 1_000_000
_LOGINS_A_MINUTE: Final = 20
_LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "::1"))
# Balancers ask an instance by its own address, whatever that is today; these tell nothing and change nothing.
_PROBES: Final = frozenset(("/health", "/ready"))


def serve(
    service: Service,
    *,
    host: str = "",
    port: int | None = None,
    open_browser: bool = False,
    on_ready: OnReady | None = None,
) -> None:
    """Serve the desk until interrupted; empty `host` and `port` are the settings'. Port 0 takes a free one.

    Raises:
        InputError: the address may not be used without a password, or is taken.
    """
    import uvicorn

    settings = service.settings
    host = host or settings.host
    check_exposure(host, settings)
    listener = _listen(host, settings.port if port is None else port)
    with contextlib.closing(listener):
        app = web_app(service, host)
        address = _address(host, listener.getsockname()[1])

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                _announce(address, on_ready, open_browser)

        # `Proxied` reads the proxy's headers: it must know who sent them.
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, proxy_headers=False, timeout_graceful_shutdown=3
        )
        Server(config).run([listener])


def web_app(service: Service, host: str = "127.0.0.1") -> Any:
    """Return the desk as an ASGI application with its guards around it."""
    import gradio as gr
    from fastapi import FastAPI

    from ui.theme import make_theme

    settings = service.settings
    if settings.mcp and importlib.util.find_spec("mcp") is None:
        raise InputError("BAOWEN_MCP is set, but MCP is not installed: pip install 'baowen[mcp]', or unset it.")
    login = _login(settings) if settings.user and settings.password_hash else None
    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    _add_watching(outer, service)
    gr.mount_gradio_app(
        outer,
        build_app(service),
        path="/",
        server_name=host,
        root_path=settings.root_path,
        auth=login,
        auth_message="报问 · Baowen",
        allowed_paths=[],
        blocked_paths=[str(settings.home)],
        favicon_path=str(ASSETS / "favicon.png"),
        show_error=False,
        max_file_size=settings.upload_mb * 1024 * 1024,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=settings.mcp,
        theme=make_theme(),
    )
    return Proxied(Guard(outer, settings, host, login), settings)


def _add_watching(outer: Any, service: Service) -> None:
    """Add the addresses for those who watch the desk: /health, /ready, and /metrics when it is set."""
    from anyio import CapacityLimiter, to_thread
    from fastapi.responses import JSONResponse, Response

    from ui.health import Readiness

    readiness = Readiness(service)
    # Their own: when readers' work has taken all the others, a watcher must not think that the desk is dead.
    threads = CapacityLimiter(2)

    async def health() -> Any:
        return {"status": "up"}

    async def ready() -> Any:
        well, parts = await to_thread.run_sync(readiness.look, limiter=threads)
        return JSONResponse({"ready": well, **parts}, 200 if well else 503)

    outer.add_api_route("/health", health, response_model=None)
    outer.add_api_route("/ready", ready, response_model=None)
    if service.settings.metrics:
        from ui.metrics import CONTENT_TYPE, Metrics

        figures = Metrics(service)

        async def metrics() -> Any:
            return Response(await to_thread.run_sync(figures.text, limiter=threads), media_type=CONTENT_TYPE)

        outer.add_api_route("/metrics", metrics, response_model=None)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_exposure(host: str, settings: Settings) -> None:
    """Make sure that others can reach the desk only with a password.

    Raises:
        InputError: they could reach it without.
    """
    if settings.password_hash:
        check_stored(settings.password_hash)
    reached = [name for name in (host, *settings.public_hosts) if not is_loopback(name)]
    if reached and not (settings.user and settings.password_hash):
        raise InputError(
            f"others could reach {reached[0]} without a password. Set BAOWEN_USER and BAOWEN_PASSWORD_HASH "
            "(`baowen password` prints it), or serve on 127.0.0.1."
        )


def _login(settings: Settings) -> Login:
    tries: deque[float] = deque(maxlen=_LOGINS_A_MINUTE)
    lock = threading.Lock()

    def login(user: str, password: str) -> bool:
        now = time.monotonic()
        with lock:
            if len(tries) == _LOGINS_A_MINUTE and now - tries[0] < 60:
                return False
            tries.append(now)
        # Both are compared whatever the first says, so that the time tells nothing.
        right = check_password(password, settings.password_hash)
        return right and user == settings.user

    return login


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}:{port}: {error.strerror or error}. Choose another port with --port, or 0 for any."
        ) from None
    return listener


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in ("0.0.0.0", "localhost") else "[::1]" if host == "::" else host  # noqa: S104
    return f"http://{shown}:{port}"


def _announce(address: str, on_ready: OnReady | None, open_browser: bool) -> None:
    if on_ready is not None:
        on_ready(address)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


class Guard:
    """Wraps the application: known addresses only, this site's own pages only, small bodies, security headers.

    With a password, everything but the login page wants the cookie that Gradio gives out, or the password itself
    (HTTP Basic, for programs): Gradio checks most of its addresses, but not MCP.
    """

    def __init__(self, app: Any, settings: Settings, host: str, login: Login | None = None) -> None:
        self.app = app
        self.login = login
        # Gradio confines `css` to its own container, and shows none of it on the login page.
        style, *scripts = ((ASSETS / name).read_bytes() for name in ("desk.css", "stream.js", "desk.js"))
        tags = b"".join(b"<script>" + script + b"</script>" for script in scripts)
        self.head = b"<style>" + style + b"</style>" + tags + b"</head>"
        self.upload_bytes = (settings.upload_mb + 1) * 1024 * 1024
        self.metrics = settings.metrics
        self.hosts: set[str] | None = None
        if is_loopback(host) or settings.public_hosts:
            self.hosts = {*_LOOPBACK, *settings.public_hosts, host.strip("[]")}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one ASGI request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        problem = self._problem(scope["path"], headers) or self._unwatched(scope, headers)
        if problem:
            await _refuse(send, *problem)
            return
        limit = self.upload_bytes if scope["path"].endswith("/upload") else _MAX_BODY
        await self.app(scope, _limited(receive, limit), _dressed(send, self.head if scope["path"] == "/" else b""))

    def _problem(self, path: str, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if self.hosts is not None and _hostname(host) not in self.hosts and path not in _PROBES:
            return 403, "This desk answers only to the names it was given."
        origin = headers.get("origin")
        if origin and origin != "null" and origin.split("://")[-1] != host:
            return 403, "Another site may not use this desk."
        if not _ROUTES.fullmatch(path):
            return 404, "There is nothing here."
        limit = self.upload_bytes if path.endswith("/upload") else _MAX_BODY
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            return 413, f"The request is larger than {limit:,} bytes."
        if self.login is not None and path.startswith("/gradio_api/") and not self._known(headers):
            return 401, "Log in first."
        return None

    def _unwatched(self, scope: Any, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return why the figures are not for this one to see: they are for this machine, and for who has the password."""
        if scope["path"] != "/metrics":
            return None
        if not self.metrics:
            return 404, "There is nothing here."
        peer = (scope.get("client") or ("",))[0]
        here = is_loopback(peer) and not scope.get(PROXIED) and _hostname(headers.get("host", "")) in _LOOPBACK
        if here or (self.login is not None and self._known(headers)):
            return None
        return 401, "Log in first."

    def _known(self, headers: dict[str, str]) -> bool:
        gradio = next(route.app for route in self.app.routes if hasattr(getattr(route, "app", None), "tokens"))
        names = [f"access-token{kind}-{gradio.cookie_id}" for kind in ("", "-unsecure")]
        cookies = SimpleCookie(headers.get("cookie", ""))
        if any(name in cookies and cookies[name].value in gradio.tokens for name in names):
            return True
        kind, _, coded = headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return kind.lower() == "basic" and self.login is not None and self.login(user, password)


def _hostname(host: str) -> str:
    if host.startswith("["):
        return host[1:].split("]", maxsplit=1)[0]
    return (host.rsplit(":", 1)[0] if host.count(":") == 1 else host).lower()


def _limited(receive: Any, limit: int) -> Any:
    seen = 0

    async def limited() -> Any:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        # A body without a length that grows too large looks to the application like a reader who left.
        return {"type": "http.disconnect"} if seen > limit else message

    return limited


def _dressed(send: Any, head: bytes) -> Any:
    """Put the security headers on every answer, and the desk's style and script into the page (`head`)."""
    extra = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
    held: list[dict[str, Any]] = []
    chunks: list[bytes] = []

    async def dressed(message: Any) -> None:
        if message["type"] == "http.response.start":
            kept = [(key, value) for key, value in message["headers"] if key.decode("latin-1").lower() not in HEADERS]
            message = {**message, "headers": [*kept, *extra]}
            if head:
                held.append(message)
                return
        elif head and held:
            chunks.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = _NOT_OURS.sub(b"", b"".join(chunks)).replace(b"</head>", head, 1)
            start = held.pop()
            sized = [(key, value) for key, value in start["headers"] if key.lower() != b"content-length"]
            length = (b"content-length", str(len(body)).encode())
            await send({**start, "headers": [*sized, length]})
            message = {"type": "http.response.body", "body": body}
        await send(message)

    return dressed


async def _refuse(send: Any, status: int, message: str) -> None:
    body = message.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(key.encode(), value.encode()) for key, value in HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
