"""Files of every kind become pages; editions are learnt; continuations meet; ready articles come through."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag.pages
from rag.errors import InputError
from rag.pages import find_files, read_file, read_paths
from rag.pages.decode import decode
from rag.pages.editions import edition_from_path, merged, page_number
from rag.pages.folio import inferred_date, without_folio
from rag.pages.layout import Glyph, print_lines
from rag.pages.lines import Line, text_lines
from rag.pages.second_look import second_look
from rag.protocols import Delta
from rag.schema import Article, Edition, Page, Skip
from tests.unit.typesetting import flowed, pdf_bytes, wrapped

SEEDS = Path(__file__).parent.parent.parent / "seeds"
BRIDGE = "本报讯（记者王一）昨日，长江二桥主塔顺利封顶，比计划提前二十天。大桥建成后，两岸通行时间将缩短到十分钟。"
SCHOOL = "本报讯（记者李二）新学期起，全市小学提供免费课后服务，学校可开设书法、足球等课程。家长可在线报名。"
CANTEEN = "幸福里社区食堂开业，首日接待老人两百余名。一荤两素只要八元，行动不便的可以送餐上门。"


def pages_of(path: Path, **options: object) -> list[Page]:
    return [item for item in read_file(path, **options) if isinstance(item, Page)]  # type: ignore[arg-type]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def text_page(*articles: tuple[str, str]) -> str:
    return "\n".join(line for title, body in articles for line in (title, *wrapped(body, 13)))


def test_the_public_names_are_these():
    assert {"SourceFile", "find_files", "read_file", "read_paths"} <= set(rag.pages.__all__)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_page_is_read_in_its_encoding(tmp_path: Path, encoding: str):
    path = written(tmp_path, "page.txt", text_page(("长江二桥主塔封顶", BRIDGE)).encode(encoding))
    [page] = pages_of(path)
    assert [article.title for article in page.articles] == ["长江二桥主塔封顶"]
    assert any(encoding.split("-")[0].upper() in note for note in page.notes) == (encoding != "utf-8")


def test_a_page_is_called_by_what_is_in_it_not_by_where_it_lies(tmp_path: Path):
    text = text_page(("长江二桥主塔封顶", BRIDGE))
    [one] = pages_of(written(tmp_path, "a/x.txt", text))
    [other] = pages_of(written(tmp_path, "b/y.txt", text.encode("gb18030")))
    [later] = pages_of(written(tmp_path, "c/z.txt", text), given=Edition(date="2025-07-11", date_from="given"))
    assert one.id == other.id
    assert one.id != later.id


def test_characters_that_are_no_text_are_taken_out_and_counted():
    read = decode("甲\x00乙\u202e丙\ufeff丁".encode() + "字".encode() * 200, "x.txt")
    assert read.text.startswith("甲乙丙丁")
    assert read.notes == ("3 control or invisible character(s) taken out",)


def test_a_few_damaged_bytes_do_not_cost_the_page():
    data = ("字" * 300).encode()
    read = decode(data[:100] + b"\xff" + data[101:], "x.txt")
    assert "damaged" in read.notes[0]


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\x00" * 500, b"\xff\xfe\x00\xd8" * 50])
def test_what_is_no_text_is_refused_in_one_sentence(data: bytes):
    with pytest.raises(InputError) as refusal:
        decode(data, "x.txt")
    assert "x.txt" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "paper", "date", "page"),
    [
        ("荆州日报/2025-07-11/02.txt", "荆州日报", "2025-07-11", "2"),
        ("荆州日报/20250711/第3版.pdf", "荆州日报", "2025-07-11", "3"),
        ("荆州日报/2025/07/11/A04.txt", "荆州日报", "2025-07-11", "A4"),
        ("荆州日报/2025-07/11/1.txt", "荆州日报", "2025-07-11", "1"),
        ("荆州日报/2025年7月11日_05.txt", "荆州日报", "2025-07-11", "5"),
        ("pages/02.txt", "", "", ""),
        ("荆州日报/2025-13-40/02.txt", "", "", ""),
    ],
)
def test_an_edition_is_read_off_the_path(path: str, paper: str, date: str, page: str):
    edition = edition_from_path(Path("/home/u/archive") / path, Path("/home/u/archive"))
    assert (edition.paper, edition.date, edition.page) == (paper, date, page)
    assert edition.date_from == ("path" if date else "unknown")


def test_page_numbers_have_one_form():
    assert [page_number(text) for text in ("02", "第2版", "二", "a03", "十二", "要闻")] == [
        "2",
        "2",
        "2",
        "A3",
        "12",
        "",
    ]


def test_the_first_to_know_a_field_gives_it():
    given = Edition(date="2025-07-11", date_from="given")
    manifest = Edition(paper="荆州日报", date="2025-07-10", paper_from="manifest", date_from="manifest")
    assert merged(given, manifest) == Edition("荆州日报", "2025-07-11", "", "manifest", "given", "unknown")


def test_the_seed_manifest_says_what_is_inferred():
    [page] = [item for item in read_paths([SEEDS]) if isinstance(item, Page)]
    assert page.edition == Edition("荆州日报", "2025-07-11", "", "inferred", "inferred", "unknown")
    assert all(article.edition == page.edition for article in page.articles)


def test_manifests_hold_for_folders_files_and_patterns(tmp_path: Path):
    written(
        tmp_path,
        "manifest.toml",
        'paper = "江城日报"\n[[pages]]\nfile = "a.txt"\ndate = 2025-07-11\npage = "2"\n[[pages]]\nfile = "b*"\n'
        'date = "2025-07-12"\ninferred = true\n',
    )
    for name in ("a.txt", "b1.txt", "sub/c.txt", ".hidden.txt", "notes.doc"):
        written(tmp_path, name, text_page(("长江二桥主塔封顶", BRIDGE)))
    written(tmp_path, "sub/manifest.toml", 'paper = "江城晚报"')
    found = {file.path.name: file.edition for file in find_files([tmp_path])}
    assert set(found) == {"a.txt", "b1.txt", "c.txt"}
    assert found["a.txt"] == Edition("江城日报", "2025-07-11", "2", "manifest", "manifest", "manifest")
    assert (found["b1.txt"].date, found["b1.txt"].date_from) == ("2025-07-12", "inferred")
    assert found["c.txt"].paper == "江城晚报"


@pytest.mark.parametrize("content", ["paper = ", '[[pages]]\npaper = "x"', '[[pages]]\nfile = "a.txt"\ndate = "11/7"'])
def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path, content: str):
    written(tmp_path, "manifest.toml", content)
    written(tmp_path, "a.txt", "字")
    with pytest.raises(InputError, match=r"manifest\.toml"):
        list(find_files([tmp_path]))


def test_a_folio_line_gives_the_edition_and_leaves_the_text(tmp_path: Path):
    lines = ["江城日报 2025年7月11日 星期五 第2版", "责任编辑：王一 版式：李二"]
    text = "\n".join([*lines, text_page(("电话诈骗花样翻新", BRIDGE), ("设计之都迎来新地标", SCHOOL))])
    [page] = pages_of(written(tmp_path, "page.txt", text))
    assert page.edition == Edition("江城日报", "2025-07-11", "2", "page", "page", "page")
    assert [article.title for article in page.articles] == ["电话诈骗花样翻新", "设计之都迎来新地标"]
    assert not any("责任编辑" in article.body for article in page.articles)


def test_the_parts_of_a_folio_may_stand_on_lines_of_their_own():
    lines = text_lines("2025年7月11日 星期五\n第3版\n要闻\n2025年7月11日，大会在武汉召开。")
    kept, edition = without_folio(lines)
    assert (edition.date, edition.page) == ("2025-07-11", "3")
    assert [line.text for line in kept] == ["要闻", "2025年7月11日，大会在武汉召开。"]


def test_a_date_is_inferred_only_with_a_year():
    assert inferred_date(["新华社北京7月10日电 今年", "2025年7月9日，大会召开。"]).date == "2025-07-11"
    assert inferred_date(["新华社北京7月10日电 今年"]) == Edition()


def test_markup_says_where_articles_begin(tmp_path: Path):
    html = f"<html><head><title>x</title></head><body><nav>首页</nav><h1>要闻</h1><h2>大桥封顶</h2><p>{BRIDGE}</p>"
    html += f"<h3>下一步</h3><p>{CANTEEN}</p><h2>课后服务</h2><p>记者 李二</p><p>{SCHOOL}</p><script>1</script></body>"
    markdown = f"# 要闻\n\n## 大桥封顶\n\n{BRIDGE}\n\n### 下一步\n\n{CANTEEN}\n\n## 课后服务\n\n记者 李二\n\n{SCHOOL}\n"
    for name, content in (("page.html", html), ("page.md", markdown)):
        [page] = pages_of(written(tmp_path, name, content))
        assert [article.title for article in page.articles if article.kind == "news"] == ["大桥封顶", "课后服务"]
        bridge, school = [article for article in page.articles if article.kind == "news"]
        assert bridge.body == f"{BRIDGE}\n下一步\n{CANTEEN}"
        assert bridge.subheads == ("下一步",)
        assert school.reporters == ("李二",)


def test_a_word_document_is_read_by_its_headings(tmp_path: Path):
    from docx import Document

    document = Document()
    document.add_heading("大桥封顶", 1)
    document.add_paragraph(BRIDGE)
    document.add_heading("课后服务", 1)
    document.add_paragraph(SCHOOL)
    out = io.BytesIO()
    document.save(out)
    [page] = pages_of(written(tmp_path, "page.docx", out.getvalue()))
    assert [(article.title, article.body) for article in page.articles] == [("大桥封顶", BRIDGE), ("课后服务", SCHOOL)]


def test_markup_without_headings_is_read_as_text(tmp_path: Path):
    html = f"<p>长江二桥主塔封顶</p><p>{BRIDGE}</p><p>小学课后服务免费</p><p>{SCHOOL}</p>"
    [page] = pages_of(written(tmp_path, "page.htm", html))
    assert [article.title for article in page.articles] == ["长江二桥主塔封顶", "小学课后服务免费"]


def two_column_sheet() -> list[tuple[float, float, float, str]]:
    """Return a sheet: the first head's text is drawn last, and the second article stands between."""
    return [
        (50, 80, 28, "长江二桥主塔封顶"),
        (420, 500, 9, "城市观察"),
        (420, 530, 22, "小学课后服务免费"),
        *flowed([SCHOOL, CANTEEN], 420, 540, 10, 14, 6),
        *flowed([BRIDGE, "大桥全长两公里，是全市第三座过江通道。", CANTEEN], 50, 100, 10, 14, 8),
    ]


