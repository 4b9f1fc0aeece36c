"""A run as one HTML file: tables, charts, worst cases with their evidence. Nothing in it is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from eval.charts import Bar, bars
from eval.judge import Opinion, opinion_rows, read_opinions
from eval.records import Record, read_json, read_run, write_whole
from eval.scoring import Summary, grouped, score
from eval.statistics import mean_interval
from eval.tables import (
    COLUMNS,
    MORE_COLUMNS,
    OPINION_HEADER,
    by_system,
    by_type,
    columns_of,
    figures,
    headings,
    percent,
    wrong,
)

if TYPE_CHECKING:
    from jinja2 import Environment

_WORST = 15
_SLOWEST = 8
_STAGES = ("search", "evidence", "to first word", "writing")


def write_report(folder: Path) -> Path:
    """Write `report.html` into the folder of a run and return its path.

    Raises:
        InputError: the folder is not a run.
    """
    path = folder / "report.html"
    if (folder / "result.json").is_file():
        page = result_html(read_json(folder / "run.json"), read_json(folder / "result.json"))
    else:
        about, records = read_run(folder)
        page = report_html(about, records, read_opinions(folder))
    write_whole(path, page)
    return path


def result_html(about: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the tables of a recipe as one self-contained HTML page; every text in it is escaped."""
    return _templates().get_template("result.html").render(about=about, result=result)


def report_html(about: Mapping[str, Any], records: Sequence[Record], opinions: Sequence[Opinion] = ()) -> str:
    """Return the report of a run as one self-contained HTML page; every text in it is escaped."""
    from markupsafe import Markup

    environment = _templates()
    parts = grouped(records, lambda one: one.system)
    return environment.get_template(
        "report.html"
    ).render(
        about=about,
        systems=_table(by_system(records)),
        opinions=opinion_rows(opinions),
        opinion_header=OPINION_HEADER,
        accuracy=Markup(_accuracy_chart(parts)),  # noqa: S704 - drawn by eval.charts, which escapes its labels
        latency=Markup(_latency_chart(parts)),  # noqa: S704
        parts=[
            {
                "system": name,
                "types": _table(by_type(rows)),
                "chart": Markup(_accuracy_chart(grouped(rows, lambda one: one.question.type))),  # noqa: S704
                "worst": sorted(wrong(rows), key=_badness)[:_WORST],
                "slowest": [_slow_row(one) for one in sorted(rows, key=lambda one: -one.seconds)[:_SLOWEST]],
                "all": rows,
            }
            for name, rows in parts.items()
        ],
        shown=lambda record: Markup(_case_html(environment, record)),  # noqa: S704 - rendered with autoescape
    )


def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader

    return Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def _table(summaries: Sequence[tuple[str, Summary]]) -> dict[str, Any]:
    """Return the headings with their meanings, and a row for each summary."""
    columns = columns_of(summaries, (*COLUMNS, *MORE_COLUMNS))
    rows = [(name, summary.questions, figures(summary, columns)) for name, summary in summaries]
    return {"headings": headings(columns), "rows": rows}


def _accuracy_chart(groups: Mapping[str, Sequence[Record]]) -> str:
    rows: list[Bar] = []
    for name, records in groups.items():
        values = [float(score(one)["right"] or 0.0) for one in records]
        found = mean_interval(values)
        rows.append(Bar(name, (found.mean,), f"{percent(found.mean)} of {len(values)}", found.low, found.high))
    return bars(rows, 1.0, title="questions answered rightly, refusals included")


def _latency_chart(groups: Mapping[str, Sequence[Record]]) -> str:
    rows = [(name, _stages(records)) for name, records in groups.items()]
    longest = max((sum(parts) for _, parts in rows), default=1.0)
    found = [Bar(name, parts, f"{sum(parts):.2f} s") for name, parts in rows]
    return bars(found, longest, legend=_STAGES, title="median seconds by stage")


def _stages(records: Sequence[Record]) -> tuple[float, ...]:
    """Return the median seconds that search, evidence, the wait for the first word and the rest took."""

    def stages(record: Record) -> tuple[float, ...]:
        scores = score(record)
        ends = [float(scores[name] or 0.0) / 1000 for name in ("retrieval_ms", "evidence_ms", "first_token_ms")]
        marks = [0.0]
        for end in [*ends, record.seconds]:
            marks.append(max(end, marks[-1]))
        return tuple(after - before for before, after in pairwise(marks))

    return tuple(median(column) for column in zip(*map(stages, records), strict=True))


def _badness(record: Record) -> tuple[int, str]:
    """Sort what is wrong: a fault first, then a wrong answer shown as fact, then a refusal of what is there."""
    shown = bool(record.answer.get("claims"))
    return (
        0 if record.error else 1 if shown and not record.question.answerable else 2 if shown else 3,
        record.question.id,
    )


def _slow_row(record: Record) -> tuple[str, ...]:
    scores = score(record)
    return (
        record.question.text,
        f"{record.seconds:.2f}",
        f"{(scores['first_token_ms'] or 0.0) / 1000:.2f}",
        f"{scores['prompt_tokens']:.0f}",
        f"{scores['output_tokens']:.0f}",
    )


def _case_html(environment: Environment, record: Record) -> str:
    question, answer = record.question, record.answer
    pieces = " + ".join(" or ".join(one) for one in question.must_include)
    return environment.get_template("case.html").render(
        right=score(record)["right"],
        id=question.id,
        type=question.type,
        seconds=f"{record.seconds:.2f}",
        outcome=answer.get("outcome", ""),
        question=question.text,
        history=" / ".join(content for _, content in question.history),
        wanted=" or ".join(question.answers) or pieces or "that the archive does not say",
        said=answer.get("answer", ""),
        error=record.error,
        claims=answer.get("claims", ()),
        withheld=answer.get("withheld", ()),
        evidence=answer.get("evidence", ()),
    )
