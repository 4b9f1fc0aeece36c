"""What the desk answers to, and what it does not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from rag.errors import InputError
from rag.passwords import hash_password
from rag.service import Service
from rag.settings import Settings
from tests.security.conftest import PASSWORD
from ui.app import ASSETS, build_app
from ui.server import HEADERS, check_exposure, is_loopback, serve

PUBLIC = {"/ask", "/search", "/digest", "/articles"}
# Every function a browser can reach. A new one must be thought about here: what does it do with what it is sent?
HANDLERS = {
    "ask", "search", "digest", "articles",
    "desk_ask", "desk_ask_clicked", "desk_stop", "desk_new", "desk_conversation", "desk_forget", "desk_sources",
    "desk_feedback", "desk_digest", "desk_digest_stop", "desk_export_md", "desk_export_html", "desk_export_print",
    "desk_upload", "desk_shelf", "desk_shelf_again", "desk_settle", "desk_save", "desk_move", "desk_split", "desk_join",
    "desk_close_proofs", "desk_ask_remove", "desk_ask_remove_edition", "desk_keep", "desk_remove", "desk_reindex",
    "desk_quality", "desk_report", "desk_open_article", "desk_open", "desk_language", "desk_holdings",
}  # fmt: skip
ELSEWHERE = (
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file=pyproject.toml",
    "/gradio_api/file=../../etc/passwd",
    "/gradio_api/file/etc/passwd",
    "/file=/etc/passwd",
    "/file/etc/passwd",
    "/gradio_api/proxy=https://evil.example/",
    "/proxy=https://evil.example/",
    "/gradio_api/custom_component/1/client/component/x.js",
    "/gradio_api/component_server",
    "/gradio_api/run/ask",
    "/gradio_api/api/ask",
    "/gradio_api/stream/1",
    "/gradio_api/process_recording",
    "/gradio_api/vibe-edit/",
    "/gradio_api/vibe-code/",
    "/gradio_api/runs",
    "/gradio_api/run-history/records",
    "/gradio_api/deep_link",
    "/gradio_api/dev/reload",
    "/gradio_api/profiling/traces",
    "/gradio_api/queue/status",
    "/monitoring",
    "/monitoring/summary",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/pwa_icon",
    "/theme",
    "/.git/config",
    "/static/../../../pyproject.toml",
    "/static/%2e%2e/%2e%2e/%2e%2e/pyproject.toml",
    "/assets/..%2f..%2f..%2froutes.py",
)


def test_programs_are_offered_four_endpoints(client: httpx.Client):
    info = client.get("/gradio_api/info").json()
    assert set(info["named_endpoints"]) == PUBLIC
    assert info["unnamed_endpoints"] == {}


def test_every_parameter_of_an_endpoint_is_described(client: httpx.Client):
    for name, endpoint in client.get("/gradio_api/info").json()["named_endpoints"].items():
        for parameter in endpoint["parameters"]:
            assert f"{parameter['parameter_name']}" in endpoint["description"] or parameter["type"]["type"], name


def test_no_function_is_reachable_that_is_not_listed_here(client: httpx.Client):
    functions = [one for one in client.get("/config").json()["dependencies"] if one["backend_fn"]]
    assert {one["api_name"] for one in functions} == HANDLERS
    assert {one["api_name"] for one in functions if one["api_visibility"] != "private"} == {
        name.strip("/") for name in PUBLIC
    }


@pytest.mark.parametrize("path", ELSEWHERE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else_is_there(address: str, path: str, method: str):
    answer = httpx.request(method, httpx.URL(address + "/").copy_with(raw_path=path.encode()))
    assert answer.status_code in (403, 404, 405)
    assert "root:" not in answer.text
    assert "[project]" not in answer.text


def test_an_uploaded_file_cannot_be_fetched_again(client: httpx.Client):
    uploaded = client.post("/gradio_api/upload", files={"files": ("a.txt", b"secret words")}).json()
    answer = client.get(f"/gradio_api/file={uploaded[0]}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_an_upload_that_is_too_large_is_refused(client: httpx.Client):
    answer = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 1_500_000)})
    assert answer.status_code == 413


def test_a_body_that_is_too_large_is_refused_with_and_without_a_length(client: httpx.Client):
    body = json.dumps({"data": ["问" * 500_000]}).encode()
    assert client.post("/gradio_api/call/ask", content=body).status_code == 413
    pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
    try:
        assert client.post("/gradio_api/call/ask", content=pieces).status_code >= 400
    except httpx.RemoteProtocolError:
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/nowhere", "/gradio_api/file=/etc/passwd"])
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str):
    headers = client.get(path).headers
    for name, value in HEADERS.items():
        assert headers.get_list(name) == [value]
    assert "uvicorn" not in headers.get("server", "")


def test_the_page_and_its_style_name_no_other_place(client: httpx.Client):
    known = re.compile(r"^https?://(www\.w3\.org/|127\.0\.0\.1|localhost)")
    for page in (client.get("/").text, client.get("/theme.css").text):
        scripts_and_styles = re.findall(
            r"""(?:src|href)\s*=\s*["'](https?://[^"']+)|url\(\s*["']?(https?://[^)"']+)""", page
        )
        assert [one for pair in scripts_and_styles for one in pair if one and not known.match(one)] == []
        assert not re.search(r"""(?:og|twitter):image"\s+content="http""", page)
    for asset in ASSETS.iterdir():
        if asset.suffix in (".css", ".js"):
            assert "://" not in asset.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_other_sites_cannot_use_the_desk(client: httpx.Client, headers: dict[str, str]):
    assert client.get("/config", headers=headers).status_code == 403
    assert client.post("/gradio_api/call/ask", json={"data": ["问"]}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("baowen.example", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_the_rest(host: str, alone: bool):
    assert is_loopback(host) is alone


def test_others_are_let_in_only_with_a_password(tmp_path: Path):
    open_to_all = Settings(home=tmp_path, llm="none")
    check_exposure("127.0.0.1", open_to_all)
    for settings in (
        open_to_all,
        Settings(home=tmp_path, user="editor"),
        Settings(home=tmp_path, password_hash=hash_password(PASSWORD)),
    ):
        with pytest.raises(InputError, match="BAOWEN_PASSWORD_HASH"):
            check_exposure("0.0.0.0", settings)
    check_exposure("0.0.0.0", Settings(home=tmp_path, user="editor", password_hash=hash_password(PASSWORD)))
    with pytest.raises(InputError, match="baowen password"):
        check_exposure("127.0.0.1", Settings(home=tmp_path, user="editor", password_hash="secret in the clear"))


def test_serving_to_all_without_a_password_is_refused_before_anything_listens(service: Service):
    with pytest.raises(InputError, match="without a password"):
        serve(service, host="0.0.0.0", port=0)


def test_a_taken_port_is_named(service: Service, address: str):
    port = int(address.rsplit(":", 1)[1])
    with pytest.raises(InputError, match=str(port)):
        serve(service, port=port)


def test_the_interface_can_be_built_twice(service: Service):
    assert build_app(service) is not build_app(service)
