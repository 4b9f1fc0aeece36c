"""Small made-up newspapers for the tests of the archive, the index and retrieval."""

from rag.schema import Article, Edition, Page, content_id


def article(title, body="正文一句话。\n", *, paper="晚报", date="2025-07-11", page="A1", position=0, **more):
    return Article(title=title, body=body, edition=Edition(paper, date, page), position=position, **more)


def page(*articles, source="a.txt", edition=None):
    """One page; its id stands for its content, as a file's hash does."""
    edition = edition or (articles[0].edition if articles else Edition())
    return Page(content_id(source, *(one.id for one in articles)), source, edition, tuple(articles))


HARBOUR = article(
    "中山港客流创新高",
    "7月10日，中山港口岸上半年出入境旅客达52万人次，同比增长15%。\n边检站站长李明表示，暑期客流还将上升。\n",
    position=0,
)
SCHOOL = article(
    "三所新学校九月开学",
    "市教育局介绍，三所新学校将于九月投入使用，新增学位3600个。\n家长可在网上报名。\n",
    position=1,
)
RICE = article("早稻开镰", "沙溪镇的两千亩早稻昨日开镰收割，亩产预计五百公斤。\n", page="A2", position=0)
ADVERT = article("节约用水", "节约用水，人人有责。\n", page="A2", position=1, kind="ad")
FRONT = page(HARBOUR, SCHOOL, source="a1.txt")
BACK = page(RICE, ADVERT, source="a2.txt")
