"""The daily digest: a day's stories in ever better wholes, the extractive one at once, then the model's sentences."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rag.archive import Archive
from rag.digest.extract import claim_of, headline_share
from rag.digest.figures import has_figure, key_figures
from rag.digest.likeness import Likeness
from rag.digest.planning import SECTIONS, Plan, Story, plan
from rag.digest.stored import keep, recall
from rag.digest.summarise import cached_draft, draft, merged, told_by_model
from rag.digest.threads import Nearness, conflicting, earlier_articles, measured, thread
from rag.errors import LLMError, ModelError
from rag.protocols import Cancelled, LanguageModel
from rag.schema import Article, Claim, Digest, DigestItem, Ledger
from rag.settings import Settings
from rag.text.tokens import fold_phrase, words

UNFINISHED = "语言模型没有写完"
_FEWEST, _MOST = 3, 5  # sentences of 今日要点
_MOST_CONFLICTS = 5


@dataclass(frozen=True, slots=True)
class _Day:
    """What is told of a day, apart from who phrased it."""

    date: str
    papers: tuple[str, ...]
    plan: Plan
    items: tuple[DigestItem, ...]
    ledger: Ledger
    undated: int


def digest_events(
    archive: Archive,
    *,
    date: str = "",
    paper: str = "",
    topic: str = "",
    llm: LanguageModel | None,
    settings: Settings,  # noqa: ARG001 - part of the service's contract; nothing of a digest is set yet
    cancelled: Cancelled | None = None,
) -> Iterator[Digest]:
    """Yield whole digests of a day (default: the newest), each better than the one before; the last one is final.

    `topic` confines it to articles that have those words, or to a section. A model that fails leaves the sentences
    of the articles in their places and a note. Once `cancelled` is set, what is there is yielded and kept.
    """
    day = date or archive.newest_date()
    kept = None if topic else recall(archive, day, paper, "none")
    if kept is not None:
        yield kept
        if llm is None:
            return
        finished = recall(archive, day, paper, llm.name)
        if finished is not None:
            yield finished
            return
    edition = archive.edition_articles(day, paper)
    section = topic.strip() if topic.strip() in SECTIONS else ""
    articles = [article for article in edition if section or _on_topic(article, topic)]
    if not articles:
        yield Digest(day, (), "none", (), (), Ledger(0, 0), (_nothing(day, paper, topic, bool(edition)),))
        return
    told = _told(archive, day, paper, articles)
    if section:
        told = _only(told, section)
    if kept is None:
        extractive = _digest(told, {}, "none", ())
        if not topic:
            keep(archive, extractive, paper)
        yield extractive
    if llm is not None:
        last = yield from _phrased(archive, told, llm, cancelled)
        if last is not None and not topic:
            keep(archive, last, paper)


def _nothing(day: str, paper: str, topic: str, printed_that_day: bool) -> str:
    which = f"{day or '日期不明'}{f'的《{paper}》' if paper else ''}"
    if printed_that_day and topic:
        return f"{which}没有与“{topic}”有关的文章。"
    return f"档案里没有{which}的报纸；先导入当天的版面，或换一个日期。"


def _on_topic(article: Article, topic: str) -> bool:
    """Return True when the article is of the section, or has all the words of the topic."""
    if not topic.strip():
        return True
    if article.metadata.get("section") == topic.strip():
        return True
    text = fold_phrase(f"{article.headline}\n{article.body}")
    wanted = [fold_phrase(word) for word in words(topic)]
    return bool(wanted) and all(word in text for word in wanted)


def _told(archive: Archive, day: str, paper: str, articles: Sequence[Article]) -> _Day:
    earlier = earlier_articles(archive, day, paper)
    likeness = Likeness([*articles, *earlier])
    nearness = Nearness(archive, [*articles, *earlier]) if earlier else Nearness(archive, ())
    planned = plan(articles, likeness)
    items = []
    for story in planned.stories:
        item = _item(story)
        if item.sentences:
            items.append(replace(item, thread=thread(story, earlier, likeness, nearness)))
    papers = tuple(dict.fromkeys(article.edition.paper for article in articles if article.edition.paper))
    covered = sum(len(item.article_ids) for item in items)
    ledger = Ledger(len(articles), covered, planned.left_out, _conflicts(planned.stories))
    undated = sum(one.articles for one in archive.editions() if not one.date) if day else 0
    return _Day(day, papers, planned, tuple(items), ledger, undated)


def _only(told: _Day, section: str) -> _Day:
    """Confine a day to one section."""
    items = tuple(item for item in told.items if item.section == section)
    count = sum(len(item.article_ids) for item in items)
    return replace(told, items=items, ledger=Ledger(count, count))


def _item(story: Story) -> DigestItem:
    lines = list(story.lines[0])
    for others in story.lines[1:]:
        known = key_figures("".join(line.text for line in lines))
        lines += [line for line in others if any(not has_figure(one, known) for one in line.figures)][:1]
    claims = tuple(claim for claim in map(claim_of, lines) if claim is not None)
    ids = tuple(article.id for article in story.articles)
    return DigestItem(story.main.title, story.section, ids, claims)


def _conflicts(stories: Sequence[Story]) -> tuple[tuple[Claim, Claim], ...]:
    """Return the sentences in which reports of one story give different figures for one thing."""
    found: list[tuple[Claim, Claim]] = []
    for story in stories:
        for ours, theirs in combinations(story.lines, 2):
            pairs = (
                (one, other) for mine in ours for yours in theirs for one in measured(mine) for other in measured(yours)
            )
            for one, other in pairs:
                claims = (claim_of(one.line), claim_of(other.line)) if conflicting(one, other) else (None, None)
                if claims[0] and claims[1] and claims not in found:
                    found.append((claims[0], claims[1]))
    return tuple(found[:_MOST_CONFLICTS])


def _phrased(
    archive: Archive, told: _Day, llm: LanguageModel, cancelled: Cancelled | None
) -> Generator[Digest, None, Digest | None]:
    """Yield the digest with the model's sentences: first all that are stored, then each as it is written.

    Returns the last one when the model has read every story, else None.
    """
    stories = {story.main.id: story for story in told.plan.stories}
    phrased: dict[str, tuple[Claim, ...]] = {}
    waiting: list[Story] = []
    for item in told.items:
        story = stories[item.article_ids[0]]
        stored = cached_draft(archive, story.main, llm.name)
        if stored is None:
            waiting.append(story)
        else:
            phrased[story.main.id] = told_by_model(stored, story.main)
    notes: tuple[str, ...] = ()
    if phrased and waiting:
        yield _digest(told, phrased, llm.name, _progress(told, phrased))
    try:
        for story in waiting:
            text = None if _stopped(cancelled) else draft(archive, story.main, story.lines[0], llm, cancelled)
            if text is None:
                notes = ("已停止，其余为原文摘录；再次打开时接着写。",)
                break
            phrased[story.main.id] = told_by_model(text, story.main)
            yield _digest(told, phrased, llm.name, _progress(told, phrased))
    except (LLMError, ModelError) as error:
        notes = (f"{UNFINISHED}，其余为原文摘录：{error}",)
    last = _digest(told, phrased, llm.name if phrased else "none", notes)
    yield last
    return None if notes else last


def _stopped(cancelled: Cancelled | None) -> bool:
    return cancelled is not None and cancelled.is_set()


def _progress(told: _Day, phrased: dict[str, tuple[Claim, ...]]) -> tuple[str, ...]:
    return (f"语言模型正在改写：{len(phrased)}/{len(told.items)} 条。",)


def _digest(told: _Day, phrased: dict[str, tuple[Claim, ...]], llm: str, notes: tuple[str, ...]) -> Digest:
    items = tuple(
        replace(item, sentences=merged(phrased.get(item.article_ids[0], ()), item.sentences)) for item in told.items
    )
    highlights = _highlights(told.plan, items)
    return Digest(
        told.date, told.papers, llm, highlights, items, told.ledger, (*notes, *_account(told, items, phrased))
    )


def _account(told: _Day, items: Sequence[DigestItem], phrased: dict[str, tuple[Claim, ...]]) -> tuple[str, ...]:
    """Say who phrased the sentences, how many figures they repeat, and which articles belong to no day."""
    claims = [claim for item in items for claim in item.sentences]
    figures = sum(len(key_figures(claim.text)) for claim in claims)
    written = {claim.text for sentences in phrased.values() for claim in sentences}
    by_model = sum(claim.text in written for claim in claims)
    source = f"{len(claims) - by_model} 句摘自原文"
    who = f"{by_model} 句由语言模型改写，{source}" if by_model else source
    undated = (f"档案里另有 {told.undated} 篇文章没有日期，不在任何一天的摘要里。",) if told.undated else ()
    return (f"{who}；句中 {figures} 个数字均与原文核对。", *undated)


def _highlights(planned: Plan, items: Sequence[DigestItem]) -> tuple[Claim, ...]:
    """Return the sentence of each top story that says most of its headline."""
    articles = {story.main.id: story.main for story in planned.stories}
    wanted = min(_MOST, max(_FEWEST, (len(items) + 1) // 3))
    return tuple(
        max(item.sentences, key=lambda claim: headline_share(claim.text, articles[item.article_ids[0]]))
        for item in items[:wanted]
    )
