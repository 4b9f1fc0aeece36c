"""Behind a reverse proxy: the page, the endpoints and the login work under its name and path, and only there."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client

from rag.errors import InputError
from rag.passwords import hash_password
from rag.settings import Settings
from tests.newsroom import seed_service, served
from tests.reverse_proxy import PUBLIC, nginx, proxied
from tests.security.conftest import PASSWORD
from ui.server import check_exposure

PREFIX = "/paper/baowen"
QUESTION = "“莲心办”服务累计下沉干部多少人次？"
HOW = {
    "nginx, prefix off": {"strip": True, "host": "kept", "says": True},
    "nginx, prefix on, nothing said": {"strip": False, "host": "kept", "says": False},
    "apache": {"strip": True, "host": "own", "says": True},
}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a desk that is set for a proxy."""
    opened = seed_service(
        tmp_path_factory.mktemp("behind"),
        user="editor",
        password_hash=hash_password(PASSWORD),
        root_path=PREFIX,
        public_hosts=(PUBLIC, "news.example"),
        trusted_proxies=("127.0.0.1",),
        metrics=True,
    )
    with served(opened) as where:
        yield where
    opened.close()


@pytest.fixture(scope="module", params=HOW.values(), ids=HOW.keys())
def public(behind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    with proxied(behind, PREFIX, **request.param) as where:
        yield where


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed: apt install nginx-light")
def test_nginx_as_it_comes_with_baowen(behind: str, tmp_path: Path):
    with nginx(behind, PREFIX, tmp_path) as public:
        test_the_page_and_all_it_loads_are_under_the_path(public)
        test_a_reader_logs_in_and_stays_logged_in(public)
        test_a_program_asks_through_the_proxy(public)
        test_other_sites_still_cannot_use_the_desk(public)
        assert httpx.get(f"{public}/metrics", auth=("editor", PASSWORD)).status_code == 404
        assert httpx.get(f"{public}/health").status_code == 200
        assert httpx.get(public).headers["location"] == f"{PREFIX}/"


def _config(page: str) -> dict[str, Any]:
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", page, re.DOTALL)
    assert found
    config: dict[str, Any] = json.loads(found.group(1))
    return config


def test_the_page_and_all_it_loads_are_under_the_path(public: str):
    with httpx.Client() as client:
        page = client.get(f"{public}/").text
        assert _config(page)["root"] == public
        named = re.findall(r"""(?:src|href)=["']([^"'#]+)["']""", page)
        assert len(named) > 2
        for one in named:
            where = httpx.URL(f"{public}/").join(one)
            assert str(where).startswith(public), one
            assert client.get(where).status_code == 200, one


def test_a_reader_logs_in_and_stays_logged_in(public: str):
    origin = public.removesuffix(PREFIX)
    with httpx.Client(headers={"origin": origin}) as client:
        assert client.get(f"{public}/config").status_code == 401
        given = client.post(f"{public}/login", data={"username": "editor", "password": PASSWORD})
        assert given.status_code == 200
        config = client.get(f"{public}/config").json()
        assert config["root"] == public
        out = client.get(f"{public}/logout")
        assert out.status_code == 302
        assert out.headers["location"] == public
        assert client.get(f"{public}/config").status_code == 401


def test_a_program_asks_through_the_proxy(public: str):
    program = Client(
        public + "/", auth=("editor", PASSWORD), verbose=False, analytics_enabled=False, download_files=False
    )
    answer = program.predict(question=QUESTION, api_name="/ask")
    assert "120人次" in answer["answer"]


def test_other_sites_still_cannot_use_the_desk(public: str):
    for origin in ("https://evil.example", "http://news.example", f"http://{PUBLIC}:1"):
        assert httpx.get(f"{public}/config", headers={"origin": origin}).status_code == 403


def test_the_figures_are_not_for_readers(public: str, behind: str):
    assert httpx.get(f"{public}/metrics").status_code == 401
    assert httpx.get(f"{public}/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 401
    assert httpx.get(f"{public}/metrics", auth=("editor", PASSWORD)).status_code == 200
    assert httpx.get(f"{behind}/metrics").status_code == 200


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_watchers_need_no_name_and_no_password(public: str, behind: str, path: str):
    assert httpx.get(public + path).status_code == 200
    assert httpx.get(behind + path, headers={"host": "10.1.2.3"}).status_code == 200


def test_the_path_without_its_last_slash_leads_to_the_page(behind: str):
    answer = httpx.get(f"{behind}{PREFIX}?a=1")
    assert (answer.status_code, answer.headers["location"]) == (307, f"{PREFIX}/?a=1")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-forwarded-host": "news.example"}, 401),
        ({"x-forwarded-host": "NEWS.example, inner.example"}, 401),
        ({"x-forwarded-host": "evil.example"}, 403),
        ({"x-forwarded-host": "news.example", "origin": "https://news.example"}, 401),
        ({"x-forwarded-host": "news.example", "origin": "https://evil.example"}, 403),
        ({"host": "evil.example", "x-forwarded-host": "news.example"}, 401),
        ({"host": "evil.example"}, 403),
    ],
)
def test_the_name_is_what_a_trusted_proxy_says(behind: str, headers: dict[str, str], status: int):
    assert httpx.get(f"{behind}/config", headers=headers).status_code == status


def test_a_trusted_proxy_tells_the_scheme(behind: str):
    headers = {"x-forwarded-host": "news.example", "x-forwarded-proto": "https"}
    assert _config(httpx.get(f"{behind}/", headers=headers).text)["root"] == f"https://news.example{PREFIX}"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-proto": "https"},
        {"x-gradio-server": "http://evil.example/"},
        {"forwarded": "host=evil.example;proto=https"},
    ],
)
def test_what_nobody_trusted_says_is_not_heard(address: str, headers: dict[str, str]):
    page = httpx.get(f"{address}/", headers=headers).text
    assert _config(page)["root"] == address
    assert "evil" not in page


def test_a_desk_with_a_public_name_wants_a_password(tmp_path: Path):
    with pytest.raises(InputError, match=r"news\.example without a password"):
        check_exposure("127.0.0.1", Settings(home=tmp_path, public_hosts="localhost, news.example"))
    check_exposure("127.0.0.1", Settings(home=tmp_path, public_hosts="localhost"))