def test_a_pdf_is_read_by_place_and_size(tmp_path: Path):
    [page] = pages_of(written(tmp_path, "page.pdf", pdf_bytes([two_column_sheet()])))
    texts = {article.title: article.body.split("\n") for article in page.articles}
    assert texts["长江二桥主塔封顶"] == [BRIDGE, "大桥全长两公里，是全市第三座过江通道。", CANTEEN]
    assert texts["小学课后服务免费"] == [SCHOOL, CANTEEN]
    assert all(article.boxes and not article.lines for article in page.articles)
    assert min(box.top for article in page.articles for box in article.boxes) < 80


def test_every_sheet_of_a_pdf_is_a_page(tmp_path: Path):
    data = pdf_bytes([two_column_sheet(), [], two_column_sheet()])
    first, third = pages_of(written(tmp_path, "江城日报/2025-07-11/all.pdf", data), root=tmp_path)
    assert [first.source, third.source] == ["江城日报/2025-07-11/all.pdf#1", "江城日报/2025-07-11/all.pdf#3"]
    assert [first.edition.page, third.edition.page] == ["1", "3"]
    assert third.edition.page_from == "inferred"


def test_a_picture_of_a_page_names_the_extra_that_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import sys

    import pypdfium2
    from PIL import Image

    monkeypatch.setitem(sys.modules, "rapidocr", None)
    document = pypdfium2.PdfDocument.new()
    sheet = document.new_page(200, 200)
    picture = pypdfium2.PdfImage.new(document)
    picture.set_bitmap(pypdfium2.PdfBitmap.from_pil(Image.new("RGB", (50, 50), "white")))
    picture.set_matrix(pypdfium2.PdfMatrix().scale(200, 200))
    sheet.insert_obj(picture)
    sheet.gen_content()
    out = io.BytesIO()
    document.save(out)
    with pytest.raises(InputError, match=r"baowen\[ocr\]"):
        list(read_file(written(tmp_path, "scan.pdf", out.getvalue())))


