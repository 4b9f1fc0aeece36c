"""`python -m eval`: measure, report, compare, guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from eval.records import Record
    from rag.settings import Settings

app = typer.Typer(
    name="eval",
    help="Measure Baowen against reference questions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Data = Annotated[Path | None, typer.Option("--data", help="Folder that holds the public sets (rgb/, cmrc/, ...).")]
LLMOption = Annotated[str, typer.Option("--llm", help="embedded, openai or none; default: as set.")]


@app.command("run")
def run_command(
    dataset: Annotated[
        str, typer.Option(help="seed, rgb, cmrc, qa_articles, retrieval, verifier, digest, weighing")
    ] = "seed",
    questions: Annotated[Path | None, typer.Option(help="Your own questions (.jsonl or .csv) instead.")] = None,
    documents: Annotated[list[Path] | None, typer.Option(help="Pages to ask them of; default: your archive.")] = None,
    data: Data = None,
    llm: LLMOption = "",
    system: Annotated[list[str] | None, typer.Option(help="baowen, baowen-none, or a peer; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Only the first N questions.")] = 0,
    sample: Annotated[int, typer.Option(min=0, help="Only N questions, drawn evenly over the types.")] = 0,
    seed: Annotated[int, typer.Option(help="What the sample is drawn by.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the run; default: runs/NAME.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask again what was asked before.")] = False,
) -> None:
    """Ask a dataset's questions, print the figures, keep every answer. Break off at any time: the next run goes on."""
    from eval.datasets import load_dataset, user_dataset
    from eval.recipes import RECIPES
    from eval.runner import run, shown_progress
    from rag.settings import read_settings

    settings = read_settings(**({"llm": llm} if llm else {}))
    if not questions and dataset in RECIPES:
        _print_recipe(dataset, settings, data, limit, sample, seed, out)
        return
    chosen = user_dataset(questions, documents or ()) if questions else load_dataset(dataset, data)
    chosen = chosen.selected(limit=limit, sample=sample, seed=seed)
    with shown_progress() as progress:
        done = run(chosen, system or ["baowen"], settings, folder=out, progress=progress, fresh=fresh)
    _print_run(done.records, done.about["dataset"])
    typer.echo(f"\n{done.folder}")


@app.command("report")
def report_command(folder: Annotated[Path, typer.Argument(help="The folder of a run.")]) -> None:
    """Write a run's report: one HTML file with tables, charts and the worst cases."""
    from eval.report import write_report

    typer.echo(write_report(folder))


@app.command("judge")
def judge_command(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
    llm: LLMOption = "",
    limit: Annotated[int, typer.Option(min=0, help="Only the first N answers.")] = 0,
) -> None:
    """Ask a language model what it thinks of a run's answers (LlamaIndex's evaluators). An opinion, not a measure."""
    from eval.judge import judge_run, opinion_rows
    from eval.runner import shown_progress
    from eval.tables import OPINION_HEADER, text_table
    from rag.settings import read_settings

    settings = read_settings(**({"llm": llm} if llm else {}))
    with shown_progress() as progress:
        opinions = judge_run(folder, settings, limit, progress)
    _console().print(text_table("a judge's opinion", OPINION_HEADER, opinion_rows(opinions)))


@app.command("compare")
def compare_command(
    before: Annotated[Path, typer.Argument(help="The folder of a run.")],
    after: Annotated[Path, typer.Argument(help="The folder of another.")],
    system: Annotated[str, typer.Option(help="Which system, where a run has several.")] = "",
    other: Annotated[str, typer.Option(help="Which system of the second run; default: the same.")] = "",
) -> None:
    """Show what changed between two runs of the same questions, question by question, and whether by chance."""
    from eval.compare import compare
    from eval.records import read_run
    from eval.tables import comparison_table

    found = compare(read_run(before)[1], read_run(after)[1], system, other)
    console = _console()
    console.print(comparison_table(found))
    for change in found.changes:
        sign = "+" if change.better else "-"
        said = f"    before: {change.before[:200]}\n    after:  {change.after[:200]}"
        line = f"{sign} {change.question} {change.text}\n{said}"
        console.print(line, style="green" if change.better else "red", markup=False, highlight=False)
    if found.unmatched:
        console.print(f"{found.unmatched} questions are in one of the runs only.")


