"""Datasets: where the questions come from and what must be in the archive for them.

The seed page's questions are ours. The public sets are read from the folder that `--data` names and are never copied:
`rgb/`, `cmrc/`, `qa_articles/`, each JSON Lines as its own README says.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.questions import UNANSWERABLE, Question, read_questions
from rag.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
SEED_QUESTIONS = ROOT / "eval" / "data" / "seed_qa.jsonl"
_RGB_PASSAGES = 5


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions with what they are asked of: page files, ready articles (rows of a `.jsonl`), or the user's archive."""

    name: str
    questions: tuple[Question, ...]
    pages: tuple[Path, ...] = ()
    articles: tuple[Mapping[str, Any], ...] = ()
    own_archive: bool = False

    @property
    def sha256(self) -> str:
        """The hash of the questions and of everything they are asked of."""
        rows = [question.as_json() for question in self.questions]
        return hashlib.sha256((_hashed(rows) + self.documents_sha256).encode()).hexdigest()

    @property
    def documents_sha256(self) -> str:
        """The hash of the documents that come with the questions."""
        files = [file for page in self.pages for file in (sorted(page.rglob("*")) if page.is_dir() else [page])]
        pages = [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files if file.is_file()]
        return _hashed([*self.articles, *pages])

    def selected(self, *, limit: int = 0, sample: int = 0, seed: int = 0) -> Dataset:
        """Return the dataset with the first `limit` questions, or `sample` drawn evenly over the types (0: all)."""
        questions = self.questions
        if sample and sample < len(questions):
            questions = _spread(questions, sample, seed)
        if limit:
            questions = questions[:limit]
        within = {name for question in questions for name in question.within}
        articles = self.articles
        if within and all(question.within for question in questions):
            articles = tuple(row for row in articles if row["id"] in within)
        return replace(self, questions=questions, articles=articles)


def load_dataset(name: str, data: Path | None = None) -> Dataset:
    """Return the dataset called `name`; public ones are read from their folder in `data`.

    Raises:
        InputError: there is no such dataset, or its files are not there.
    """
    if name == "seed":
        return Dataset("seed", read_questions(SEED_QUESTIONS), pages=(ROOT / "seeds",))
    reader = _PUBLIC.get(name)
    if reader is None:
        raise InputError(f"there is no dataset {name!r}; there are: seed, {', '.join(_PUBLIC)}.")
    if data is None:
        raise InputError(f"the dataset {name} is not part of Baowen: give the folder that holds {name}/ as --data DIR.")
    return reader(data / name)


def user_dataset(questions: Path, documents: Sequence[Path] = ()) -> Dataset:
    """Return the user's own questions, asked of `documents`, or of the user's archive when there are none.

    Raises:
        InputError: the file has a fault; the message names its line. A path does not exist.
    """
    for path in documents:
        if not path.exists():
            raise InputError(f"{path} does not exist.")
    return Dataset(questions.stem, read_questions(questions), pages=tuple(documents), own_archive=not documents)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON Lines.

    Raises:
        InputError: the file is not there, or a line is not JSON.
    """
    try:
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON Lines: {error}.") from None


def _hashed(rows: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True, default=dict).encode()).hexdigest()


def _spread(questions: Sequence[Question], count: int, seed: int) -> tuple[Question, ...]:
    """Draw `count` questions, as evenly over the types as they allow, and keep the dataset's order."""
    rng = random.Random(seed)  # noqa: S311 - a reproducible sample, no secret
    groups: dict[str, list[int]] = {}
    for index, question in enumerate(questions):
        groups.setdefault(question.type, []).append(index)
    for group in groups.values():
        rng.shuffle(group)
    chosen: list[int] = []
    while len(chosen) < count:
        for group in groups.values():
            if group and len(chosen) < count:
                chosen.append(group.pop())
    return tuple(questions[index] for index in sorted(chosen))


