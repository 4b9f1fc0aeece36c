"""Example questions, made by program from what the archive holds: a figure is taken out and asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rag.schema import Article
from rag.text.sentences import sentence_spans

if TYPE_CHECKING:
    from rag.archive import Archive

_CLAUSE = re.compile(r"[，。；：！？,;:!?\n]")
_FIGURE = re.compile(r"\d[\d.]*(?=\s*(?P<unit>万|亿|[\u4e00-\u9fff]))")
_CALENDAR = set("年月日时点分秒号届第版章条")
_SCALE = re.compile(r"^\s*[余多]?[万亿千百]*[余多]?\s*")
_ABOUT = "近约超逾达共计"
# A clause that names whom it is about can be understood away from its article.
_NAMED = re.compile(r"“[^”]{2,10}”|[省市县区州镇村]|公司|集团|大学|学院|银行|医院|中心|协会|委员会|法院|局|实业")


def example_questions(archive: Archive, most: int = 5) -> tuple[str, ...]:
    """Return up to `most` questions that the newest editions can answer, each from another article."""
    questions: list[str] = []
    for edition in archive.editions()[:3]:
        for question in _one_each(archive.edition_articles(edition.date, edition.paper)):
            if question not in questions:
                questions.append(question)
            if len(questions) >= most:
                return tuple(questions)
    return tuple(questions)


def _one_each(articles: Iterable[Article]) -> Iterator[str]:
    news = [article for article in articles if article.kind == "news"]
    without = []
    for article in news:
        found = sorted(_figure_questions(article), key=lambda one: abs(len(one) - 20))
        if found:
            yield found[0]
        else:
            without.append(article)
    for article in without:
        title = article.title.strip()
        if 6 <= len(title) <= 24:
            yield f"《{title}》说了什么？"


def _figure_questions(article: Article) -> Iterator[str]:
    for start, end in sentence_spans(article.body):
        for clause in _CLAUSE.split(article.body[start:end]):
            question = ask_for_figure(re.sub(r"\s+", "", clause))
            if question and _NAMED.search(question):
                yield question


def ask_for_figure(clause: str) -> str:
    """Turn `全县累计下沉干部120人次` into `全县累计下沉干部多少人次？`; an empty string when it cannot be done well."""
    figures = list(_FIGURE.finditer(clause))
    if len(figures) != 1 or not 10 <= len(clause) <= 32:
        return ""
    figure = figures[0]
    before, after = clause[: figure.start()].rstrip(_ABOUT), clause[figure.end() :]
    scale = _SCALE.match(after)
    unit = after[scale.end() :] if scale else after
    if figure["unit"] in _CALENDAR or not unit or unit[0] in _CALENDAR:
        return ""
    # After 的 or 等 the figure counts a noun phrase, and the clause says nothing that could be asked for.
    if len(before) < 6 or before[-1] in _CALENDAR or before[-1] in "的等、及和与":
        return ""
    rest = before + unit
    if re.search(r"[\d‘’（）()《》%％]", rest) or rest.count("“") != rest.count("”"):
        return ""
    return f"{before}多少{unit}？"
