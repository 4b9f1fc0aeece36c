"""Passages: an article body cut into runs of whole sentences, the unit that is embedded and searched."""

from __future__ import annotations

from rag.schema import Article, Passage
from rag.text.sentences import sentence_spans

# Characters. e5-small reads 512 tokens, about 700 Chinese characters; shorter passages say one thing and embed faster.
TARGET = 300
# A sentence is divided only when it would not fit the embedder's window.
LONGEST = 600


def cut_passages(article: Article) -> tuple[Passage, ...]:
    """Return the passages of `article`, in order, without overlap; together they hold all but white space.

    An article with a headline and no body has one empty passage, so that it can be found by its headline.
    """
    spans = [part for span in sentence_spans(article.body) for part in _divide(*span)]
    if not spans:
        return (Passage(article.id, 0, 0, ""),) if article.headline else ()
    total = sum(end - start for start, end in spans)
    # Even lengths: five hundred characters make 250 + 250, not 300 + 200.
    count = max(1, round(total / TARGET))
    goal = total / count
    runs: list[tuple[int, int]] = []
    begin, done = spans[0][0], 0.0
    for index, (start, end) in enumerate(spans):
        done += end - start
        last = index + 1 == len(spans)
        if last or done + (spans[index + 1][1] - spans[index + 1][0]) / 2 >= goal * (len(runs) + 1):
            runs.append((begin, end))
            begin = end if last else spans[index + 1][0]
    article_id = article.id
    return tuple(Passage(article_id, start, end, article.body[start:end]) for start, end in runs)


def embedding_text(article: Article, passage: Passage) -> str:
    """Return what is embedded for `passage`: its headline, edition date and text, so that each can be asked for."""
    return "\n".join(part for part in (article.headline, article.date, passage.text) if part)


def _divide(start: int, end: int) -> list[tuple[int, int]]:
    """Cut an overlong sentence into equal parts."""
    parts = -(-(end - start) // LONGEST)
    size = -(-(end - start) // parts)
    return [(at, min(at + size, end)) for at in range(start, end, size)]
