"""From a page to its articles: the seed page, the seed page set otherwise, made pages, and what holds for any page."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.pages import read_file
from rag.pages.articles import read_names
from rag.pages.columns import column_widths, rejoined
from rag.pages.heads import read_head
from rag.pages.inspect import inspection
from rag.pages.labels import Role, label
from rag.pages.lines import (
    Line,
    continued_from,
    is_byline,
    is_caption,
    is_credit,
    is_dateline,
    opens_over_two,
    text_lines,
)
from rag.schema import Article, Page
from tests.unit.typesetting import doubled, letter_spaced, wrapped

SEED = next((Path(__file__).parent.parent.parent / "seeds").glob("*.txt"))


def read_text(folder: Path, text: str) -> tuple[Article, ...]:
    path = folder / "page.txt"
    path.write_text(text, encoding="utf-8")
    [page] = read_file(path)
    assert isinstance(page, Page)
    return page.articles


@pytest.fixture(scope="module")
def seed() -> Page:
    [page] = read_file(SEED)
    assert isinstance(page, Page)
    return page


def by_title(articles: tuple[Article, ...], part: str) -> Article:
    [article] = [article for article in articles if part in article.headline]
    return article


def test_the_seed_page_has_eleven_items(seed: Page):
    kinds = Counter(article.kind for article in seed.articles)
    assert kinds == {"news": 8, "photo": 1, "continuation": 1, "ad": 1}
    assert sum(article.confidence >= 0.5 for article in seed.articles) >= 9


@pytest.mark.parametrize(
    ("title", "opening", "ending"),
    [
        ("抢工期 保进度", "近日，位于荆州高新区", "进入盖梁施工环节。"),
        ("洪湖“莲心办”架起“连心桥”", "本报讯（记者马骁 特约记者李友华）", "“稳稳的幸福”。"),
        ("市12345热线“领导接听日”创新升级", "本报讯（记者王大玲", "推动群众满意度升至98%。"),
        ("携手奋斗，共谱发展新篇", "7月10日，全市优化营商环境", "发展新篇章。"),
        ("荆州15项科技成果“落地生金”", "本报讯（记者赵叶秋", "科研成果的转化应用。"),
        ("5.4万企业类市场主体入库", "本报讯（见习记者张晶晶", "见实效”。"),
        ("我市出台“黄金18条”", "（上接第1版）", "政商关系新生态。"),
        ("西干渠人工湿地水质净化项目", "本报讯 近日，西干渠", "2.5万立方米。"),
    ],
)
def test_every_headline_of_the_seed_page_has_its_text(seed: Page, title: str, opening: str, ending: str):
    article = by_title(seed.articles, title)
    assert article.body.startswith(opening)
    assert article.body.endswith(ending)


def test_the_seed_page_keeps_subheads_names_and_marks(seed: Page):
    reactions = by_title(seed.articles, "携手奋斗")
    assert reactions.subheads == ("民营经济迎来发展新机遇", "多措并举优化营商环境", "政企同心共谋发展新篇")
    assert all(f"\n{subhead}\n" in reactions.body for subhead in reactions.subheads)
    assert reactions.reporters == ("黄思明", "孙颖", "王大玲", "王章青")
    photo = by_title(seed.articles, "抢工期")
    assert (photo.reporters, photo.correspondents) == (("梅闻",), ("徐梓康",))
    assert by_title(seed.articles, "黄金18条").continued_from == "1"
    hotline = by_title(seed.articles, "12345")
    assert (hotline.dateline, hotline.correspondents) == ("本报讯", ("谭艳", "刘利杰"))
    [ad] = [article for article in seed.articles if article.kind == "ad"]
    assert ad.body == "提升应急意识\n保护生命安全\n荆州市应急管理局"


def test_every_line_of_the_seed_page_is_in_one_article(seed: Page):
    numbers = Counter(number for article in seed.articles for number in article.lines)
    printed = {n for n, line in enumerate(SEED.read_text(encoding="utf-8").split("\n"), 1) if line.strip()}
    assert set(numbers) == printed
    assert set(numbers.values()) == {1}


def test_an_inspection_tells_everything(seed: Page):
    told = inspection(seed)
    assert told["id"] == seed.id
    assert {"kind", "title", "body", "confidence", "doubts", "lines", "boxes"} <= set(told["articles"][0])
    assert set(told["provenance"]) == {"paper", "date", "page"}


@pytest.mark.parametrize("width", [12, 14, 17, 20])
@pytest.mark.parametrize("blanks", ["none", "between", "every"])
def test_the_seed_page_set_in_other_columns_has_the_same_articles(seed: Page, tmp_path: Path, width: int, blanks: str):
    """Body after head or head after body in turn, wrapped anew: the same headlines over the same texts."""
    lines: list[str] = []
    for number, article in enumerate(seed.articles):
        if article.kind in {"ad", "photo"}:
            continue
        head = [part for part in (article.kicker, article.title, article.subtitle) if part]
        names = [article.byline] if article.byline.startswith("□") else []
        body: list[str] = []
        for paragraph in article.body.split("\n"):
            if blanks == "between":
                body.append("")
            body += [paragraph] if paragraph in article.subheads else wrapped(paragraph, width)
        lines += [*head, *names, *body] if number % 2 else [*body, *head, *names]
    gap = "\n\n" if blanks == "every" else "\n"
    found = read_text(tmp_path, gap.join(lines))
    wanted = {article.title: article.body for article in seed.articles if article.kind not in {"ad", "photo"}}
    right = sum(visible(wanted.get(article.title, "")) == visible(article.body) for article in found)
    assert right >= len(wanted) - 2
    assert abs(len(found) - len(wanted)) <= 1


def test_a_headline_may_stand_before_another_article(tmp_path: Path):
    bridge = "本报讯（记者王一）昨日，长江二桥主塔顺利封顶，比计划提前二十天。大桥建成后，两岸通行时间将缩短到十分钟。"
    school = "本报讯（记者李二）新学期起，全市小学提供免费课后服务，学校可开设书法、足球等课程。家长可在线报名。"
    text = "\n".join(["长江二桥主塔提前封顶", *wrapped(school, 13), *wrapped(bridge, 13), "全市小学课后服务免费"])
    found = read_text(tmp_path, text)
    assert {article.title: article.body for article in found} == {
        "长江二桥主塔提前封顶": bridge,
        "全市小学课后服务免费": school,
    }


def test_captions_bylines_and_letter_spacing_find_their_place(tmp_path: Path):
    photo = "近日，城东公园的荷花竞相开放，吸引不少市民前来观赏拍照。"
    text = "\n".join(
        [
            "映日荷花别样红",
            *letter_spaced(wrapped(photo, 12)),
            "（记者 王一 摄）",
            "",
            "社区食堂开进小巷",
            "□ 记者 李二",
            *wrapped("幸福里社区食堂昨日开业，首日接待老人两百余名，一荤两素只要八元。", 12),
            "图为老人正在用餐。（通讯员 张三 摄）",
        ]
    )
    flower, canteen = read_text(tmp_path, text)
    assert (flower.kind, flower.body, flower.reporters) == ("photo", photo, ("王一",))
    assert canteen.reporters == ("李二",)
    assert canteen.body.endswith("\n图为老人正在用餐。（通讯员 张三 摄）")


def test_a_doubled_notice_is_an_ad_wherever_it_stands(tmp_path: Path):
    text = "\n".join(
        [
            "社区食堂开进小巷",
            *wrapped("本报讯（记者李二）幸福里社区食堂昨日开业，首日接待老人两百余名。", 12),
            doubled("节约用水人人有责"),
            doubled("某市节约用水办公室", 3),
        ]
    )
    food, notice = read_text(tmp_path, text)
    assert (food.kind, notice.kind) == ("news", "ad")
    assert notice.body == "节约用水人人有责\n某市节约用水办公室"


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("本报讯（记者王一）昨日", True),
        ("本报北京7月10日电（记者王一）", True),
        ("新华社内罗毕7月20日电 近日", True),
        ("极目新闻讯（记者王一）", True),
        ("记者昨日获悉", False),
        ("电动自行车新国标发布", False),
    ],
)
def test_datelines(line: str, is_one: bool):
    assert is_dateline(line) == is_one


def test_lines_that_name_people_or_pictures():
    assert is_byline("□ 记者 黄思明 孙颖")
    assert is_byline("本报记者 王一 文/图")
    assert not is_byline("记者昨日从市应急管理局获悉，全市入汛。")
    assert is_credit("（记者 梅闻 通讯员 徐梓康 摄）")
    assert is_caption("图为活动现场。")
    assert continued_from("（上接第1版）创新") == "1"
    assert continued_from("（紧接A02版）创新") == "A2"
    assert opens_over_two("新华社内罗毕8月", "1日电（记者王一）")
    assert not opens_over_two("新华社内罗毕分社", "成立五十周年")


@pytest.mark.parametrize(
    ("byline", "reporters", "correspondents"),
    [
        ("（记者 梅闻 通讯员 徐梓康 摄）", ("梅闻",), ("徐梓康",)),
        ("记者马骁 特约记者李友华", ("马骁", "李友华"), ()),
        ("□ 记者 黄思明 孙颖 王大玲", ("黄思明", "孙颖", "王大玲"), ()),
        ("本报记者 王一 通讯员 张三 李四 文/图", ("王一",), ("张三", "李四")),
        ("", (), ()),
    ],
)
def test_names_are_told_apart(byline: str, reporters: tuple[str, ...], correspondents: tuple[str, ...]):
    names = read_names(byline)
    assert (names.reporters, names.correspondents) == (reporters, correspondents)


def test_the_parts_of_a_head():
    head = read_head([Line("城市观察"), Line("洪湖“莲心办架起", blank_before=True), Line("连心桥”")])
    assert (head.kicker, head.title) == ("城市观察", "洪湖“莲心办架起连心桥”")
    head = read_head([Line("携手奋斗，共谱发展新篇"), Line("——大会精神引发热烈反响")])
    assert (head.title, head.subtitle) == ("携手奋斗，共谱发展新篇", "——大会精神引发热烈反响")
    sized = [Line("肩题", size=12.0), Line("大标题", size=24.0), Line("副题", size=14.0)]
    head = read_head(sized)
    assert (head.kicker, head.title, head.subtitle) == ("肩题", "大标题", "副题")


def test_the_column_is_known_from_its_lines():
    widths = [14.0, 14.0, 13.5, 14.0, 3.0, 12.0, 14.0, 14.0]
    assert all(14.0 in pair for pair in column_widths(widths))
    assert column_widths([]) == []


def test_lines_broken_at_a_quotation_mark_are_put_together():
    broken = "建设“智慧口岸”\n，提升跨境贸易平台\n申报率实现主要业务\n全部在线上进行办理\n其中包括网上的申报"
    assert rejoined(text_lines(broken))[0].text == "建设“智慧口岸”，提升跨境贸易平台"


def test_roles_of_an_unwrapped_page():
    lines = [
        Line(text)
        for text in ("食堂开进小巷", "幸福里社区食堂昨日开业，接待两百人。", "价格公道", "一荤两素只要八元。")
    ]
    assert label(lines) == [Role.HEAD, Role.LEAD, Role.SUBHEAD, Role.PARAGRAPH]


PIECE = st.one_of(
    st.text(alphabet="市区发展报道学校河水新闻，。“”！？（）12a ", min_size=1, max_size=24),
    st.sampled_from(
        [
            "",
            "本报讯（记者王一）昨日，",
            "（上接第1版）今年",
            "□ 记者 李二",
            "（记者 张三 摄）",
            "图为现场。",
            "——副题",
            "下转",
        ]
    ),
)


def visible(text: str) -> Counter[str]:
    return Counter(re.sub(r"\s", "", text))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(PIECE, min_size=1, max_size=40), narrow=st.booleans())
def test_no_page_loses_or_invents_a_character(tmp_path: Path, lines: list[str], narrow: bool):
    """Each line is in one article, and an article's texts are made of its lines' characters and no others."""
    if narrow:
        lines = [part for line in lines for part in (wrapped(line, 9) if line else [""])]
    printed = {number: line for number, line in enumerate(lines, 1) if line.strip()}
    if not printed:
        return
    articles = read_text(tmp_path, "\n".join(lines))
    assert {number for article in articles for number in article.lines} == printed.keys()
    told: Counter[str] = Counter()
    for article in articles:
        assert not visible(article.body) - visible("".join(printed.values()))
        assert article.body == "\n".join(line.strip() for line in article.body.split("\n"))
        if article.kind == "ad":
            # Its glyphs were printed twice.
            told += visible("".join(printed[number] for number in article.lines))
            continue
        own = visible(article.body)
        if not any("called by" in doubt or "without" in doubt for doubt in article.doubts):
            own += visible(article.kicker + article.title + article.subtitle)
        # A byline may be quoted from the body or stand on lines of its own.
        lined = visible("".join(printed[number] for number in article.lines))
        told += own + ((lined - own) & visible(article.byline))
    assert told == visible("".join(lines))
