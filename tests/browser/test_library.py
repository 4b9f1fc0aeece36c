"""Pages in, corrections, pages out, and what answers make of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.service import Service
from tests.browser.conftest import ask, open_tab
from tests.newsroom import SEEDS, seed_service, served

HARVEST = (
    "麦收进入尾声\n\n本报讯（记者张三）全县小麦收割今日进入尾声，已收割十二万亩，占播种面积的九成五，预计三天内全部完成。"
    "县农业农村局组织农机三百台，昼夜抢收，确保颗粒归仓。\n"
)
BRIDGE = """<html lang="zh"><meta charset="utf-8"><body style="font-family: 'Noto Serif CJK SC'">
<h1 style="font-size: 30px">清河大桥建成通车</h1>
<p style="font-size: 12px">本报讯（记者李四）清河大桥昨日建成通车，全长八百六十米，
总投资三亿元，两岸群众出行时间缩短四十分钟。</p>
<p style="font-size: 12px">大桥由市公路局组织建设，历时两年完工，设双向六车道。</p></body></html>"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    opened = seed_service(tmp_path / "archive", seeds=False, upload_mb=1)
    yield opened
    opened.close()


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    with served(service) as where:
        yield where


def send(page: Any, *files: Path) -> None:
    """Upload files and wait until each of them has come to its end."""
    open_tab(page, 2)
    page.locator("#upload input[type=file]").set_input_files([str(path) for path in files])
    page.wait_for_function(
        """count => {
          const rows = [...document.querySelectorAll('#arrivals .arrivals > li')];
          const ends = ['added', 'unchanged', 'replaced', 'skipped'];
          return rows.length === count && rows.every(row => ends.includes(row.className));
        }""",
        arg=len(files),
    )


def page_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_text_pages_and_a_pdf_are_uploaded_and_asked_about(visit: Any, address: str, tmp_path: Path):
    page = visit(address)
    printer = page.context.new_page()
    printer.set_content(BRIDGE)
    pdf = tmp_path / "bridge.pdf"
    printer.pdf(path=str(pdf))
    printer.close()
    text = page_file(tmp_path, "harvest.txt", HARVEST)
    send(page, text, pdf)
    assert page.locator("#arrivals .added").count() == 2
    titles = page.locator("#arrivals .headline").all_text_contents()
    assert titles == ["麦收进入尾声", "清河大桥建成通车"]
    open_tab(page, 0)
    page.locator(".example").first.wait_for()
    assert "八百六十米" in ask(page, "清河大桥全长多少米？").locator(".answer").inner_text()
    assert "三百台" in ask(page, "县农业农村局组织了多少台农机？").locator(".answer").inner_text()
    page.locator(".cite").last.click()
    page.locator("#reader h2").wait_for()
    assert page.locator("#reader h2").inner_text() == "麦收进入尾声"


def test_files_that_cannot_be_read_are_named_with_the_reason(visit: Any, address: str, tmp_path: Path):
    page = visit(address)
    big = tmp_path / "big.txt"
    big.write_bytes(b"x" * 1_040_000 + "字".encode() * 4000)
    fake = tmp_path / "fake.pdf"
    fake.write_text("not a pdf")
    send(page, fake, page_file(tmp_path, "harvest.txt", HARVEST))
    assert "PDF" in page.locator("#arrivals .skipped .state").inner_text()
    assert page.locator("#arrivals .added").count() == 1


def test_a_title_is_corrected_and_seen_everywhere(visit: Any, address: str, service: Service, tmp_path: Path):
    page = visit(address)
    send(page, page_file(tmp_path, "harvest.txt", HARVEST))
    page.locator("#contents [data-settle]").click()
    title = page.locator("#proof-title input, #proof-title textarea")
    title.wait_for()
    assert title.input_value() == "麦收进入尾声"
    title.fill("全县麦收接近完成")
    page.locator("#proof-save").click()
    page.locator("#contents .headline", has_text="全县麦收接近完成").wait_for()
    open_tab(page, 0)
    turn = ask(page, "县农业农村局组织了多少台农机？")
    turn.locator(".cite").first.click()
    assert page.locator("#reader h2").inner_text() == "全县麦收接近完成"


