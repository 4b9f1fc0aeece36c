"""The pictures in the README: every tab, on a desk and on a phone, light and dark.

`python -m tests.browser.pictures FOLDER` reads `seeds/` into a throw-away archive, asks the embedded model, and shows the
latest report in `runs/`, if there is one.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from rag.service import open_service
from rag.settings import read_settings
from tests.browser.conftest import CHROMIUM, FLAGS, QUESTION, ask, open_tab
from tests.newsroom import SEEDS, served

TABS = ("ask", "digest", "library", "quality")
SCREENS = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
    },
}
_QUALITY = 72
_WIDEST = 1280


def take(browser: Any, address: str, folder: Path) -> None:
    """Write `{tab}-{screen}-{scheme}.webp` for every tab, screen and scheme."""
    for screen, options in SCREENS.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(locale="zh-CN", color_scheme=scheme, **options)
            page = context.new_page()
            page.set_default_timeout(600_000)
            page.goto(address)
            page.locator("#past .welcome, #past .turn").first.wait_for()
            for number, tab in enumerate(TABS):
                open_tab(page, number)
                _fill(page, tab, with_source=screen == "desk" and scheme == "light")
                page.wait_for_timeout(800)
                _write(page.screenshot(), folder / f"{tab}-{screen}-{scheme}.webp")
            context.close()


def _fill(page: Any, tab: str, *, with_source: bool) -> None:
    if tab == "ask":
        ask(page, QUESTION)
        if with_source:
            page.locator("#past .cite").last.click()
            page.locator("#cited").wait_for()
    elif tab == "digest":
        page.locator("#digest-make").click()
        page.locator(".exports").wait_for()


def _write(shot: bytes, path: Path) -> None:
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.thumbnail((_WIDEST, _WIDEST))
    picture.save(path, "WEBP", quality=_QUALITY, method=6)


def main() -> None:
    """Serve the seed page with the real models and take the pictures."""
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="baowen-pictures-") as home, sync_playwright() as playwright:
        service = open_service(read_settings(home=Path(home)))
        service.ingest([SEEDS])
        service.ask(QUESTION)
        with served(service) as address:
            take(playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS), address, folder)
        service.close()


if __name__ == "__main__":
    main()
