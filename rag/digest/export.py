"""A digest as Markdown, as a page to print, and as a feed. Everything that came from a page or a model is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date as calendar_date
from html import escape
from itertools import groupby

from rag.schema import Citation, Claim, Digest, DigestItem, content_id

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!])")
# A line that would begin a list or an underline: a mark, or a number with a dot and a space (5.4万 is none).
_LINE_START = re.compile(r"^(\s*(?:\d+(?=[.)](?:\s|$)))?)([-+=.)])", re.MULTILINE)
_WEEKDAYS = "一二三四五六日"


class Sources:
    """Numbers for the cited sentences, in the order in which they are first cited."""

    def __init__(self, digest: Digest) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.citations: list[Citation] = []
        for claim in (*digest.highlights, *(claim for item in digest.items for claim in item_claims(item))):
            for citation in claim.citations:
                key = (citation.article_id, citation.start, citation.end)
                if key not in self._numbers:
                    self._numbers[key] = len(self._numbers) + 1
                    self.citations.append(citation)

    def of(self, claim: Claim) -> list[int]:
        """Return the numbers of a claim's sources, ascending."""
        return sorted({self._numbers[one.article_id, one.start, one.end] for one in claim.citations})


def item_claims(item: DigestItem) -> tuple[Claim, ...]:
    """Return the sentences of a story and of its thread."""
    return (*item.sentences, *(entry.sentence for entry in item.thread))


def heading(digest: Digest) -> str:
    """Return the digest's name: papers and day."""
    return f"{'、'.join(digest.papers) or '报纸'} {long_date(digest.date)}".strip()


def long_date(iso: str) -> str:
    """Return `2025年7月11日 星期五` for an ISO date; anything else as it is."""
    try:
        day = calendar_date.fromisoformat(iso)
    except ValueError:
        return iso or "日期不明"
    return f"{day.year}年{day.month}月{day.day}日 星期{_WEEKDAYS[day.weekday()]}"


def phrased_by(digest: Digest) -> str:
    """Say who phrased the digest."""
    return "摘自原文（未用语言模型）" if digest.llm == "none" else f"由语言模型 {digest.llm} 改写，逐句核对"


def coverage(digest: Digest) -> str:
    """Say how much of the edition the digest covers."""
    ledger = digest.ledger
    return f"本期共 {ledger.articles} 篇，摘要覆盖 {ledger.covered} 篇，未收 {len(ledger.left_out)} 篇。"


def markdown(digest: Digest) -> str:
    """Return the digest as Markdown, every sentence with the numbers of its sources, which stand at the end."""
    sources = Sources(digest)

    def told(claim: Claim) -> str:
        return _md(claim.text) + "".join(f"[{number}]" for number in sources.of(claim))

    lines = [f"# 每日摘要 · {_md(heading(digest))}", "", f"*{_md(phrased_by(digest))}*", ""]
    if digest.highlights:
        lines += ["## 今日要点", "", *(f"- {told(claim)}" for claim in digest.highlights), ""]
    for section, items in groupby(digest.items, key=lambda item: item.section):
        lines += [f"## {_md(section)}", ""]
        for item in items:
            lines += [f"### {_md(item.headline)}", "", "".join(told(claim) for claim in item.sentences), ""]
            for entry in item.thread:
                change = f"（{_md(entry.change)}）" if entry.change else ""
                lines.append(f"- 前情 {entry.date}《{_md(entry.title)}》：{told(entry.sentence)}{change}")
            lines += [""] if item.thread else []
    lines += ["## 收录情况", "", coverage(digest), ""]
    lines += [f"- 未收：《{_md(left.title)}》——{_md(left.reason)}" for left in digest.ledger.left_out]
    lines += [
        f"- 说法不一：{_md(one.text)}（《{_md(_title(one))}》）／{_md(other.text)}（《{_md(_title(other))}》）"
        for one, other in digest.ledger.conflicts
    ]
    lines += [f"- {_md(note)}" for note in digest.notes]
    if sources.citations:
        lines += ["", "## 出处", ""]
        lines += [
            f"{number}. 《{_md(one.title)}》{one.date}：{_md(one.quote)}"
            for number, one in enumerate(sources.citations, 1)
        ]
    return "\n".join(lines).rstrip() + "\n"


def html(digest: Digest) -> str:
    """Return the digest as one HTML page: no script, nothing fetched, set for A4."""
    title = _h(f"每日摘要 · {heading(digest)}")
    return (
        '<!DOCTYPE html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{_page(digest)}\n</body>\n</html>\n"
    )


def atom(digests: Sequence[Digest], *, feed_id: str = "urn:baowen:digests") -> str:
    """Return an Atom feed (RFC 4287) of daily digests, the newest first."""
    ordered = sorted(digests, key=lambda one: one.date, reverse=True)
    updated = _moment(ordered[0].date) if ordered else _moment("")
    entries = "\n".join(_entry(digest) for digest in ordered)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh">\n'
        f"<title>每日摘要</title>\n<id>{_h(feed_id)}</id>\n<updated>{updated}</updated>\n"
        f"<author><name>报问</name></author>\n<generator>Baowen</generator>\n{entries}\n</feed>\n"
    )


def _entry(digest: Digest) -> str:
    summary = "".join(claim.text for claim in digest.highlights)
    identity = content_id("digest", digest.date, *digest.papers)
    return (
        f"<entry>\n<title>{_h(heading(digest))}</title>\n<id>urn:baowen:digest:{identity}</id>\n"
        f"<updated>{_moment(digest.date)}</updated>\n<summary>{_h(summary)}</summary>\n"
        f'<content type="html">{_h(_page(digest))}</content>\n</entry>'
    )


