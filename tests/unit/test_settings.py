from pathlib import Path

import pytest

from rag.errors import InputError
from rag.settings import Settings, read_settings


def test_home_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("BAOWEN_HOME", str(tmp_path / "甲报"))
    assert read_settings().home == tmp_path / "甲报"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("BAOWEN_HOME", str(tmp_path))
    (tmp_path / "baowen.toml").write_text('llm = "none"\ntop = 3\n', encoding="utf-8")
    assert (read_settings().llm, read_settings().top) == ("none", 3)
    monkeypatch.setenv("BAOWEN_TOP", "5")
    assert read_settings().top == 5
    assert read_settings(top=7).top == 7


@pytest.mark.parametrize(("name", "value"), [("BAOWEN_TOP", "many"), ("BAOWEN_LLM", "psychic"), ("BAOWEN_PORT", "-1")])
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=name):
        read_settings()


def test_a_broken_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("BAOWEN_HOME", str(tmp_path))
    (tmp_path / "baowen.toml").write_text("llm = ", encoding="utf-8")
    with pytest.raises(InputError, match=r"baowen\.toml"):
        read_settings()


def test_a_key_is_never_printed():
    assert "sesame" not in repr(Settings(llm_api_key="sesame"))


def test_names_are_a_list_in_the_file_and_separated_by_commas_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("BAOWEN_HOME", str(tmp_path))
    (tmp_path / "baowen.toml").write_text(
        'public_hosts = ["News.example"]\ntrusted_proxies = ["10.0.0.0/8", "::1"]\nroot_path = "/a/b/"\n',
        encoding="utf-8",
    )
    read = read_settings()
    assert (read.public_hosts, read.trusted_proxies) == (("news.example",), ("10.0.0.0/8", "::1"))
    assert read.root_path == "/a/b"
    monkeypatch.setenv("BAOWEN_PUBLIC_HOSTS", "one.example, two.example,")
    assert read_settings().public_hosts == ("one.example", "two.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BAOWEN_ROOT_PATH", "baowen"),
        ("BAOWEN_ROOT_PATH", "https://news.example/baowen"),
        ("BAOWEN_ROOT_PATH", "/a//b"),
        ("BAOWEN_PUBLIC_HOSTS", "https://news.example"),
        ("BAOWEN_PUBLIC_HOSTS", "*"),
        ("BAOWEN_TRUSTED_PROXIES", "*"),
        ("BAOWEN_TRUSTED_PROXIES", "proxy"),
    ],
)
def test_what_a_proxy_is_trusted_with_must_be_exact(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=name):
        read_settings()


def test_no_key_is_ever_printed():
    assert "sesame" not in repr(Settings(embedding_api_key="sesame"))
