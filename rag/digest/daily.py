"""The daily digest: a day's stories in ever better wholes, the extractive one at once, the model's sentences after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.archive import Archive
from rag.digest.copy import Line, printed
from rag.digest.extract import headline_share
from rag.digest.figures import has_figure, key_figures
from rag.digest.likeness import Likeness
from rag.digest.planning import Plan, Story, plan
from rag.grounding.verify import verify
from rag.protocols import Cancelled, LanguageModel
from rag.schema import Article, Claim, Digest, DigestItem, Ledger
from rag.settings import Settings
from rag.text.tokens import fold_phrase, words

_FEWEST, _MOST = 3, 5  # sentences of 今日要点


def digest_events(
    archive: Archive,
    *,
    date: str = "",
    paper: str = "",
    topic: str = "",
    llm: LanguageModel | None,
    settings: Settings,
    cancelled: Cancelled | None = None,
) -> Iterator[Digest]:
    """Yield whole digests of a day (default: the newest), each better than the one before; the last one is final.

    `topic` confines it to articles that have those words, or to a section. A model that fails leaves the sentences
    of the articles in their places and a note. Once `cancelled` is set, what is there is yielded and kept.
    """
    day = date or archive.newest_date()
    edition = archive.edition_articles(day, paper)
    articles = [article for article in edition if _on_topic(article, topic)]
    papers = tuple(dict.fromkeys(article.edition.paper for article in articles if article.edition.paper))
    if not articles:
        yield Digest(day, papers, "none", (), (), Ledger(0, 0), (_nothing(day, paper, topic, bool(edition)),))
        return
    likeness = Likeness(articles)
    planned = plan(articles, likeness)
    items = [_item(story) for story in planned.stories]
    first = _digest(day, papers, planned, items, len(articles))
    yield first


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


def claim_of(line: Line) -> Claim | None:
    """Return the line as a verified claim; the whole sentence when a cut made it doubtful, None when that fails too."""
    claim = verify(line.text, [line.evidence])
    if claim.verdict == "supported":
        return claim
    whole = verify(printed(line.article.body[line.start : line.end]), [line.evidence])
    return whole if whole.verdict == "supported" else None


def _item(story: Story) -> DigestItem:
    lines = list(story.lines[0])
    for others in story.lines[1:]:
        known = key_figures("".join(line.text for line in lines))
        fresh = [line for line in others if any(not has_figure(one, known) for one in line.figures)]
        lines += fresh[:1]
    claims = [claim for claim in map(claim_of, lines) if claim is not None]
    ids = tuple(article.id for article in story.articles)
    return DigestItem(story.main.title, story.section, ids, tuple(claims))


def _digest(
    day: str, papers: tuple[str, ...], planned: Plan, items: Sequence[DigestItem], articles: int, llm: str = "none"
) -> Digest:
    shown = [item for item in items if item.sentences]
    covered = sum(len(item.article_ids) for item in shown)
    ledger = Ledger(articles, covered, planned.left_out)
    return Digest(day, papers, llm, _highlights(planned, shown), tuple(shown), ledger, ())


def _highlights(planned: Plan, items: Sequence[DigestItem]) -> tuple[Claim, ...]:
    """Return the sentence of each top story that says most of its headline."""
    headlines = {story.main.id: story.main.headline for story in planned.stories}
    wanted = min(_MOST, max(_FEWEST, (len(items) + 1) // 3))
    return tuple(
        max(item.sentences, key=lambda claim: headline_share(claim.text, headlines[item.article_ids[0]]))
        for item in items[:wanted]
    )
