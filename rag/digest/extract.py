"""The sentences of an article that stand for it: the news, then those that carry the key figures.

Newspapers put the news first, so place counts most; words shared with the headline come next (a feature opens with a
scene, and its headline tells what it is about), then figures the reader does not have yet.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from rag.digest.copy import Line, cut, leans, news_lines, printed, segments, standing
from rag.digest.figures import has_figure, key_figures
from rag.grounding.verify import verify
from rag.schema import Article, Claim
from rag.text.numbers import Quantity
from rag.text.tokens import bigrams

_LEADS = 6  # the news is told within so many sentences, or the headline is no guide either
_ROOM = 190  # characters of an item before it counts as full
_MOST = 3
_TOTAL = re.compile(r"累计|共[计有完实签发]|总[数量额计投]|合计|全[国省市县区]|同比|环比|余额")
_CREDIT = re.compile(r"供图|[□■◆▲]|[\u4e00-\u9fff]摄(?=[\u4e00-\u9fff“])|图片来源|来源：|编辑：|责编|文/|图/")
_FIRST_PERSON = re.compile(r"^[^“”]*?(?:我们|咱|我(?![国省市县区州校院军方党团镇乡村军]))")
# Speeches that say what should be done are heard at every meeting.
_URGING = re.compile(
    r"(?:指出|强调|要求|希望)[，：]|^(?:要|应|必须|下一步|未来)"
    r"|[^需只主重不]要(?:进一步|坚持|切实|始终|加强|以|把|不断|深刻|认真|充分|紧紧|牢固|坚决|严格|全面|加快|着力|聚焦|围绕|做好|抓好|立足|注重)"
)


def summary_lines(article: Article, *, most: int = _MOST) -> tuple[Line, ...]:
    """Return one to `most` lines that stand for `article`, in the order of the text; none when it tells nothing."""
    lines = news_lines(article)
    if not lines:
        return ()
    headline = Headline(article)
    lead = max(lines[:_LEADS], key=lambda line: _lead_worth(line, lines[0], headline))
    chosen = [cut(lead, keep=headline.last_figure(lead))]
    pool = [part for line in lines if line is not lead for part in _parts(line)]
    while len(chosen) < most and pool:
        if sum(len(line.text) for line in chosen) > _ROOM:
            break
        worth, best = max(((_worth(line, chosen, headline), line) for line in pool), key=lambda pair: pair[0])
        if worth <= 0:
            break
        chosen.append(best)
        pool = [line for line in pool if line.begin >= best.stop or line.stop <= best.begin]
    return tuple(sorted(chosen, key=lambda line: line.begin))


class Headline:
    """What a headline announces: its characters, each pair weighted by how often the body takes it up, and figures."""

    def __init__(self, article: Article) -> None:
        body = Counter(bigrams(article.body))
        self._weights = {pair: math.log1p(body[pair]) for pair in bigrams(article.headline) if body[pair]}
        self._total = sum(self._weights.values()) or 1.0
        self.figures = key_figures(article.headline)

    def share(self, text: str) -> float:
        """Return how much of the headline a text says, from 0 to 1."""
        return sum(self._weights.get(pair, 0.0) for pair in set(bigrams(text))) / self._total

    def awaited(self, figures: Sequence[Quantity]) -> int:
        """Return how many of `figures` the headline announces."""
        return sum(has_figure(figure, self.figures) for figure in figures)

    def last_figure(self, line: Line) -> int:
        """Return how much of a line must stay so that it keeps the headline's figures."""
        raw = line.article.body[line.begin : line.stop]
        return max((figure.end for figure in key_figures(raw) if has_figure(figure, self.figures)), default=0)


def _parts(line: Line) -> list[Line]:
    whole = cut(line)
    if len(line.text) <= len(whole.text) + 1:
        return [whole]
    parts = [cut(part) for part in segments(line) if len(part.text) >= 12]
    return [part for part in parts if part.begin == line.begin or standing(part.text)]


def _lead_worth(line: Line, first: Line, headline: Headline) -> float:
    text = line.text
    worth = headline.share(text) + 0.2 * min(headline.awaited(line.figures), 2) - 0.12 * (line.order - first.order)
    return worth - _unfit(text) - 0.3 * leans(text)


def _worth(line: Line, chosen: Sequence[Line], headline: Headline) -> float:
    text = line.text
    said = "".join(one.text for one in chosen)
    known = key_figures(said)
    fresh = [figure for figure in line.figures if not has_figure(figure, known)]
    own = set(bigrams(text))
    overlap = len(own & set(bigrams(said))) / (len(own) or 1)
    worth = 0.5 / (1 + 0.25 * line.order) + 0.4 * headline.awaited(fresh)
    # A reader should leave with two figures where there are two; further ones count less.
    worth += 0.3 * min(len(fresh), max(0, 2 - len(known))) + 0.15 * min(len(fresh), 3)
    worth += 0.25 * headline.share(text) - 0.8 * max(0.0, overlap - 0.35)
    worth += 0.15 * bool(fresh and _TOTAL.search(text))
    return worth - _unfit(text) - 0.15


def _unfit(text: str) -> float:
    """Return what speaks against quoting a sentence alone."""
    fault = 0.3 if leans(text) else 0.0 if standing(text) else 0.2
    if text[0] in "“‘":
        fault = max(fault, 0.3)
    if len(text) < 18:
        fault += 0.2
    fault += max(0, len(text) - 110) / 200
    if _FIRST_PERSON.search(text):
        fault += 0.4
    if _URGING.search(text):
        fault += 0.18
    if _CREDIT.search(text):
        fault += 0.3
    return fault


def headline_share(text: str, article: Article) -> float:
    """Return how much of an article's headline a sentence says: its characters, and above all its figures."""
    headline = Headline(article)
    return headline.share(text) + 0.5 * headline.awaited(key_figures(text)) - _unfit(text)


def claim_of(line: Line) -> Claim | None:
    """Return the line as a verified claim; the whole sentence when a cut made it doubtful, None when that fails too."""
    claim = verify(line.text, [line.evidence])
    if claim.verdict == "supported":
        return claim
    whole = verify(printed(line.article.body[line.start : line.end]), [line.evidence])
    return whole if whole.verdict == "supported" else None
