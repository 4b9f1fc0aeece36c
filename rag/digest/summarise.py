"""The model's part of a digest: one short call an article, its sentences kept only where the article bears them out.

A prompt token costs as much as a quarter of an output token here, so the model sees the sentences that the program
chose, not the article; the instruction never changes, so that its prefix stays in the server's cache.
What the model wrote is stored as it came and verified again whenever it is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.archive import Archive
from rag.digest.copy import Line, news_lines, printed
from rag.digest.figures import has_figure, key_figures
from rag.grounding.verify import verify
from rag.protocols import Cancelled, LanguageModel
from rag.schema import Article, Claim, content_id
from rag.text.sentences import sentence_spans
from rag.text.tokens import bigrams

PROMPT_VERSION = "4"
INSTRUCTION = "把新闻改写成三句通顺的话，保留时间、机构、人物和全部数字，删去套话。只用原文的词句，不加评论。"
_MAX_TOKENS = 130
_ROOM = 260  # characters of an article in the prompt, about 180 tokens
_STOP = ("\n\n", "原文", "注：")
# Share of the words of the program's sentences that the model's must have to stand for them.
_ENOUGH = 0.7
_LEAD_IN = re.compile(r"^(?:新闻)?(?:摘要|概要|总结)[：:]|^\d+[.、]\s*|^[-*•]\s*")


def prompt(lines: Sequence[Line]) -> str:
    """Return what the model reads of an article: the news, and the lines richest in figures that fit.

    It is not shown the headline, which it would hand back as its summary.
    """
    chosen = list(lines[:1])
    for line in sorted(lines[1:], key=lambda one: (-len(one.figures), one.begin)):
        if sum(len(one.text) for one in chosen) + len(line.text) <= _ROOM:
            chosen.append(line)
    return "".join(line.text for line in sorted(chosen, key=lambda one: one.begin))


def cache_key(article: Article, model: str) -> str:
    """Return the key under which what `model` wrote of `article` is stored."""
    return content_id("summary", article.id, model, PROMPT_VERSION)


def cached_draft(archive: Archive, article: Article, model: str) -> str | None:
    """Return what the model wrote of the article at an earlier time, or None."""
    return archive.summary(cache_key(article, model))


def draft(
    archive: Archive, article: Article, lines: Sequence[Line], llm: LanguageModel, cancelled: Cancelled | None
) -> str | None:
    """Return what the model writes of an article, stored for the next time; None when the reader stopped it.

    Raises:
        LLMError: the model cannot be reached, timed out, or broke off.
    """
    deltas = llm.stream(INSTRUCTION, prompt(lines), max_tokens=_MAX_TOKENS, stop=_STOP, cancelled=cancelled)
    text = "".join(delta.text for delta in deltas).strip()
    if cancelled is not None and cancelled.is_set():
        return None
    archive.save_summary(cache_key(article, llm.name), text)
    return text


def told_by_model(text: str, article: Article) -> tuple[Claim, ...]:
    """Return the sentences of a draft that the article bears out, as verified claims; the others are dropped.

    A last sentence that does not end was cut off by the token limit and is dropped too.
    """
    clean = text.strip()
    while (found := _LEAD_IN.match(clean)) and found.end():
        clean = clean[found.end() :].strip()
    if clean[:1] in {"“", '"'} and clean[-1:] in {"”", '"'} and not re.search('[“”"]', clean[1:-1]):
        clean = clean[1:-1]
    evidence = [line.evidence for line in news_lines(article)]
    claims: list[Claim] = []
    for start, end in sentence_spans(clean):
        sentence = clean[start:end]
        broken = end == len(clean) and sentence[-1] not in "。！？”’）》"
        if broken or len(sentence) < 8:
            continue
        claim = verify(printed(sentence), evidence)
        if claim.verdict != "supported" or not claim.citations or _repeats(claim.text, claims):
            continue
        if not _thin(claim, article):
            claims.append(claim)
    return tuple(claims)


def merged(model: Sequence[Claim], own: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return the article's own sentences, put in the model's words where those say as much.

    A model that shortens leaves out what the program chose to tell: sentences of both that rest on the same source are
    compared, and the model's are taken when they hold the figures and nearly all of the words.
    """
    kept: list[Claim] = []
    waiting = list(own)
    while waiting:
        theirs, ours = _together(waiting[0], model, waiting)
        kept += theirs if theirs and _says(theirs, ours) else ours
        waiting = [claim for claim in waiting if claim not in ours]
    return tuple(kept)


def _together(first: Claim, model: Sequence[Claim], own: Sequence[Claim]) -> tuple[list[Claim], list[Claim]]:
    """Return the sentences of `model` and of `own` that rest, through one another, on the sources of `first`."""
    sources = _sources(first)
    while True:
        theirs = [claim for claim in model if _sources(claim) & sources]
        ours = [claim for claim in own if claim is first or _sources(claim) & sources]
        wider = sources.union(*map(_sources, theirs), *map(_sources, ours))
        if wider == sources:
            return theirs, ours
        sources = wider


def _sources(claim: Claim) -> set[tuple[str, int]]:
    return {(one.article_id, one.start) for one in claim.citations}


def _says(theirs: Sequence[Claim], ours: Sequence[Claim]) -> bool:
    """Return True when `theirs` have the figures of `ours` and enough of their words."""
    said, wanted = "".join(claim.text for claim in theirs), "".join(claim.text for claim in ours)
    known = key_figures(said)
    if not all(has_figure(figure, known) for figure in key_figures(wanted)):
        return False
    words = set(bigrams(wanted))
    return len(words & set(bigrams(said))) >= _ENOUGH * len(words)


def _thin(claim: Claim, article: Article) -> bool:
    """Return True when a sentence says no more than the headline, which the reader has already."""
    own = set(bigrams(claim.text))
    return not key_figures(claim.text) and len(own & set(bigrams(article.headline))) > 0.7 * len(own)


def _repeats(text: str, claims: Sequence[Claim]) -> bool:
    own = set(bigrams(text))
    said = set(bigrams("".join(claim.text for claim in claims)))
    return len(own & said) > 0.6 * len(own)
