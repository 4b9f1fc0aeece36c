"""What changed between two runs of the same questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.records import Record
from eval.scoring import score
from eval.statistics import Paired, paired
from rag.errors import InputError

# The scores worth a test, with what a reader calls them; more of `seconds` is worse.
COMPARED: tuple[tuple[str, str], ...] = (
    ("right", "right (refusals of unanswerable ones included)"),
    ("cited", "cited right"),
    ("sentence_precision", "citations that are a reference sentence"),
    ("sentence_recall", "reference sentences cited"),
    ("article_precision", "cited articles that are right"),
    ("numbers", "figures that stand in what is cited"),
    ("character_f1", "character F1"),
    ("seconds", "seconds a question"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One question that one run got right and the other did not."""

    question: str
    text: str
    better: bool
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side: a test for each score, the questions that changed sides, those that only one run has."""

    system: str
    tests: tuple[tuple[str, Paired], ...]
    changes: tuple[Change, ...]
    unmatched: int


def compare(before: Sequence[Record], after: Sequence[Record], system: str = "", other: str = "") -> Comparison:
    """Compare two runs over the questions they share; `system` and `other` choose one system of each.

    Raises:
        InputError: a run has several systems and none was named, or the runs share no question.
    """
    name_before, name_after = _system(before, system), _system(after, other or system)
    one, two = _by_question(before, name_before), _by_question(after, name_after)
    shared = [key for key in one if key in two]
    if not shared:
        raise InputError("the two runs have no question in common.")
    scores = [(score(one[key]), score(two[key])) for key in shared]
    tests: list[tuple[str, Paired]] = []
    for name, title in COMPARED:
        pairs = [
            (a, b)
            for first, second in scores
            if (a := first.get(name)) is not None and (b := second.get(name)) is not None
        ]
        if pairs:
            tests.append((title, paired([a for a, _ in pairs], [b for _, b in pairs])))
    changes = [
        Change(
            question=one[key].question.id,
            text=one[key].question.text,
            better=bool(second["right"]),
            before=_said(one[key]),
            after=_said(two[key]),
        )
        for key, (first, second) in zip(shared, scores, strict=True)
        if first["right"] != second["right"]
    ]
    title = name_before if name_before == name_after else f"{name_before} → {name_after}"
    return Comparison(title, tuple(tests), tuple(changes), len(one) + len(two) - 2 * len(shared))


def _system(records: Iterable[Record], wanted: str) -> str:
    names = list(dict.fromkeys(record.system for record in records))
    if wanted in names:
        return wanted
    if wanted or len(names) != 1:
        raise InputError(f"say which system to compare with --system: the run has {', '.join(names) or 'none'}.")
    return names[0]


def _by_question(records: Iterable[Record], system: str) -> dict[tuple[str, str], Record]:
    return {(one.question.id, one.question.text): one for one in records if one.system == system}


def _said(record: Record) -> str:
    return record.error or record.answer.get("answer", "").replace("\n", " ") or f"({record.answer.get('outcome')})"
