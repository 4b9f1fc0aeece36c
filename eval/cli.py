"""`python -m eval`: measure, report, compare, guard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.records import Record

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
def run_command(  # noqa: PLR0917 - the options of a command line
    dataset: Annotated[str, typer.Option(help="seed, rgb, cmrc, qa_articles")] = "seed",
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
    from eval.runner import run, shown_progress
    from rag.settings import read_settings

    settings = read_settings(**({"llm": llm} if llm else {}))
    chosen = user_dataset(questions, documents or ()) if questions else load_dataset(dataset, data)
    chosen = chosen.selected(limit=limit, sample=sample, seed=seed)
    with shown_progress() as progress:
        done = run(chosen, system or ["baowen"], settings, folder=out, progress=progress, fresh=fresh)
    _print_run(done.records, done.about["dataset"])
    typer.echo(f"\n{done.folder}")


@app.command("check")
def check_command(questions: Annotated[Path, typer.Argument(help="A file of questions.")]) -> None:
    """Check a file of questions; every bad line is named."""
    from eval.questions import read_questions

    found = read_questions(questions)
    typer.echo(f"{questions}: {len(found)} questions, {sum(not one.answerable for one in found)} of them unanswerable.")


def _print_run(records: Sequence[Record], name: str) -> None:
    from rich.console import Console

    from eval.scoring import grouped
    from eval.tables import by_system, by_type, summary_table, verdict_line, wrong

    console = Console(width=max(160, Console().width))
    for system, rows in grouped(records, lambda one: one.system).items():
        console.print(summary_table(f"{system}, by type of question", by_type(rows)))
        for record in wrong(rows)[:40]:
            console.print(f"  ✗ {verdict_line(record)}", markup=False, highlight=False)
    console.print(summary_table(f"{name}: all systems", by_system(records)))


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