def test_justified_lines_hold_together_and_columns_do_not():
    def run(text: str, x: float, y: float, step: float) -> list[Glyph]:
        return [Glyph(char, x + i * step, x + i * step + 10, y, 10) for i, char in enumerate(text)]

    glyphs = run("左栏一行", 0, 20, 10) + run("两端拉开", 0, 40, 22)
    for row in range(5):
        glyphs += run("右栏文字", 60, 60 + 20 * row, 10)
    glyphs += run("左栏文字", 0, 200, 10) + run("右栏文字", 60, 200, 10)
    lines = print_lines(glyphs, 0)
    assert [line.text for line in lines][:2] == ["左栏一行", "两端拉开"]
    assert [line.text for line in lines][-2:] == ["左栏文字", "右栏文字"]


def edition_pages(folder: Path, second: str) -> Path:
    first_half = BRIDGE + "大桥由本市企业承建，" + "（下转第2版）"
    for name, text in (
        ("01.txt", text_page(("长江二桥主塔封顶", first_half), ("小学课后服务免费", SCHOOL))),
        ("02.txt", second),
    ):
        written(folder, f"江城日报/2025-07-11/{name}", text)
    return folder


def test_continuations_meet_across_pages(tmp_path: Path):
    rest = "（上接第1版）长江二桥建成后，两岸通行只要十分钟，主塔高两百米。"
    second = text_page(("二桥主塔封顶", rest), ("社区食堂开进小巷", "本报讯 " + CANTEEN))
    items = list(read_paths([edition_pages(tmp_path, second)]))
    articles = [article for page in items if isinstance(page, Page) for article in page.articles]
    [bridge] = [article for article in articles if "封顶" in article.title]
    assert bridge.body == BRIDGE + "大桥由本市企业承建，长江二桥建成后，两岸通行只要十分钟，主塔高两百米。"
    assert bridge.continued_on == "2"
    assert not any("continu" in article.kind for article in articles)