def _moment(iso: str) -> str:
    try:
        calendar_date.fromisoformat(iso)
    except ValueError:
        return "1970-01-01T00:00:00Z"
    return f"{iso}T00:00:00Z"


def _page(digest: Digest) -> str:
    sources = Sources(digest)
    parts = [
        f'<header><p class="ear">报问 · 每日摘要</p><h1>{_h("、".join(digest.papers) or "报纸")}</h1>'
        f'<p class="folio"><span>{_h(long_date(digest.date))}</span><span>{_h(phrased_by(digest))}</span></p></header>'
    ]
    if digest.highlights:
        told = "".join(f"<li>{_told(claim, sources)}</li>" for claim in digest.highlights)
        parts.append(f'<section class="top"><h2>今日要点</h2><ol>{told}</ol></section>')
    for section, items in groupby(digest.items, key=lambda item: item.section):
        stories = "".join(_story(item, sources) for item in items)
        parts.append(f'<section><h2>{_h(section)}</h2><div class="columns">{stories}</div></section>')
    parts.append(_ledger(digest))
    if sources.citations:
        cited = "".join(
            f'<li id="s{number}"><b>《{_h(one.title)}》</b>{_h(one.date)} {_h(one.quote)}</li>'
            for number, one in enumerate(sources.citations, 1)
        )
        parts.append(f'<section class="small"><h2>出处</h2><ol>{cited}</ol></section>')
    return "\n".join(parts)


def _story(item: DigestItem, sources: Sources) -> str:
    told = "".join(_told(claim, sources) for claim in item.sentences)
    thread = "".join(
        f"<li>{_h(entry.date)}《{_h(entry.title)}》：{_told(entry.sentence, sources)}"
        f"{f'<em>{_h(entry.change)}</em>' if entry.change else ''}</li>"
        for entry in item.thread
    )
    before = f'<ul class="thread" title="前情">{thread}</ul>' if thread else ""
    reports = f"<small>{len(item.article_ids)} 篇报道</small>" if len(item.article_ids) > 1 else ""
    return f"<article><h3>{_h(item.headline)}{reports}</h3><p>{told}</p>{before}</article>"


def _ledger(digest: Digest) -> str:
    rows = [f"<li>未收：《{_h(left.title)}》——{_h(left.reason)}</li>" for left in digest.ledger.left_out]
    rows += [
        f"<li>说法不一：{_h(one.text)}（《{_h(_title(one))}》）／{_h(other.text)}（《{_h(_title(other))}》）</li>"
        for one, other in digest.ledger.conflicts
    ]
    rows += [f"<li>{_h(note)}</li>" for note in digest.notes]
    listed = f"<ul>{''.join(rows)}</ul>" if rows else ""
    return f'<section class="small"><h2>收录情况</h2><p>{_h(coverage(digest))}</p>{listed}</section>'


def _told(claim: Claim, sources: Sources) -> str:
    marks = "".join(f'<sup><a href="#s{number}">{number}</a></sup>' for number in sources.of(claim))
    return f"{_h(claim.text)}{marks}"


def _title(claim: Claim) -> str:
    return claim.citations[0].title if claim.citations else ""


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _h(text: str) -> str:
    return escape(_clean(text), quote=True)


def _md(text: str) -> str:
    line = " ".join(_clean(text).split())
    return _LINE_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", line))


_STYLE = """
@page { size: A4; margin: 16mm 14mm }
:root { color-scheme: light }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.2rem; max-width: 52rem; background: #fdfcf8; color: #1c1a17;
  font: 1rem/1.75 "Songti SC", "Noto Serif CJK SC", "Source Han Serif SC", SimSun, serif; overflow-wrap: anywhere }
header { text-align: center; border-bottom: 4px double #1c1a17 }
h1 { margin: 0; font-size: 2.6rem; letter-spacing: .3em; text-indent: .3em; line-height: 1.3 }
.ear { margin: 0; letter-spacing: .2em; font-size: .85rem; text-align: center }
.folio { display: flex; justify-content: space-between; flex-wrap: wrap; gap: .5rem; margin: .4rem 0;
  font-size: .85rem }
h2 { margin: 1.2rem 0 .5rem; padding-left: .5rem; border-left: .35rem solid #8c1d18; font-size: 1.15rem }
h3 { margin: 0 0 .3rem; font-size: 1.08rem; line-height: 1.45 }
h3 small { margin-left: .5em; font-weight: normal; color: #5d564c }
p { margin: 0 0 .4rem; text-align: justify }
.top { margin-top: 1rem; padding: .2rem 1rem; border: 1px solid #1c1a17 }
.top ol { margin: .3rem 0 .6rem; padding-left: 1.4rem }
.columns { columns: 2 20rem; column-gap: 2rem; column-rule: 1px solid #cfc8ba }
article { break-inside: avoid; padding: .2rem 0 .7rem }
.thread { margin: 0; padding-left: 1.1rem; font-size: .86rem; color: #4a443b }
.thread em { font-style: normal; margin-left: .5em; color: #8c1d18 }
.small { font-size: .82rem; line-height: 1.6 }
.small ol, .small ul { margin: .3rem 0; padding-left: 2rem }
sup { line-height: 0; font-size: .65em } sup a { color: #8c1d18; text-decoration: none; padding: 0 .1em }
li:target { background: #f3e6b3 }
@media print {
  body { padding: 0; max-width: none; background: none; font-size: 10pt }
  h1 { font-size: 30pt }
  h2 { break-after: avoid }
}
"""