@app.command("gate")
def gate_command(
    update: Annotated[bool, typer.Option("--update", help="Raise the floors to what is measured now.")] = False,
    fast: Annotated[bool, typer.Option("--fast", help="Only the part without the language model.")] = False,
) -> None:
    """Fail when a figure is under its floor in eval/baseline.json."""
    from eval import gate
    from eval.datasets import load_dataset
    from eval.runner import shown_progress
    from eval.tables import floors_table, verdict_line, wrong
    from rag.settings import read_settings

    settings = read_settings(llm="none") if fast else read_settings()
    dataset, baseline = load_dataset("seed"), gate.read_baseline()
    problems = [] if update else gate.check_dataset(dataset, baseline)
    with shown_progress() as progress:
        measured = {gate.FAST: gate.measure_fast(settings, dataset, progress=progress)}
        if gate.llm_ready(settings):
            measured[gate.SLOW] = gate.measure_slow(settings, dataset, baseline.questions, progress=progress)
    for part, (figures, records) in measured.items():
        problems += gate.faults(part, figures, baseline)
        _console().print(floors_table(part, figures, baseline.floors.get(part, {})))
        for record in wrong(records):
            _console().print(f"  ✗ {verdict_line(record)}", markup=False, highlight=False)
        if update:
            baseline = gate.raised(part, figures, baseline)
    if gate.SLOW not in measured:
        typer.echo("The part with the language model was left out: there is no model, or it was not asked for.")
    if update:
        gate.write_baseline(replace(baseline, dataset_sha256=dataset.sha256))
    for problem in problems:
        typer.echo(f"gate: {problem}", err=True)
    if problems:
        raise typer.Exit(1)


@app.command("bench")
def bench_command(
    suite: Annotated[
        list[str], typer.Option(help="ingest, embed, index, ask, digest, start or scale; may be repeated.")
    ],
    llm: LLMOption = "",
    limit: Annotated[int, typer.Option(min=0, help="Make it smaller: fewer sizes, questions or repeats.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for JSON and PNG; default: runs/bench.")] = None,
) -> None:
    """Measure speed and growth, as ratios against a peer or a limit in the same run."""
    from eval.bench.outcome import write_outcome
    from eval.bench.suites import measure
    from eval.runner import RUNS, shown_progress
    from eval.tables import ratios_table, text_table
    from rag.settings import read_settings

    settings = read_settings(**({"llm": llm} if llm else {}))
    for name in suite:
        with shown_progress() as progress:
            outcome = measure(name, settings, limit, progress)
        _console().print(text_table(name, outcome.header, outcome.rows))
        _console().print(ratios_table(outcome.ratios))
        for note in outcome.notes:
            typer.echo(note)
        for path in write_outcome(outcome, out or RUNS / "bench"):
            if path is not None:
                typer.echo(path)


@app.command("check")
def check_command(questions: Annotated[Path, typer.Argument(help="A file of questions.")]) -> None:
    """Check a file of questions; every bad line is named."""
    from eval.questions import read_questions

    found = read_questions(questions)
    typer.echo(f"{questions}: {len(found)} questions, {sum(not one.answerable for one in found)} of them unanswerable.")


def _print_run(records: Sequence[Record], name: str) -> None:
    from eval.scoring import grouped
    from eval.tables import by_system, by_type, summary_table, verdict_line, wrong

    console = _console()
    for system, rows in grouped(records, lambda one: one.system).items():
        console.print(summary_table(f"{system}, by type of question", by_type(rows)))
        for record in wrong(rows)[:40]:
            console.print(f"  ✗ {verdict_line(record)}", markup=False, highlight=False)
    console.print(summary_table(f"{name}: all systems", by_system(records)))


def _print_recipe(
    name: str, settings: Settings, data: Path | None, limit: int, sample: int, seed: int, out: Path | None
) -> None:
    from eval.recipes import Request, run_recipe
    from eval.runner import shown_progress
    from eval.tables import text_table
    from rag.errors import InputError

    if data is None:
        raise InputError(f"the dataset {name} is not part of Baowen: give the folder of public sets as --data DIR.")
    with shown_progress() as progress:
        where, result = run_recipe(name, Request(data, settings, limit, sample, seed, progress=progress), out)
    for sheet in result.sheets:
        _console().print(text_table(sheet.title, sheet.header, sheet.rows))
    for note in result.notes:
        _console().print(f"  {note}", markup=False, highlight=False)
    typer.echo(f"\n{where}")


def _console() -> Console:
    from rich.console import Console

    return Console(width=max(160, Console().width))


def main() -> None:
    """Run the command line; a stated failure is one sentence and exit code 1."""
    from rag.errors import BaowenError

    try:
        app(standalone_mode=True)
    except BaowenError as error:
        typer.echo(f"eval: {error}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("\neval: stopped; the same command goes on from here.", err=True)
        raise SystemExit(130) from None
