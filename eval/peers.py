"""What Baowen is measured against, in the same run, with the same models over the same archive.

- `bm25`: the sentence that BM25 over character bigrams ranks first is the answer and the citation.
- `closed-book`: the plain language model, with no documents.
- `plain`: the plain language model with the very sentences that Baowen takes as evidence.
- `documents`: the plain language model with the documents whole, under the instruction of RGB (Chen et al. 2024).
- `citation-engine`: LlamaIndex's CitationQueryEngine with its defaults over FAISS.

They say in words that they do not know; `_GIVING_UP` reads that generously as a refusal. None of them verifies: their
claims carry the verdict `unchecked`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from eval.bm25 import BM25
from eval.questions import Question
from eval.systems import AnswerJSON, Bench, System
from rag.errors import LLMError
from rag.protocols import LanguageModel
from rag.schema import Article, Citation, Evidence, EvidenceFound
from rag.text.sentences import sentence_spans
from rag.text.tokens import bigrams

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

_GIVING_UP = re.compile(
    r"信息不足|无法(?:回答|确定|得知|判断|提供|给出)|(?:没有|并未|未|并没有)(?:明确)?(?:提及|提到|提供|说明|给出|包含)|不(?:知道|清楚|了解)|"
    r"(?:没有|无)相关(?:的)?(?:信息|内容|报道)|"
    r"Empty Response|no information|(?:not|n't) (?:provide|mention|contain|specif)|"
    r"(?:cannot|can't|unable to) (?:answer|determine|provide)|I (?:do not|don't) (?:know|have)",
    re.IGNORECASE,
)
_SHORT = "你是报纸问答助手。用一两句中文简短回答问题。不知道就说“不知道”。"
_WITH_EVIDENCE = "你是报纸问答助手。只根据给出的报道句子，用一两句中文简短回答问题。句子里没有答案就说“信息不足”。"
_RGB = (
    "你是一个准确和可靠的人工智能助手，能够借助外部文档回答问题，请注意外部文档可能存在噪声事实性错误。"
    "如果文档中的信息包含了正确答案，你将进行准确的回答。如果文档中的信息不包含答案，你将生成“文档信息不足，因此我无法基于提供的文档回答该问题。”。"
    "如果部分文档中存在与事实不一致的错误，请先生成“提供文档的文档存在事实性错误。”，并生成正确答案。"
)
_MAX_TOKENS = 200
_DOCUMENTS = 3
_DOCUMENT_CHARACTERS = 1500
_CHUNKS = 3


def _bm25(bench: Bench) -> System:
    articles = list(bench.service.archive.iter_articles())
    sentences = [(article, *span) for article in articles for span in sentence_spans(article.body)]
    index = BM25([article.body[start:end] for article, start, end in sentences], bigrams)

    def ask(question: Question) -> AnswerJSON:
        within = set(bench.filters(question).article_ids)
        scores = index.scores(question.text)
        order = sorted(range(len(sentences)), key=lambda i: -scores[i])
        best = next((i for i in order if not within or sentences[i][0].id in within), None)
        if best is None or scores[best] <= 0:
            return _answer(question, "", [])
        cited = Evidence(1, *sentences[best]).citation
        return _answer(question, cited.quote, [cited])

    return ask


def _closed_book(bench: Bench) -> System:
    llm = _needed(bench)

    def ask(question: Question) -> AnswerJSON:
        return _written(llm, question, _SHORT, _with_history(question, ""), [])

    return ask


def _plain(bench: Bench) -> System:
    llm = _needed(bench)

    def ask(question: Question) -> AnswerJSON:
        shown = _evidence(bench, question)
        lines = "\n".join(f"{item.number}. {item.quote}" for item in shown)
        return _written(
            llm,
            question,
            _WITH_EVIDENCE,
            _with_history(question, f"报道：\n{lines}\n"),
            [one.citation for one in shown],
        )

    return ask


def _documents(bench: Bench) -> System:
    llm = _needed(bench)

    def ask(question: Question) -> AnswerJSON:
        filters = bench.filters(question)
        if question.within:
            found: Sequence[Article] = list(bench.service.archive.articles(filters.article_ids).values())
        else:
            result = bench.service.search(question.text, top=_DOCUMENTS, filters=filters)
            found = [hit.article for hit in result.hits]
        texts = "\n".join(article.body[:_DOCUMENT_CHARACTERS] for article in found)
        return _written(llm, question, _RGB, f"文档：\n{texts}\n\n问题：\n{question.text}", [])

    return ask


def _citation_engine(bench: Bench) -> System:
    """LlamaIndex's CitationQueryEngine: 512-token chunks of the articles, the best three, the same two models."""
    import faiss
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.core.query_engine import CitationQueryEngine
    from llama_index.vector_stores.faiss import FaissVectorStore
    from openai import OpenAIError

    llm = _needed(bench)
    embedding = llama_index_embedding(bench)
    articles = {article.id: article for article in bench.service.archive.iter_articles()}
    documents = [
        Document(text=f"{one.headline}\n{one.body}", doc_id=one.id, metadata={"article_id": one.id})
        for one in articles.values()
    ]
    for document in documents:
        document.excluded_llm_metadata_keys = document.excluded_embed_metadata_keys = ["article_id"]
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(bench.service.embedder.dimension))
    storage = StorageContext.from_defaults(vector_store=store)
    index = VectorStoreIndex.from_documents(documents, storage_context=storage, embed_model=embedding)
    engine = CitationQueryEngine.from_args(index, llm=llm.llama_index_llm(), similarity_top_k=_CHUNKS)

    def ask(question: Question) -> AnswerJSON:
        started = time.perf_counter()
        with _counted_tokens() as tokens:
            try:
                response = engine.query(_with_history(question, "").removeprefix("问题："))
            except OpenAIError:
                # Without a limit of its own it may write until the wait for it is over: no answer, and its time counts.
                return _answer(question, "", [], llm=llm.name, seconds=time.perf_counter() - started)
        text = str(response)
        marks = {int(number) for number in re.findall(r"\[(\d+)\]", text)}
        nodes = [node.node for number, node in enumerate(response.source_nodes, 1) if number in marks]
        cited = [_chunk_citation(articles[node.metadata["article_id"]], node.get_content()) for node in nodes]
        return _answer(question, text, cited, llm=llm.name, seconds=time.perf_counter() - started, tokens=tuple(tokens))

    return ask