def test_a_page_gets_its_date_and_then_has_a_digest(visit: Any, address: str, tmp_path: Path):
    page = visit(address)
    send(page, page_file(tmp_path, "harvest.txt", HARVEST))
    page.locator("#contents [data-settle]").click()
    page.get_by_role("button", name="整版的报纸、日期、版面").click()
    box = page.locator("#proofs")
    box.get_by_label("报纸", exact=True).fill("县报")
    box.get_by_label("日期", exact=True).fill("2025-06-10")
    box.get_by_label("版面", exact=True).fill("2")
    page.locator("#proof-move").click()
    page.locator("#shelf .edition", has_text="2025-06-10").wait_for()
    open_tab(page, 1)
    page.locator("#digest-make").click()
    page.locator("#digest .stories h4", has_text="麦收进入尾声").wait_for()


def test_a_page_is_split_and_joined_again(visit: Any, address: str, service: Service, tmp_path: Path):
    page = visit(address)
    send(
        page,
        page_file(tmp_path, "harvest.txt", HARVEST.rstrip() + "\n县气象局说，未来一周以晴好天气为主，利于抢收。\n"),
    )
    page.locator("#contents [data-settle]").first.click()
    page.get_by_role("button", name="这篇从哪里到哪里").click()
    box = page.locator("#proofs")
    paragraphs = box.get_by_label("从哪一段起另成一篇")
    paragraphs.click()
    page.get_by_role("option").last.click()
    box.get_by_label("那一篇的标题").fill("未来一周晴好")
    page.locator("#proof-split").click()
    page.locator("#contents .headline", has_text="未来一周晴好").wait_for()
    assert service.archive.count() == 2
    box.get_by_label("把哪一篇接在后面").click()
    page.get_by_role("option").last.click()
    page.locator("#proof-join").click()
    page.locator("#contents .headline", has_text="未来一周晴好").wait_for(state="detached")
    assert service.archive.count() == 1


def test_what_is_removed_is_gone_from_answers(visit: Any, address: str, service: Service, tmp_path: Path):
    page = visit(address)
    send(page, page_file(tmp_path, "harvest.txt", HARVEST), next(SEEDS.glob("*.txt")))
    open_tab(page, 0)
    question = "县农业农村局组织了多少台农机？"
    assert "三百台" in ask(page, question).locator(".answer").inner_text()
    open_tab(page, 2)
    page.locator("#contents .line", has_text="麦收进入尾声").locator("[data-settle]").click()
    page.locator("#proof-remove").click()
    assert "麦收进入尾声" in page.locator("#confirm-question").inner_text()
    page.locator("#confirm-yes").click()
    page.locator("#contents .headline", has_text="麦收进入尾声").wait_for(state="detached")
    open_tab(page, 0)
    again = ask(page, question)
    assert "三百台" not in again.locator(".answer").inner_text()
    page.locator("#past .turn").first.locator(".cite").click()
    page.locator("#reader", has_text="不在文库里").wait_for()


def test_an_edition_is_removed_whole_and_only_after_a_question(
    visit: Any, address: str, service: Service, tmp_path: Path
):
    page = visit(address)
    send(page, page_file(tmp_path, "harvest.txt", HARVEST))
    page.locator("#remove-edition").click()
    page.get_by_role("button", name="不了").click()
    page.locator("#confirm").wait_for(state="hidden")
    assert service.archive.count() == 1
    page.locator("#remove-edition").click()
    page.locator("#confirm-yes").click()
    page.locator("#shelf", has_text="还没有报纸").wait_for()
    assert service.archive.count() == 0


def test_the_index_is_made_anew(visit: Any, address: str, service: Service, tmp_path: Path):
    page = visit(address)
    send(page, page_file(tmp_path, "harvest.txt", HARVEST))
    page.get_by_role("button", name="重建检索").click()
    page.get_by_text("检索已重建。").wait_for()
    assert service.index.verify() == ()
    open_tab(page, 0)
    assert "三百台" in ask(page, "县农业农村局组织了多少台农机？").locator(".answer").inner_text()


def test_an_empty_archive_says_what_to_do(visit: Any, address: str):
    page = visit(address)
    assert "文库还是空的" in page.locator("#past").inner_text()
    open_tab(page, 1)
    page.locator("#digest", has_text="文库还是空的").wait_for()
    open_tab(page, 2)
    page.locator("#shelf", has_text="还没有报纸").wait_for()
