"""Results as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from eval.records import Record
from eval.scoring import Summary, grouped, score, summarise

if TYPE_CHECKING:
    from rich.table import Table

    from eval.bench.outcome import Ratio
    from eval.compare import Comparison
    from eval.gate import Floor

Columns = tuple[tuple[str, str, str], ...]
COLUMNS: Columns = (
    ("accuracy", "right", "answerable questions answered rightly"),
    ("refusal_recall", "refused", "unanswerable questions refused"),
    ("refusal_precision", "refusals right", "share of the refusals that were of unanswerable questions"),
    ("cited", "cited right", "answers with a citation that is in the reference"),
    ("sentence_precision", "cite P", "share of the citations that are a reference sentence"),
    ("sentence_recall", "cite R", "share of the reference sentences that are cited"),
    ("article_precision", "article P", "share of the cited articles that are the right ones"),
    ("numbers", "figures", "share of the figures in answers that stand in what is cited"),
    ("supported", "verified", "share of the shown sentences that the program found supported"),
    ("addressed", "addresses", "share of the citations whose quote stands where they say"),
    ("character_f1", "char F1", "best character F1 over the reference answers"),
)
MORE_COLUMNS: Columns = (
    ("exact", "exact", "answers that are a reference answer and nothing else"),
    ("rouge_l", "ROUGE-L", "best ROUGE-L over the reference answers, by characters"),
    ("cmrc_f1", "CMRC F1", "best F1 by the longest common run"),
    ("must_include", "pieces", "share of the required pieces that are there"),
)

OPINION_HEADER = ("system", "judge", "answers judged", "mean mark", "found faithful")


def percent(value: float | None) -> str:
    """Return a share as a percentage, or a dash."""
    return "–" if value is None else f"{100 * value:.1f}%"


def figures(summary: Summary, columns: Columns = COLUMNS) -> list[str]:
    """Return the cells of one row, in the order of `headings`."""
    shares = [percent(getattr(summary, name)) for name, _, _ in columns]
    times = [f"{summary.median_seconds:.2f}", f"{summary.p90_seconds:.2f}"]
    return [*shares, *times, f"{summary.prompt_tokens:.0f}+{summary.output_tokens:.0f}"]


def headings(columns: Columns = COLUMNS) -> list[tuple[str, str]]:
    """Return the names of the columns after the first two, and what they mean."""
    times = [("median s", "seconds a question"), ("p90 s", "nine in ten are faster"), ("tokens", "read + written")]
    return [(title, meaning) for _, title, meaning in columns] + times


def columns_of(rows: Sequence[tuple[str, Summary]], columns: Columns = COLUMNS) -> Columns:
    """Return those of `columns` that have a value in one of the rows."""
    return tuple(one for one in columns if any(getattr(summary, one[0]) is not None for _, summary in rows))


def summary_table(title: str, rows: Sequence[tuple[str, Summary]]) -> Table:
    """Return one table with a row for each summary."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("n", justify="right")
    columns = columns_of(rows)
    for name, _ in headings(columns):
        table.add_column(name, justify="right")
    for name, summary in rows:
        failed = f" ({summary.errors} failed)" if summary.errors else ""
        table.add_row(name + failed, str(summary.questions), *figures(summary, columns))
    return table


def comparison_table(found: Comparison) -> Table:
    """Return the tests of a comparison."""
    from rich.table import Table

    table = Table(
        "score",
        "n",
        "before",
        "after",
        "change (95%)",
        "better",
        "worse",
        "p",
        title=found.system,
        title_justify="left",
    )
    for title, test in found.tests:
        interval = test.difference
        table.add_row(
            title,
            str(test.questions),
            f"{test.before:.3f}",
            f"{test.after:.3f}",
            f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]",
            str(test.better),
            str(test.worse),
            f"{test.p_value:.3f}{' *' if test.significant else ''}",
        )
    return table


def text_table(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table of ready cells."""
    from rich.table import Table

    table = Table(*header, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


def ratios_table(ratios: Iterable[Ratio]) -> Table:
    """Return what a benchmark is held against."""
    rows = (
        (
            one.name,
            f"{one.ours:.3g} {one.unit}",
            f"{one.theirs:.3g} {one.unit}",
            one.against,
            f"{one.times:.2f}",
            "" if one.times >= 1 else "✗",
        )
        for one in ratios
    )
    return text_table("ratios (above 1 is better)", ("what", "ours", "other", "other being", "times", ""), rows)


def floors_table(part: str, figures: Mapping[str, float], floors: Mapping[str, Floor]) -> Table:
    """Return the figures of one part of the gate beside their floors."""
    from rich.table import Table

    table = Table("figure", "measured", "floor", title=f"gate, {part}", title_justify="left")
    for name in dict.fromkeys([*figures, *floors]):
        floor = f"{floors[name].floor:.3f}" if name in floors else "–"
        table.add_row(name, f"{figures[name]:.3f}" if name in figures else "–", floor)
    return table


def by_system(records: Sequence[Record]) -> list[tuple[str, Summary]]:
    """Return the averages of each system."""
    return [(name, summarise(name, rows)) for name, rows in grouped(records, lambda one: one.system).items()]


def by_type(records: Sequence[Record]) -> list[tuple[str, Summary]]:
    """Return the averages of each type of question, over the records of one system."""
    return [(name, summarise(name, rows)) for name, rows in grouped(records, lambda one: one.question.type).items()]


def wrong(records: Sequence[Record]) -> list[Record]:
    """Return what went wrong: wrong answers, answers to the unanswerable, failures."""
    return [record for record in records if not score(record)["right"]]


def verdict_line(record: Record) -> str:
    """Return what was expected and what was said, on one line."""
    question = record.question
    pieces = " + ".join("|".join(one) for one in question.must_include)
    wanted = " / ".join(question.answers) or pieces or "(nothing)"
    said = record.error or record.answer.get("answer", "").replace("\n", " ") or f"({record.answer.get('outcome')})"
    return f"{question.id} {question.text}  wanted: {wanted}  said: {said[:160]}"