def llama_index_embedding(bench: Bench) -> BaseEmbedding:
    """Return the service's embedder under LlamaIndex's interface."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    embedder = bench.service.embedder

    class Same(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            return [float(value) for value in embedder.query(query)]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return [[float(value) for value in row] for row in embedder.passages(texts)]

    return Same(model_name=embedder.name, embed_batch_size=64)


def _chunk_citation(article: Article, chunk: str) -> Citation:
    text = re.sub(r"^Source \d+:\s*", "", chunk).strip()
    start = max(article.body.find(text), 0)
    return Citation(article.id, article.external_id, article.title, article.date, start, start + len(text), text)


class _counted_tokens:  # noqa: N801 - a context manager, used like a function
    """Add up the tokens that LlamaIndex's calls report while the block runs: [read, written]."""

    def __enter__(self) -> list[int]:
        from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
        from llama_index.core.instrumentation.event_handlers import BaseEventHandler
        from llama_index.core.instrumentation.events.llm import LLMChatEndEvent

        totals = [0, 0]

        class Count(BaseEventHandler):
            def handle(self, event: Any, **_: Any) -> None:
                usage = getattr(getattr(getattr(event, "response", None), "raw", None), "usage", None)
                if isinstance(event, LLMChatEndEvent) and usage is not None:
                    totals[0] += usage.prompt_tokens or 0
                    totals[1] += usage.completion_tokens or 0

        self._handlers = get_dispatcher().event_handlers
        self._handler = Count()
        self._handlers.append(self._handler)
        return totals

    def __exit__(self, *_: object) -> None:
        self._handlers.remove(self._handler)


def _evidence(bench: Bench, question: Question) -> tuple[Evidence, ...]:
    """Return the sentences that Baowen shows before its model starts."""
    from rag.schema import Turn

    history = [Turn("user" if role == "user" else "assistant", content) for role, content in question.history]
    events: Iterator[object] = bench.service.ask_events(
        question.text, history=history, filters=bench.filters(question), use_llm=False
    )
    return next((event.evidence for event in events if isinstance(event, EvidenceFound)), ())


def _with_history(question: Question, before: str) -> str:
    turns = "".join(f"{'问' if role == 'user' else '答'}：{content}\n" for role, content in question.history)
    return f"{before}{turns}问题：{question.text}"


def _written(llm: LanguageModel, question: Question, system: str, user: str, cited: Sequence[Citation]) -> AnswerJSON:
    started = time.perf_counter()
    text, first, tokens = "", 0.0, (0, 0)
    for delta in llm.stream(system, user, max_tokens=_MAX_TOKENS):
        first = first or (time.perf_counter() - started) * 1000
        text += delta.text
        tokens = (delta.prompt_tokens or tokens[0], delta.output_tokens or tokens[1])
    seconds = time.perf_counter() - started
    return _answer(question, text, cited, llm=llm.name, seconds=seconds, first_ms=first, tokens=tokens)


def _answer(
    question: Question,
    text: str,
    cited: Sequence[Citation],
    *,
    llm: str = "none",
    seconds: float = 0.0,
    first_ms: float = 0.0,
    tokens: tuple[int, ...] = (0, 0),
) -> AnswerJSON:
    from rag.contract import citation_json

    given_up = not text.strip() or bool(_GIVING_UP.search(text))
    citations = [citation_json(one) for one in cited]
    claims = [] if given_up else [{"text": text, "verdict": "unchecked", "reasons": [], "citations": citations}]
    return {
        "question": question.text,
        "outcome": "not_found" if given_up else "answered",
        "answer": text,
        "claims": claims,
        "evidence": citations,
        "llm": llm,
        "timings": {
            "first_token_ms": first_ms,
            "total_ms": seconds * 1000,
            "prompt_tokens": tokens[0],
            "output_tokens": tokens[1],
        },
    }


def _needed(bench: Bench) -> Any:
    if bench.service.llm is None:
        raise LLMError("this peer needs a language model: run with --llm embedded or openai.")
    return bench.service.llm


PEERS: dict[str, Callable[[Bench], System]] = {
    "bm25": _bm25,
    "closed-book": _closed_book,
    "plain": _plain,
    "documents": _documents,
    "citation-engine": _citation_engine,
}
