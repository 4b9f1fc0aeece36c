"""The systems that are asked: Baowen with and without its language model; the peers are in `eval.peers`.

A system is a function from a question to an answer in the shape of `ask --json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eval.questions import Question
from rag.contract import answer_json, read_filters
from rag.errors import InputError
from rag.schema import Filters, Turn
from rag.service import Service

AnswerJSON = Mapping[str, Any]
System = Callable[[Question], AnswerJSON]


@dataclass(frozen=True, slots=True)
class Bench:
    """What the systems share: the service over the archive, and the archive's ids by external id."""

    service: Service
    ids: Mapping[str, str]

    def filters(self, question: Question) -> Filters:
        """Return the filters of a question: its own, and the documents it is confined to."""
        filters = read_filters(question.filters or None)
        if not question.within:
            return filters
        missing = [name for name in question.within if name not in self.ids]
        if missing:
            raise InputError(f"question {question.id}: the document {missing[0]} is not in the archive")
        return replace(filters, article_ids=tuple(self.ids[name] for name in question.within))


def open_system(name: str, bench: Bench) -> System:
    """Return the system called `name`.

    Raises:
        InputError: there is none of that name.
    """
    if name in OURS:
        return _baowen(bench, use_llm=name == "baowen")
    from eval.peers import PEERS

    if name not in PEERS:
        raise InputError(f"there is no system {name!r}; there are: {', '.join((*OURS, *PEERS))}.")
    return PEERS[name](bench)


OURS = ("baowen", "baowen-none")


def _baowen(bench: Bench, *, use_llm: bool) -> System:
    def ask(question: Question) -> AnswerJSON:
        history = [Turn("user" if role == "user" else "assistant", content) for role, content in question.history]
        answer = bench.service.ask(question.text, history=history, filters=bench.filters(question), use_llm=use_llm)
        return answer_json(answer)

    return ask
