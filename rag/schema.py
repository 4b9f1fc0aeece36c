"""The values that flow through Baowen, all of them frozen.

Read them in the order of the data flow: a file becomes a `Page` of `Article`s; an article body is cut into
`Sentence`s and `Passage`s; a question yields `Hit`s, `Evidence`, `Claim`s with `Citation`s, and an `Answer`.

Offsets are Python string indices (code points) into `Article.body`, half open: `body[start:end] == quote`, always.
Dates are ISO strings (`2025-07-11`); an empty string means "not known".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ArticleKind = Literal["news", "photo", "continuation", "ad", "notice"]
Provenance = Literal["given", "manifest", "path", "page", "inferred", "unknown"]
Verdict = Literal["supported", "partial", "unsupported"]
Outcome = Literal["answered", "partial", "not_found"]
Role = Literal["user", "assistant"]


def content_id(*parts: str) -> str:
    """Return 20 hex digits of the SHA-256 of `parts`; the same content has the same id on every machine."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on page `sheet` of a file (from 0), in points, origin at the top left."""

    sheet: int
    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Edition:
    """Which paper, day and page something was printed in, and how each of the three was learnt."""

    paper: str = ""
    date: str = ""
    page: str = ""
    paper_from: Provenance = "unknown"
    date_from: Provenance = "unknown"
    page_from: Provenance = "unknown"


@dataclass(frozen=True, slots=True)
class Article:
    """One article as printed. `body` is immutable: citations are offsets into it; its paragraphs end in a newline."""

    title: str
    body: str
    kind: ArticleKind = "news"
    kicker: str = ""
    subtitle: str = ""
    byline: str = ""
    reporters: tuple[str, ...] = ()
    correspondents: tuple[str, ...] = ()
    dateline: str = ""
    subheads: tuple[str, ...] = ()
    edition: Edition = Edition()
    position: int = 0
    confidence: float = 1.0
    doubts: tuple[str, ...] = ()
    continued_from: str = ""
    continued_on: str = ""
    lines: tuple[int, ...] = ()
    boxes: tuple[Box, ...] = ()
    external_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The content hash of everything a reader sees and of where it was printed."""
        return content_id(
            self.edition.paper,
            self.edition.date,
            self.edition.page,
            self.external_id,
            self.kind,
            self.kicker,
            self.title,
            self.subtitle,
            self.byline,
            self.body,
            json.dumps(dict(self.metadata), ensure_ascii=False, sort_keys=True),
        )

    @property
    def headline(self) -> str:
        """Kicker, title and subtitle as one line."""
        return " ".join(part for part in (self.kicker, self.title, self.subtitle) if part)

    @property
    def date(self) -> str:
        """The edition date, ISO, or an empty string."""
        return self.edition.date


@dataclass(frozen=True, slots=True)
class Page:
    """One ingested unit: a page file, or one batch of ready articles. `id` is the content hash of the file."""

    id: str
    source: str
    edition: Edition
    articles: tuple[Article, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's address and text; `body[start:end] == text`."""

    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article; `text` is `body[start:end]`, without the headline."""

    article_id: str
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        """The content hash of the address."""
        return content_id(self.article_id, str(self.start), str(self.end))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is confined to. Empty means no limit; dates are ISO and inclusive."""

    papers: tuple[str, ...] = ()
    date_from: str = ""
    date_to: str = ""
    pages: tuple[str, ...] = ()
    kinds: tuple[ArticleKind, ...] = ()
    article_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that search found, best of its article; higher `score` is better, comparable within one search."""

    article: Article
    passage: Passage
    score: float
    dense: float = 0.0
    lexical: float = 0.0
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, with what the program understood: the filters in force and a note for the reader."""

    question: str
    hits: tuple[Hit, ...]
    filters: Filters = Filters()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """An address in an article: `article.body[start:end] == quote`."""

    article_id: str
    external_id: str
    title: str
    date: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A numbered sentence shown to the reader and to the model. `score` ranks it within one answer."""

    number: int
    article: Article
    start: int
    end: int
    score: float = 0.0

    @property
    def quote(self) -> str:
        """The text at the address."""
        return self.article.body[self.start : self.end]

    @property
    def citation(self) -> Citation:
        """The address with what a reader needs to recognise it."""
        article = self.article
        return Citation(article.id, article.external_id, article.title, article.date, self.start, self.end, self.quote)


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer or digest, with the program's verdict on it and the addresses that support it."""

    text: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds from the question to each stage's end, and the tokens the model read and wrote."""

    retrieval_ms: float = 0.0
    evidence_ms: float = 0.0
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    prompt_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader gets. `answer` is the text of the shown claims; `nearest` are the articles that come closest."""

    question: str
    outcome: Outcome
    answer: str
    claims: tuple[Claim, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    nearest: tuple[Article, ...] = ()
    notes: tuple[str, ...] = ()
    llm: str = "none"
    timings: Timings = Timings()
    withheld: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The first event of an answer: what was found, before the model has said a word."""

    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafting:
    """The model's unverified words so far; show them, if at all, as a draft. Each event replaces the last."""

    text: str


@dataclass(frozen=True, slots=True)
class ClaimReady:
    """A verified sentence, fit to be shown."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class AnswerReady:
    """The last event: the whole answer."""

    answer: Answer


AnswerEvent = EvidenceFound | Drafting | ClaimReady | AnswerReady


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """What an earlier edition said on a story. `change` sets a figure of then beside the same one of now."""

    date: str
    article_id: str
    title: str
    sentence: Claim
    change: str = ""


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One story: its headline, its sentences (each verified), the articles it rests on, and its earlier reports."""

    headline: str
    section: str
    article_ids: tuple[str, ...]
    sentences: tuple[Claim, ...]
    thread: tuple[ThreadEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An article that the digest does not tell, and why."""

    article_id: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the digest covers of an edition and what it leaves out. `conflicts` are figures that reports disagree on."""

    articles: int
    covered: int
    left_out: tuple[LeftOut, ...] = ()
    conflicts: tuple[tuple[Claim, Claim], ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A day in two minutes."""

    date: str
    papers: tuple[str, ...]
    llm: str
    highlights: tuple[Claim, ...]
    items: tuple[DigestItem, ...]
    ledger: Ledger
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """Something ingest passed over, and why, in a sentence a user can act on."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did: pages and articles added, unchanged, replaced; everything passed over, with reasons."""

    pages_added: int = 0
    pages_unchanged: int = 0
    pages_replaced: int = 0
    articles: int = 0
    passages: int = 0
    skipped: tuple[Skip, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditionSummary:
    """One day of one paper in the archive."""

    paper: str
    date: str
    pages: tuple[str, ...]
    articles: int
