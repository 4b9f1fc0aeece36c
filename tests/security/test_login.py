"""With a password, nothing is told or done before the login."""

from __future__ import annotations

import httpx
import pytest

from tests.security.conftest import PASSWORD

CLOSED = (
    ("GET", "/config"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/openapi.json"),
    ("GET", "/gradio_api/mcp/schema"),
    ("POST", "/gradio_api/mcp/"),
    ("POST", "/gradio_api/call/ask"),
    ("POST", "/gradio_api/call/v2/ask"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/queue/data?session_hash=x"),
    ("GET", "/gradio_api/call/ask/0123"),
    ("POST", "/gradio_api/upload"),
    ("GET", "/gradio_api/heartbeat/x"),
    ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/reset"),
)


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_nothing_answers_before_the_login(locked: str, method: str, path: str):
    answer = httpx.request(method, locked + path, json={"data": []} if method == "POST" else None)
    assert answer.status_code == 401
    assert "荆州" not in answer.text


def test_the_page_tells_nothing_before_the_login(locked: str):
    page = httpx.get(locked + "/").text
    assert "auth_required" in page
    assert "desk_ask" not in page


def test_the_right_password_opens_and_a_wrong_one_does_not(locked: str):
    with httpx.Client(base_url=locked) as client:
        assert client.post("/login", data={"username": "editor", "password": "wrong horse"}).status_code == 400
        assert client.get("/config").status_code == 401
        assert client.post("/login", data={"username": "reader", "password": PASSWORD}).status_code == 400
        assert client.post("/login", data={"username": "editor", "password": PASSWORD}).status_code == 200
        assert client.get("/config").status_code == 200


def test_programs_may_send_the_password_with_each_request(locked: str):
    assert httpx.get(locked + "/gradio_api/mcp/schema", auth=("editor", PASSWORD)).status_code == 200
    assert httpx.get(locked + "/gradio_api/mcp/schema", auth=("editor", "wrong horse")).status_code == 401
    assert httpx.get(locked + "/gradio_api/mcp/schema", headers={"authorization": "Basic %%%"}).status_code == 401


def test_guessing_is_stopped(locked: str):
    answers = [
        httpx.post(locked + "/login", data={"username": "editor", "password": f"guess {number:04}"}).status_code
        for number in range(25)
    ]
    assert set(answers) == {400}
    assert httpx.post(locked + "/login", data={"username": "editor", "password": PASSWORD}).status_code == 400
