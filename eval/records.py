"""What a run leaves behind: one record a question and system, in a folder with the settings and versions.

    RUN/run.json        what was run: dataset and its hash, systems, settings, versions, machine
    RUN/summary.json    the averages by system and type of question
    RUN/records.jsonl   one line a question and system: the question, the answer in the shape of `ask --json`, scores

Answers are also kept in `runs/.answers/`, under a key made of the question, the system, the settings and the code, so
that a run that was broken off goes on, and a run of the same thing asks nothing twice. Scores are never kept there:
they are worked out anew from the answer whenever records are read.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from eval.datasets import ROOT
from eval.questions import Question, from_json
from rag.errors import InputError
from rag.settings import Settings

# What has no bearing on an answer, and what must not be written down.
_LEFT_OUT = frozenset(
    {
        *(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr),
        *("home", "models", "models_from", "database", "user", "password_hash", "host", "port", "milvus_uri"),
        *("upload_mb", "question_limit", "answers_at_once", "waiting_limit", "mcp", "metrics"),
        *("root_path", "public_hosts", "trusted_proxies", "ingest_engine", "ray_address", "ray_workers"),
        *("llm_at_once", "llm_faults", "llm_pause", "embedding_batch", "embedding_timeout", "embedding_retries"),
    }
)


@dataclass(frozen=True, slots=True)
class Record:
    """One question put to one system: the answer in the shape of `ask --json`, the ids of the right articles.

    `addressed` is the share of the shown citations whose quote stands in the archive at the address they give.
    """

    key: str
    system: str
    question: Question
    answer: Mapping[str, Any]
    gold: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""
    addressed: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The record as plain values."""
        return {
            "key": self.key,
            "system": self.system,
            "question": self.question.as_json(),
            "answer": dict(self.answer),
            "gold": list(self.gold),
            "seconds": self.seconds,
            "error": self.error,
            "addressed": self.addressed,
        }


def record_from_json(row: Mapping[str, Any]) -> Record:
    """Rebuild what `Record.as_json` wrote."""
    return Record(
        key=row["key"],
        system=row["system"],
        question=from_json(row["question"]),
        answer=row["answer"],
        gold=tuple(row["gold"]),
        seconds=row["seconds"],
        error=row.get("error", ""),
        addressed=row.get("addressed"),
    )


def relevant_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that may change an answer, without folders and secrets."""
    return {key: value for key, value in settings.model_dump(mode="json").items() if key not in _LEFT_OUT}


def code_version() -> str:
    """Return 12 hex digits of the hash of the library's and the peers' source."""
    digest = hashlib.sha256()
    files = sorted((ROOT / "rag").rglob("*.py")) + [ROOT / "eval" / name for name in ("systems.py", "peers.py")]
    for file in files:
        if file.is_file():
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def record_key(question: Question, system: str, context: Mapping[str, Any]) -> str:
    """Return the name under which an answer is kept: the hash of everything that it depends on."""
    what = json.dumps([question.as_json(), system, context], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(what.encode()).hexdigest()[:32]


def versions() -> dict[str, str]:
    """Return the versions of what the figures depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "machine": platform.machine(), "cores": str(os.cpu_count())}
    for name in ("faiss-cpu", "jieba", "llama-index-core", "onnxruntime", "torch", "xllamacpp"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


class AnswerStore:
    """Answers kept between runs, one file each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Record | None:
        """Return the record kept under `key`, or None when there is none that can be read."""
        try:
            return record_from_json(json.loads(self._path(key).read_text("utf-8")))
        except (OSError, ValueError, KeyError):
            return None

    def put(self, record: Record) -> None:
        """Keep `record`; one with an error is not kept, so that the next run tries again."""
        if not record.error:
            write_whole(self._path(record.key), json.dumps(record.as_json(), ensure_ascii=False))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


def write_run(folder: Path, about: Mapping[str, Any], records: Iterable[Record]) -> None:
    """Write the run folder whole; scores and averages are written for people and programs to read."""
    from eval.scoring import grouped, score, summarise

    records = tuple(records)
    averages = {
        name: {
            "all": asdict(summarise(name, rows)),
            **{
                kind: asdict(summarise(name, some))
                for kind, some in grouped(rows, lambda one: one.question.type).items()
            },
        }
        for name, rows in grouped(records, lambda one: one.system).items()
    }
    write_whole(folder / "summary.json", json.dumps(averages, ensure_ascii=False, indent=1) + "\n")

    lines = [json.dumps({**one.as_json(), "scores": score(one)}, ensure_ascii=False) + "\n" for one in records]
    write_whole(folder / "records.jsonl", "".join(lines))
    write_whole(folder / "run.json", json.dumps(about, ensure_ascii=False, indent=1) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object from a run's folder.

    Raises:
        InputError: it cannot be read.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    return found


def read_run(folder: Path) -> tuple[dict[str, Any], tuple[Record, ...]]:
    """Return what was run and its records.

    Raises:
        InputError: the folder is not a run.
    """
    try:
        about: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
        lines = (folder / "records.jsonl").read_text("utf-8").split("\n")
        return about, tuple(record_from_json(json.loads(line)) for line in lines if line.strip())
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder} is no run ({error}). `python -m eval run` prints the folder of one.") from None