def _rgb(folder: Path) -> Dataset:
    """RGB (Chen et al., AAAI 2024): five passages a question, some of them noise, drawn as the authors' code does."""
    articles: dict[str, Mapping[str, Any]] = {}
    questions: list[Question] = []
    rows = read_rows(folder / "zh_refine.jsonl")
    for noise in (0.0, 0.4, 0.8):
        questions += [_rgb_question(row, noise, f"noise {noise:g}", articles) for row in rows]
    questions += [_rgb_question(row, 1.0, UNANSWERABLE, articles) for row in rows]
    for row in read_rows(folder / "zh_int.jsonl"):
        questions.append(_rgb_question(row, 0.0, "integration", articles))
    return Dataset("rgb", tuple(questions), articles=tuple(articles.values()))


def _rgb_question(row: Mapping[str, Any], noise: float, kind: str, articles: dict[str, Mapping[str, Any]]) -> Question:
    wrong = math.ceil(_RGB_PASSAGES * noise)
    positive = _interleaved(row["positive"])[: max(_RGB_PASSAGES - wrong, 0)]
    negative = [text for text in row["negative"] if text not in positive][: _RGB_PASSAGES - len(positive)]

    def stored(text: str) -> str:
        name = f"{row['id']}/{hashlib.sha256(text.encode()).hexdigest()[:10]}"
        articles[name] = {"id": name, "title": "", "body": text}
        return name

    gold = tuple(stored(text) for text in positive if text.strip())
    rest = tuple(stored(text) for text in negative if text.strip())
    within = list(dict.fromkeys(gold + rest))
    random.Random(f"{row['id']}{noise}").shuffle(within)  # noqa: S311 - a reproducible order
    answers: Iterable[str | list[str]] = row["answer"] if kind != UNANSWERABLE else ()
    pieces = tuple((item,) if isinstance(item, str) else tuple(item) for item in answers)
    return Question(
        id=f"{row['id']}@{kind.removeprefix('noise ')}",
        text=row["query"],
        type=kind,
        must_include=pieces,
        articles=gold if kind != UNANSWERABLE else (),
        within=tuple(within),
    )


def _interleaved(passages: Sequence[str] | Sequence[Sequence[str]]) -> list[str]:
    """Return the passages of one fact as they are; of several, the first of each fact, then the second of each."""
    lists = [[one] if isinstance(one, str) else list(one) for one in passages]
    if all(isinstance(one, str) for one in passages):
        return [one[0] for one in lists]
    longest = max(map(len, lists), default=0)
    return [group[index] for index in range(longest) for group in lists if index < len(group)]


def _cmrc(folder: Path) -> Dataset:
    rows = read_rows(folder / "cmrc.jsonl")
    articles = {
        row["context_id"]: {"id": row["context_id"], "title": row["title"], "body": row["context"]} for row in rows
    }
    questions = tuple(
        Question(
            id=row["id"],
            text=row["question"],
            type="span",
            answers=tuple(dict.fromkeys(row["answers"])),
            articles=(row["context_id"],),
            within=(row["context_id"],),
        )
        for row in rows
    )
    return Dataset("cmrc", questions, articles=tuple(articles.values()))


def _qa_articles(folder: Path) -> Dataset:
    """Each question of its own article (`given`); those whose context sentence is no give-away also of all articles."""
    articles = tuple(
        {key: row[key] for key in ("id", "title", "date", "body")} for row in read_rows(folder / "articles.jsonl")
    )
    given: list[Question] = []
    in_context: list[Question] = []
    for row in read_rows(folder / "qa.jsonl"):
        one = Question(
            id=row["qid"],
            text=row["question"],
            type="given",
            answers=(row["answer"],),
            articles=(row["article_id"],),
            within=(row["article_id"],),
        )
        given.append(one)
        if not row["answer_in_event"]:
            context = f"{row['event']}{row['question']}"
            in_context.append(replace(one, id=f"{one.id}/context", text=context, type="in context", within=()))
    return Dataset("qa_articles", tuple(given + in_context), articles=articles)


_PUBLIC: dict[str, Callable[[Path], Dataset]] = {"rgb": _rgb, "cmrc": _cmrc, "qa_articles": _qa_articles}