def test_a_half_that_stays_alone_is_marked(tmp_path: Path):
    items = list(read_paths([edition_pages(tmp_path, text_page(("社区食堂", CANTEEN)))]))
    [bridge] = [a for page in items if isinstance(page, Page) for a in page.articles if "封顶" in a.title]
    assert any("page 2" in doubt for doubt in bridge.doubts)


def test_ready_articles_come_through_with_their_skips(tmp_path: Path):
    lines = [
        json.dumps(
            {
                "id": 7,
                "title": "标题",
                "body": " 第一段。 \n\n　第二段。\n",
                "date": "2025-07-11",
                "page": 2,
                "score": 1,
            }
        ),
        json.dumps({"text": "没有标题的正文，说了一件事。后面还有。", "paper": "江城日报"}),
        "{",
        "[1]",
        json.dumps({"title": "空"}),
        "",
    ]
    path = written(tmp_path, "x.jsonl", "\n".join(lines))
    items = list(read_file(path, given=Edition(paper="晚报", paper_from="manifest")))
    skips = [item for item in items if isinstance(item, Skip)]
    assert [skip.source.rsplit(":", 1)[1] for skip in skips] == ["3", "4", "5"]
    articles = {a.external_id: a for page in items if isinstance(page, Page) for a in page.articles}
    assert articles["7"].body == "第一段。\n第二段。"
    assert (articles["7"].edition.date, articles["7"].edition.page, articles["7"].edition.paper) == (
        "2025-07-11",
        "2",
        "晚报",
    )
    assert articles["7"].metadata == {"score": 1}
    assert articles[""].title == "没有标题的正文，说了一件事。"
    assert articles[""].edition.paper == "江城日报"


def test_a_file_that_cannot_be_used_is_a_skip_and_loses_nothing_else(tmp_path: Path):
    written(tmp_path, "a.txt", b"\x00\x01" * 50)
    written(tmp_path, "b.txt", text_page(("长江二桥主塔封顶", BRIDGE)))
    written(tmp_path, "c.pdf", b"%PDF-1.7 nothing")
    items = list(read_paths([tmp_path]))
    assert [type(item) for item in items] == [Skip, Page, Skip]


def test_a_path_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(InputError, match="no file or folder"):
        list(read_paths([tmp_path / "nothing"]))


def test_form_feeds_part_pages(tmp_path: Path):
    text = text_page(("长江二桥主塔封顶", BRIDGE)) + "\f" + text_page(("小学课后服务免费", SCHOOL)) + "\n\f"
    pages = pages_of(written(tmp_path, "all.txt", text))
    assert [page.source for page in pages] == ["all.txt#1", "all.txt#2"]


class _Editor:
    """A model that answers as told."""

    name = "editor"

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    def stream(self, system: str, user: str, **options: object) -> Iterator[Delta]:
        yield Delta(self.answers.pop(0))

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("answers", "titles"),
    [
        (("2", "1"), ["乙", "甲"]),
        (("1", "1"), ["甲", "乙"]),
        (("不知道", "1"), ["甲", "乙"]),
        (("9", "1"), ["甲", "乙"]),
    ],
)
def test_a_second_look_changes_headlines_only_when_each_finds_its_text(answers: tuple[str, ...], titles: list[str]):
    articles = tuple(Article(title=title, body=BRIDGE, confidence=0.4) for title in "甲乙")
    page = Page("id", "x.txt", Edition(), articles)
    looked = second_look(page, _Editor(*answers))  # type: ignore[arg-type]
    assert [article.title for article in looked.articles] == titles


def test_a_line_knows_where_it_stands():
    [first, second] = text_lines("\n一行\n\n 二行")
    assert (first.numbers, second.numbers) == ((2,), (4,))
    assert (first.indented, second.indented) == (False, True)
    assert Line("ab甲乙").width == 3


def test_a_pdf_whose_characters_come_in_any_order_is_read_by_place(tmp_path: Path):
    sheet = two_column_sheet()
    for seed in range(5):
        mixed = random.Random(seed).sample(sheet, len(sheet))
        [page] = pages_of(written(tmp_path, f"{seed}.pdf", pdf_bytes([mixed])))
        texts = {article.title: article.body.split("\n") for article in page.articles}
        assert texts["长江二桥主塔封顶"] == [BRIDGE, "大桥全长两公里，是全市第三座过江通道。", CANTEEN]
        assert texts["小学课后服务免费"] == [SCHOOL, CANTEEN]
