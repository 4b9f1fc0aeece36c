"""The compose file that a reader can follow: it cannot be run here, so it is read closely."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.passwords import hash_password
from rag.settings import Settings
from ui.server import check_exposure

DEPLOY = Path(__file__).parents[2] / "ui" / "deploy"
GIVEN = {
    "BAOWEN_USER": "editor",
    "BAOWEN_PASSWORD_HASH": hash_password("correct horse"),
    "PUBLIC_HOST": "news.example",
    "POSTGRES_PASSWORD": "p",
    "LLM_KEY": "k",
}


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def environment(service: Any) -> dict[str, str]:
    """What a service is given, with the variables of the reader's own file filled in."""
    found = service.get("environment", {})
    return {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda match: GIVEN.get(match.group(1), "x"), value)
        for name, value in found.items()
    }


def test_it_says_that_it_was_not_run():
    first = (DEPLOY / "compose.yaml").read_text(encoding="utf-8").splitlines()[:5]
    assert any("NOT RUN BY US" in line for line in first)


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_setting_in_it_is_one(path: Path):
    known = set(Settings.model_fields)
    named = {name.lower() for name in re.findall(r"BAOWEN_([A-Z_]+[A-Z])", path.read_text(encoding="utf-8"))}
    assert named <= known


def test_the_desks_settings_can_be_used_and_let_nobody_in_without_a_password(compose: Any):
    for name in ("desk-1", "desk-2", "tool"):
        given = environment(compose["services"][name])
        values = {key.removeprefix("BAOWEN_").lower(): value for key, value in given.items()}
        known = {key: value for key, value in values.items() if key in Settings.model_fields}
        settings = Settings(**known)
        assert settings.public_hosts == ("news.example",)
        assert settings.metrics
        check_exposure(settings.host, settings)


def test_every_image_is_pinned_and_names_no_host(compose: Any):
    for name, service in compose["services"].items():
        image = service["image"]
        if image == "baowen:local":
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
            continue
        image = re.sub(r"^\$\{\w+:\?\}/", "", image)
        repository, _, tag = image.partition(":")
        assert tag, name
        assert tag != "latest"
        assert "." not in repository.split("/")[0]
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_what_a_service_calls_is_there(compose: Any):
    services = compose["services"]
    for service in services.values():
        for value in environment(service).values():
            for host in re.findall(r"(?:@|//|^)([a-z]+):\d+", value):
                assert host in services, value
        volumes = [one.split(":")[0] for one in service.get("volumes", ()) if one[0] not in "./$"]
        assert set(volumes) <= set(compose["volumes"])
        assert set(service.get("depends_on", ())) <= set(services)
    proxy = (DEPLOY / "proxy.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"server (\S+):7860;", proxy)) == {"desk-1", "desk-2"}
    address = services["proxy"]["networks"]["default"]["ipv4_address"]
    assert environment(services["desk-1"])["BAOWEN_TRUSTED_PROXIES"] == address
