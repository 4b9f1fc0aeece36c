"""A second look, by the language model, at headlines that were matched with little confidence. Off unless asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.pages.ready import make_page
from rag.protocols import LanguageModel
from rag.schema import Article, Page

DOUBTFUL = 0.6
_LEAD = 160
_SYSTEM = "你是报纸编辑。只回答一个数字。"


def second_look(page: Page, llm: LanguageModel, below: float = DOUBTFUL) -> Page:
    """Return the page with its doubtful headlines placed as the model places them, when it gives each text another one.

    Only headlines of articles less confident than `below` change places; an answer that gives two texts one headline,
    or none, changes nothing.

    Raises:
        LLMError: the model cannot be reached or broke off.
    """
    doubtful = [at for at, article in enumerate(page.articles) if article.confidence < below and article.kind == "news"]
    if len(doubtful) < 2:
        return page
    articles = [page.articles[at] for at in doubtful]
    choice = [_chosen(article, articles, llm) for article in articles]
    if sorted(choice) != list(range(len(articles))) or choice == sorted(choice):
        return page
    changed = list(page.articles)
    for at, article, other in zip(doubtful, articles, choice, strict=True):
        head = articles[other]
        changed[at] = replace(
            article,
            title=head.title,
            kicker=head.kicker,
            subtitle=head.subtitle,
            doubts=(*article.doubts, "the headline was chosen by the language model"),
        )
    return replace(make_page(changed, page.source, page.notes), edition=page.edition)


def _chosen(article: Article, articles: Sequence[Article], llm: LanguageModel) -> int:
    """Return which of the articles' headlines the model gives to this text, -1 for no usable answer."""
    heads = "\n".join(f"{number}. {other.headline}" for number, other in enumerate(articles, 1))
    user = f"正文：{article.body[:_LEAD]}\n\n标题：\n{heads}\n\n哪个标题属于这段正文？"
    answer = "".join(delta.text for delta in llm.stream(_SYSTEM, user, max_tokens=4))
    match = re.search(r"\d+", answer)
    number = int(match[0]) if match else 0
    return number - 1 if 1 <= number <= len(articles) else -1
