"""How alike two articles are: TF-IDF over character bigrams, the rare ones counting most, names among them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rag.schema import Article
from rag.text.tokens import bigrams

Weights = Mapping[str, float]

_SHARED = 3
_BODY = 900  # characters of a body that are compared; the news is in them


class Likeness:
    """Bigram weights learnt from a set of articles, and the vectors made with them."""

    def __init__(self, articles: Sequence[Article]) -> None:
        counts = [Counter(bigrams(f"{article.headline}\n{article.body[:_BODY]}")) for article in articles]
        self._seen = Counter(bigram for count in counts for bigram in count)
        self._total = len(articles)
        self._vectors = {article.id: self._unit(count) for article, count in zip(articles, counts, strict=True)}
        self._leads = {
            article.id: self._unit(Counter(bigrams(f"{article.headline}\n{article.body[:250]}")))
            for article in articles
        }
        self._having = self._postings()

    def neighbours(self, one: str) -> list[str]:
        """Return the ids of the articles whose openings share several uncommon bigrams with that of `one`."""
        shared: Counter[str] = Counter()
        for bigram in self._leads[one]:
            shared.update(self._having.get(bigram, ()))
        return [other for other, count in shared.items() if count >= _SHARED and other != one]

    def whole(self, one: str, other: str) -> float:
        """Return the cosine of two articles (by id), headline and body."""
        return cosine(self._vectors[one], self._vectors[other])

    def lead(self, one: str, other: str) -> float:
        """Return the cosine of the headlines and first lines of two articles (by id)."""
        return cosine(self._leads[one], self._leads[other])

    def rare(self, text: str) -> frozenset[str]:
        """Return the bigrams of `text` that few of the articles have."""
        most = max(2, self._total // 8)
        return frozenset(bigram for bigram in bigrams(text) if self._seen[bigram] <= most)

    def _postings(self) -> dict[str, list[str]]:
        """Return the articles that have each bigram in their openings; those that very many have are left out."""
        most = max(12, self._total // 10)
        having: dict[str, list[str]] = {}
        for article_id, lead in self._leads.items():
            for bigram in lead:
                if self._seen[bigram] <= most:
                    having.setdefault(bigram, []).append(article_id)
        return having

    def _unit(self, counts: Counter[str]) -> Weights:
        # Ten unseen articles are assumed, so that a page of ten does not take its own words for rare.
        weights = {
            bigram: (1 + math.log(count)) * math.log((self._total + 10) / (self._seen[bigram] + 0.5))
            for bigram, count in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {bigram: weight / length for bigram, weight in weights.items()}


def cosine(one: Weights, other: Weights) -> float:
    """Return the cosine of two unit vectors."""
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other[bigram] for bigram, weight in one.items() if bigram in other)


def connected(ids: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the groups that `pairs` link `ids` into, in the order of `ids`."""
    group = {one: [one] for one in ids}
    for one, other in pairs:
        if group[one] is group[other]:
            continue
        merged = group[one] + group[other]
        for member in merged:
            group[member] = merged
    seen: set[int] = set()
    groups = []
    for one in ids:
        if id(group[one]) not in seen:
            seen.add(id(group[one]))
            groups.append(sorted(group[one], key=list(ids).index))
    return groups
