"""Reference questions: the form of one, and reading files of them with a fault named by its line.

A file is JSON Lines, or CSV with a header line. Fields, all but `question` optional:

- `question`: what is asked; `id`: its name in reports (default: the line number); `type`: any word, tabled by it.
- `answers`: right answers, any one of which will do. A `；` inside one joins parts that must all be there.
- `must_include`: pieces that must all be in the answer (instead of `answers`); a list in the list holds alternatives.
- `evidence`: sentences, or pieces of them, that a right citation contains, word for word (white space aside).
- `articles`: names or `external_id`s of the articles that hold the answer.
- `history`: earlier turns, `[{"role": "user", "content": "..."}, ...]`; `filters`: as in `ask --batch`.
- `type: unanswerable` says that the archive does not hold the answer: refusing is then the right answer.

In CSV, the items of a list are separated by `|`; `history` and `filters` are JSON.

    {"question": "新桥什么时候通车？", "answers": ["10月1日"], "evidence": ["新桥将于10月1日通车"]}
    {"question": "新桥花了多少钱？", "type": "unanswerable"}
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rag.errors import BaowenError, InputError

UNANSWERABLE = "unanswerable"
_FIELDS = ("id", "question", "type", "answers", "must_include", "evidence", "articles", "history", "filters")


@dataclass(frozen=True, slots=True)
class Question:
    """One reference question. `within` are the external ids of the documents it is confined to (none: all)."""

    id: str
    text: str
    type: str = "factoid"
    answers: tuple[str, ...] = ()
    must_include: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    history: tuple[tuple[str, str], ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    within: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the archive holds an answer, or a correction of what the question supposes."""
        return self.type != UNANSWERABLE

    def as_json(self) -> dict[str, Any]:
        """The question as plain values, without its empty fields."""
        return {key: value for key, value in asdict(self).items() if value}


def from_json(row: Mapping[str, Any]) -> Question:
    """Rebuild what `Question.as_json` wrote."""
    return Question(
        id=row["id"],
        text=row["text"],
        type=row.get("type", "factoid"),
        answers=tuple(row.get("answers", ())),
        must_include=tuple(tuple(item) for item in row.get("must_include", ())),
        evidence=tuple(row.get("evidence", ())),
        articles=tuple(row.get("articles", ())),
        history=tuple((role, content) for role, content in row.get("history", ())),
        filters=row.get("filters", {}),
        within=tuple(row.get("within", ())),
    )


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read a file of reference questions.

    Raises:
        InputError: the file cannot be read; the message names every bad line (ten at the most) and what is wrong.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}. It must be a UTF-8 .jsonl or .csv file.") from None
    rows = _csv_rows(text) if path.suffix.lower() == ".csv" else _json_rows(text)
    found: list[Question] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, row in rows:
        try:
            if isinstance(row, str):
                raise InputError(row)
            question = _question(row, number)
            if question.id in seen:
                raise InputError(f"the id {question.id!r} was used on line {seen[question.id]}")
            seen[question.id] = number
            found.append(question)
        except BaowenError as error:
            problems.append(f"{path.name} line {number}: {error}")
    if problems:
        more = f"\n... and {len(problems) - 10} more" if len(problems) > 10 else ""
        raise InputError("\n".join(problems[:10]) + more)
    if not found:
        raise InputError(f"{path} holds no question: each line must be a JSON object with a `question`.")
    return tuple(found)


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "not a JSON object"


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    reader = csv.DictReader(io.StringIO(text), restkey="more cells than the header has")
    try:
        for row in reader:
            cells: dict[str, Any] = {key: value for key, value in row.items() if value}
            for name in ("answers", "must_include", "evidence", "articles"):
                if isinstance(cells.get(name), str):
                    cells[name] = [item.strip() for item in cells[name].split("|") if item.strip()]
            try:
                for name in ("history", "filters"):
                    if name in cells:
                        cells[name] = json.loads(cells[name])
            except ValueError as error:
                yield reader.line_num, f"{name} is not JSON: {error}"
                continue
            yield reader.line_num, cells
    except csv.Error as error:
        yield reader.line_num, f"not CSV: {error}"


def _question(row: Mapping[str, Any], number: int) -> Question:
    from rag.contract import read_filters, read_history

    unknown = [key for key in row if key not in _FIELDS]
    if unknown:
        raise InputError(f"unknown field {unknown[0]!r}; known: {', '.join(_FIELDS)}")
    text = row.get("question")
    if not isinstance(text, str) or not text.strip():
        raise InputError("`question` is missing or is no text")
    kind = row.get("type", "factoid")
    if not isinstance(kind, str):
        raise InputError("`type` must be a word")
    read_filters(row.get("filters"))
    question = Question(
        id=str(row.get("id", number)),
        text=text.strip(),
        type=kind,
        answers=_strings(row, "answers"),
        must_include=_alternatives(row),
        evidence=_strings(row, "evidence"),
        articles=_strings(row, "articles"),
        history=tuple((turn.role, turn.content) for turn in read_history(row.get("history"))),
        filters=row.get("filters") or {},
    )
    if question.answerable and not (question.answers or question.must_include):
        raise InputError("nothing to compare an answer with: give `answers`, `must_include` or `type: unanswerable`")
    if not question.answerable and (question.answers or question.must_include):
        raise InputError("an unanswerable question has no `answers` and no `must_include`")
    return question


def _strings(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise InputError(f"`{name}` must be a list of texts")
    return tuple(value)


def _alternatives(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    value = row.get("must_include")
    if value is None:
        return ()
    items = [item if isinstance(item, list) else [item] for item in value] if isinstance(value, list) else [[]]
    if not all(item and all(isinstance(one, str) and one.strip() for one in item) for item in items):
        raise InputError("`must_include` must be a list of texts, or of lists of alternative texts")
    return tuple(tuple(item) for item in items)
