"""The composition root: settings in, a working Baowen out. Nothing else builds collaborators."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rag.errors import BaowenError, InputError, LLMError
from rag.protocols import Cancelled, Embedder, LanguageModel, Observer, Progress, Telling, no_progress
from rag.schema import (
    Answer,
    AnswerEvent,
    AnswerReady,
    Article,
    Digest,
    Filters,
    IngestReport,
    Page,
    SearchResult,
    Turn,
)
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.archive import Archive
    from rag.index import SearchIndex
    from rag.ingest import Item
    from rag.retrieval import Retriever

FROM_SETTINGS: Final = object()


@dataclass(frozen=True)
class Service:
    """One archive with its index and models. Safe to use from several threads; close it when done."""

    settings: Settings
    archive: Archive
    index: SearchIndex
    retriever: Retriever
    embedder: Embedder
    llm: LanguageModel | None
    observers: list[Observer] = field(default_factory=list)
    _ingesting: threading.Lock = field(default_factory=threading.Lock)
    _warming: list[threading.Thread] = field(default_factory=list)
    # Somebody asks, or leaves: what is prepared in the background gives way.
    _called: threading.Event = field(default_factory=threading.Event)

    def ingest(self, paths: Sequence[Path], progress: Progress = no_progress) -> IngestReport:
        """Read `paths` (files and folders) into the archive; what cannot be read is reported, not raised.

        Raises:
            InputError: a path does not exist.
            ArchiveError: the archive cannot be written.
            WorkerError: the engine is ray, and its workers cannot be started or are all lost.
        """
        from rag.ingest import as_read, changed_pages
        from rag.pages import find_files

        for path in paths:
            if not path.exists():
                raise InputError(f"{path} does not exist: nothing was ingested.")
        files = list(find_files(paths))
        look = self.second_look if self.settings.second_look else as_read
        if self.settings.ingest_engine == "local":
            return self.add(changed_pages(files, self.archive, look), progress, total=len(files))
        from rag.crew import Crew, worker_embedder
        from rag.ingest_ray import distributed_pages

        crew = Crew(
            worker_embedder(self.settings),
            self.embedder.fingerprint,
            workers=self.settings.ray_workers,
            address=self.settings.ray_address,
            progress=progress,
        )
        with contextlib.closing(crew):
            return self.add(distributed_pages(files, self.archive, crew, look), progress, total=len(files))

    def second_look(self, page: Page) -> Page:
        """Return `page` after the language model's look at its doubtful headlines, where the settings ask for one."""
        from rag.pages.second_look import second_look

        if not self.settings.second_look or self.llm is None:
            return page
        try:
            return second_look(page, self.llm)
        except LLMError as error:
            return replace(page, notes=(*page.notes, f"doubtful headlines were not looked at again: {error}"))

    def add(self, pages: Iterable[Item], progress: Progress = no_progress, *, total: int = 0) -> IngestReport:
        """Put pages that were read already into the archive.

        Raises:
            ArchiveError: the archive cannot be written.
        """
        from rag.ingest import ingest_lock, ingest_pages

        with self._ingesting, ingest_lock(self.settings.home, progress):
            report = ingest_pages(pages, self.archive, self.index, self.embedder, progress, total=total)
        for observer in self.observers:
            observer.ingested(report)
        return report

    def correct(self, article_id: str, corrected: Article) -> str:
        """Put `corrected` in the place of an article and return its new id; the old id leads to it from now on.

        Raises:
            ArchiveError: there is no such article.
        """
        from rag.ingest import embed_articles

        with self._ingesting:
            passages, vectors = embed_articles([corrected], self.embedder)
            new_id = self.archive.update_article(article_id, corrected, passages, vectors)
            self.index.refresh()
        return new_id

    def remove(
        self, article_ids: Sequence[str] = (), *, paper: str = "", date: str = "", page: str = "", source: str = ""
    ) -> int:
        """Remove the articles named, or all that match every one of the other arguments; return how many went."""
        with self._ingesting:
            count = self.archive.remove(article_ids=article_ids, paper=paper, date=date, page=page, source=source)
            self.index.refresh()
        return count

    def rebuild_index(self, progress: Progress = no_progress) -> tuple[str, ...]:
        """Throw the search index away and make it anew from the archive; return what is wrong with it, if anything.

        Raises:
            ArchiveError: the index cannot be reached or written.
        """
        with self._ingesting:
            self.index.rebuild(progress)
            return self.index.verify()

    def search(self, question: str, *, top: int = 10, filters: Filters = Filters()) -> SearchResult:
        """Return the articles that bear on `question`, best first.

        Raises:
            InputError: the question is empty or too long.
        """
        from rag.grounding.reranking import FIRST, by_answers

        text = self._checked(question)
        found = self.retriever.search(text, top=max(top, FIRST), filters=filters)
        # A cross-encoder has read the articles already, and better.
        hits = found.hits if self.settings.reranker else by_answers(text, found.hits)
        return replace(found, hits=hits[:top])

    def ask_events(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        use_llm: bool = True,
        cancelled: Cancelled | None = None,
    ) -> Iterator[AnswerEvent]:
        """Answer `question` step by step: the evidence first, then each verified sentence, the whole answer last.

        Raises:
            InputError: the question is empty or too long.
        """
        from rag.grounding.answer import answer_events

        if use_llm:
            self._called.set()
        events = answer_events(
            self._checked(question),
            history=history,
            filters=filters,
            search=self.retriever.search,
            archive=self.archive,
            llm=self.llm if use_llm else None,
            settings=self.settings,
            cancelled=cancelled,
        )
        try:
            for event in events:
                if isinstance(event, AnswerReady):
                    for observer in self.observers:
                        observer.answered(event.answer)
                yield event
        except BaowenError:
            for observer in self.observers:
                observer.failed()
            raise

    def ask(
        self, question: str, *, history: Sequence[Turn] = (), filters: Filters = Filters(), use_llm: bool = True
    ) -> Answer:
        """Answer `question` whole."""
        for event in self.ask_events(question, history=history, filters=filters, use_llm=use_llm):
            if isinstance(event, AnswerReady):
                return event.answer
        raise AssertionError("the events of an answer end in AnswerReady")

    def digest_events(
        self,
        date: str = "",
        paper: str = "",
        topic: str = "",
        *,
        use_llm: bool = True,
        cancelled: Cancelled | None = None,
    ) -> Iterator[Digest]:
        """Yield ever better digests of one day: the extractive one at once, the last one final."""
        from rag.digest.daily import digest_events

        yield from digest_events(
            self.archive,
            date=date,
            paper=paper,
            topic=topic,
            llm=self.llm if use_llm else None,
            settings=self.settings,
            cancelled=cancelled,
        )

    def digest(self, date: str = "", paper: str = "", topic: str = "", *, use_llm: bool = True) -> Digest:
        """Return the finished digest of one day (default: the newest edition)."""
        *_, digest = self.digest_events(date, paper, topic, use_llm=use_llm)
        return digest

    def warm(self) -> None:
        """Load the models in the background, so that the first question does not wait for them.

        A model that cannot be loaded says so when it is asked.
        """

        def load() -> None:
            from rag.grounding.weighing import prepare

            with contextlib.suppress(BaowenError):
                self.embedder.query("")
                start = getattr(self.llm, "warm", None)
                if start is not None:
                    start()
                if self.settings.llm == "embedded" and isinstance(self.llm, Telling):
                    prepare(self.llm, self._called)

        thread = threading.Thread(target=load, name="baowen-warm", daemon=True)
        self._warming.append(thread)
        thread.start()

    def close(self) -> None:
        """Release the models, the index and the archive."""
        self._called.set()
        for thread in self._warming:
            thread.join()  # a process that ends while native code loads a model is aborted by it
        if self.llm is not None:
            self.llm.close()
        self.index.close()
        self.archive.close()

    def _checked(self, question: str) -> str:
        text = question.strip()
        if not text:
            raise InputError("the question is empty: type one.")
        if len(text) > self.settings.question_limit:
            raise InputError(
                f"the question has {len(text)} characters; at most {self.settings.question_limit} are answered. "
                "Shorten it, or raise BAOWEN_QUESTION_LIMIT."
            )
        return text


def open_service(
    settings: Settings,
    *,
    progress: Progress = no_progress,
    embedder: Embedder | None = None,
    llm: LanguageModel | object | None = FROM_SETTINGS,
) -> Service:
    """Open the archive and the models that the settings name; models are loaded on first use.

    Raises:
        ModelError: a model is missing.
        ArchiveError: the archive cannot be opened, or was made with another embedding model.
        LLMError: the settings of the language model are incomplete.
    """
    from rag.archive import open_archive
    from rag.index.engines import open_index
    from rag.retrieval import Retriever

    chosen = embedder if embedder is not None else _embedder(settings)
    archive = open_archive(settings.database or settings.home, chosen)
    index = open_index(settings, archive, progress)
    retriever = Retriever(archive, index, chosen, settings)
    model = _llm(settings) if llm is FROM_SETTINGS else llm
    return Service(settings, archive, index, retriever, chosen, model)  # type: ignore[arg-type]


def _embedder(settings: Settings) -> Embedder:
    from rag.embedding import open_embedder

    return open_embedder(settings)


def _llm(settings: Settings) -> LanguageModel | None:
    from rag.llm import open_llm

    return open_llm(settings)
