"""Scores for digests: how much of a reference summary they say, whether its figures are there, what they cover.

ROUGE-L is over characters, because Chinese has no agreed words. Functions are pure; the runner brings the articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.schema import Article, Claim, Digest
from rag.text.dates import date_mentions
from rag.text.numbers import Quantity, flat, quantities, same_unit, same_value
from rag.text.sentences import sentence_spans

_UNSAID = re.compile(r"[^\w%]+|_+")


@dataclass(frozen=True, slots=True)
class RougeL:
    """Longest common subsequence over the reference's length (recall), the candidate's (precision), and their F1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class FigureCount:
    """Key figures of a reference summary: how many there are, and how many of them the candidate has."""

    found: int
    wanted: int

    @property
    def recall(self) -> float:
        """The share that was found; 1 when there is nothing to find."""
        return self.found / self.wanted if self.wanted else 1.0


def rouge_l(candidate: str, reference: str) -> RougeL:
    """Return character ROUGE-L, white space and punctuation left out, full-width letters and digits made half-width."""
    one, other = _UNSAID.sub("", flat(candidate)), _UNSAID.sub("", flat(reference))
    common = _common(one, other)
    precision = common / len(one) if one else 0.0
    recall = common / len(other) if other else 0.0
    f1 = 2 * precision * recall / (precision + recall) if common else 0.0
    return RougeL(precision, recall, f1)


def _common(one: str, other: str) -> int:
    """Return the length of the longest common subsequence (Hyyrö's bit-parallel form: one big integer a column)."""
    places: dict[str, int] = {}
    for index, char in enumerate(one):
        places[char] = places.get(char, 0) | 1 << index
    mask = (1 << len(one)) - 1
    row = mask
    for char in other:
        matched = row & places.get(char, 0)
        row = ((row + matched) | (row - matched)) & mask
    return len(one) - row.bit_count()


def key_figures(text: str) -> tuple[Quantity, ...]:
    """Return the distinct figures of `text` that count something: no dates, no ordinals, no bare one-digit numbers."""
    masked = list(flat(text))
    for mention in date_mentions(text):
        masked[mention.start : mention.end] = "\u0001" * (mention.end - mention.start)
    found: list[Quantity] = []
    for figure in quantities("".join(masked)):
        if figure.ordinal or not figure.unit or figure.vague:
            continue
        if not any(same_value(figure, known) and same_unit(figure, known) for known in found):
            found.append(figure)
    return tuple(found)


def figure_count(candidate: str, reference: str, source: str) -> FigureCount:
    """Count the reference's key figures that its source has, and those of them that the candidate has too.

    A figure that the reference invented, or wrote in a way the source does not, is not asked for.
    """
    in_source, in_candidate = key_figures(source), key_figures(candidate)
    wanted = [figure for figure in key_figures(reference) if _among(figure, in_source)]
    return FigureCount(sum(_among(figure, in_candidate) for figure in wanted), len(wanted))


def _among(figure: Quantity, others: Sequence[Quantity]) -> bool:
    return any(same_value(figure, other) and same_unit(figure, other) for other in others)


def lead_3(article: Article) -> str:
    """Return the first three sentences of an article as printed: the baseline that is hard to beat in news."""
    return "".join(article.body[start:end] for start, end in sentence_spans(article.body)[:3])


def told(digest: Digest, article_id: str) -> str:
    """Return what a digest says of an article: the sentences of the story that holds it, empty when none does."""
    for item in digest.items:
        if article_id in item.article_ids:
            return "".join(claim.text for claim in item.sentences)
    return ""


def shown_claims(digest: Digest) -> tuple[Claim, ...]:
    """Return every sentence that a reader of the digest sees: highlights, items and threads."""
    in_items = (claim for item in digest.items for claim in item.sentences)
    in_threads = (entry.sentence for item in digest.items for entry in item.thread)
    return (*digest.highlights, *in_items, *in_threads)


def verified_rate(digests: Iterable[Digest]) -> float:
    """Return the share of shown sentences that are supported and cited; 1 when nothing is shown."""
    claims = [claim for digest in digests for claim in shown_claims(digest)]
    good = sum(claim.verdict == "supported" and bool(claim.citations) for claim in claims)
    return good / len(claims) if claims else 1.0


def coverage(digest: Digest) -> float:
    """Return the share of the edition's articles that the digest tells; 1 for an empty edition."""
    return digest.ledger.covered / digest.ledger.articles if digest.ledger.articles else 1.0


def accounted(digest: Digest, article_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the articles that the digest neither tells nor lists as left out: there must be none."""
    known = {one for item in digest.items for one in item.article_ids}
    known |= {left.article_id for left in digest.ledger.left_out}
    return tuple(one for one in article_ids if one not in known)
