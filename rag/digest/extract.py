"""The sentences of an article that stand for it: the news, then those that carry the key figures.

Newspapers put the news first, so place counts most; words shared with the headline come next (a feature opens with a
scene, and its headline tells what it is about), then figures the reader does not have yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.digest.copy import Line, cut, leans, news_lines, segments, standing
from rag.digest.figures import has_figure, key_figures
from rag.schema import Article
from rag.text.numbers import Quantity
from rag.text.tokens import bigrams

_LEADS = 6  # the news is told within so many sentences, or the headline is no guide either
_ROOM = 190  # characters of an item before it counts as full
_MOST = 3


def summary_lines(article: Article, *, most: int = _MOST) -> tuple[Line, ...]:
    """Return one to `most` lines that stand for `article`, in the order of the text; none when it tells nothing."""
    lines = news_lines(article)
    if not lines:
        return ()
    headline = frozenset(bigrams(article.headline))
    figures = key_figures(article.headline)
    lead = max(lines[:_LEADS], key=lambda line: _lead_worth(line, lines[0], headline))
    chosen = [cut(lead, keep=_headline_figures_end(lead, figures))]
    pool = [part for line in lines if line is not lead for part in _parts(line)]
    while len(chosen) < most and pool:
        room = _ROOM - sum(len(line.text) for line in chosen)
        if room < 25:
            break
        best = max(pool, key=lambda line: _worth(line, chosen, headline, figures))
        if _worth(best, chosen, headline, figures) <= 0:
            break
        chosen.append(best)
        pool = [line for line in pool if line.begin >= best.stop or line.stop <= best.begin]
    return tuple(sorted(chosen, key=lambda line: line.begin))


def _parts(line: Line) -> list[Line]:
    whole = cut(line)
    if len(line.text) <= len(whole.text) + 1:
        return [whole]
    return [
        cut(part)
        for part in segments(line)
        if len(part.text) >= 12 and (part.begin == line.begin or standing(part.text))
    ]


def _share(text: str, headline: frozenset[str]) -> float:
    """Return how much of the headline the text has, from 0 to 1."""
    return len(headline & set(bigrams(text))) / len(headline) if headline else 0.0


def _lead_worth(line: Line, first: Line, headline: frozenset[str]) -> float:
    text = line.text
    worth = _share(text, headline) - 0.12 * (line.order - first.order)
    if text[0] in "“‘" or leans(text):
        worth -= 0.3
    elif not standing(text):
        worth -= 0.2
    if len(text) < 18:
        worth -= 0.2
    return worth


def _worth(line: Line, chosen: Sequence[Line], headline: frozenset[str], wanted: Sequence[Quantity]) -> float:
    text = line.text
    said = "".join(one.text for one in chosen)
    known = key_figures(said)
    fresh = [figure for figure in line.figures if not has_figure(figure, known)]
    awaited = sum(has_figure(figure, wanted) for figure in fresh)
    own = set(bigrams(text))
    overlap = len(own & set(bigrams(said))) / (len(own) or 1)
    worth = 0.5 / (1 + 0.25 * line.order) + 0.2 * min(len(fresh), 3) + 0.4 * awaited
    worth += 0.5 * _share(text, headline) - 0.8 * max(0.0, overlap - 0.35)
    if leans(text):
        worth -= 0.3
    elif not standing(text):
        worth -= 0.25
    if text[0] in "“‘":
        worth -= 0.2
    if len(text) < 18:
        worth -= 0.2
    return worth - 0.15


def _headline_figures_end(line: Line, wanted: Sequence[Quantity]) -> int:
    """Return how much of the lead must stay so that it keeps the headline's figures."""
    raw = line.article.body[line.begin : line.stop]
    ends = [figure.end for figure in key_figures(raw) if has_figure(figure, wanted)]
    return max(ends, default=0)


def headline_share(text: str, headline: str) -> float:
    """Return how much of a headline a sentence says: its characters, and above all its figures."""
    wanted = key_figures(headline)
    figures = key_figures(text)
    return _share(text, frozenset(bigrams(headline))) + 0.5 * sum(has_figure(one, figures) for one in wanted)
