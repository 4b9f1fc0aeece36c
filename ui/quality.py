"""The Quality tab: the latest evaluation report as it is, and a run of the seed questions.

`eval` belongs to the project's folder and is not installed with the program; it runs as its own process from there.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ui.desk import language_of
from ui.labels import Labels
from ui.panels import make_panel
from ui.render import note, text
from ui.texts import Language, say

PROJECT = Path(__file__).resolve().parents[1]
_MOST_BYTES = 5_000_000
_MOST_SECONDS = 900
_RUN = ("run", "--dataset", "seed", "--llm", "none")


@dataclass(frozen=True)
class QualityTab:
    """The components of the tab."""

    run: Any
    state: Any
    report: Any


def make_quality(labels: Labels) -> QualityTab:
    """Lay out the tab."""
    with gr.Row(elem_classes="tools", equal_height=False):
        run = labels.add(gr.Button(scale=0, min_width=160, elem_id="quality-run"), value="quality.run")
        state = make_panel("quality-state")
    return QualityTab(run, state, make_panel("report"))


def has_eval(project: Path = PROJECT) -> bool:
    """Return whether the evaluation program is there."""
    return (project / "eval" / "__main__.py").is_file()


def report_panel(language: Language, project: Path = PROJECT) -> str:
    """Return the latest report in a frame without scripts, or why there is none."""
    if not has_eval(project):
        return note(say("quality.no_eval", language), "hint")
    reports = sorted((project / "runs").glob("*/report.html"), key=lambda path: path.stat().st_mtime)
    if not reports:
        return note(say("quality.none", language), "hint")
    page = reports[-1].read_bytes()[:_MOST_BYTES].decode("utf-8", "replace")
    title = text(f"{say('quality.report', language)} · {reports[-1].parent.name}")
    return f'<h2>{title}</h2><iframe sandbox="" title="{title}" srcdoc="{text(page)}"></iframe>'


def run_seed_questions(project: Path = PROJECT) -> str:
    """Run the seed questions without a model and write the report; return what went wrong, or an empty string."""
    folder = ""
    for arguments in (_RUN, ("report",)):
        command = [sys.executable, "-m", "eval", *arguments, *([folder] if folder else [])]
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, and words that stand above
                command, cwd=project, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines:
            return (done.stderr.strip().splitlines() or ["?"])[-1]
        folder = lines[-1]
    return ""


def wire_quality(tab: QualityTab, shown: Any, language: Any) -> None:
    """Connect the tab; the report is fetched when the tab is `shown`."""
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    def run(state: str) -> Any:
        name = language_of(state)
        if not has_eval():
            yield note(say("quality.no_eval", name), "hint"), gr.skip()
            return
        yield note(say("quality.running", name), "hint pulse"), gr.skip()
        wrong = run_seed_questions()
        if wrong:
            yield note(say("quality.failed", name, reason=wrong), "hint"), gr.skip()
        else:
            yield "", report_panel(name)

    tab.run.click(run, [language], [tab.state, tab.report], api_name="desk_quality", concurrency_limit=1, **quiet)
    shown.select(
        lambda state: report_panel(language_of(state)), [language], [tab.report], api_name="desk_report", **quiet
    )
