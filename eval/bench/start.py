"""How long the program takes to start: the command line, the library, the first answer; beside LlamaIndex's import."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from eval.bench.outcome import Outcome, Ratio, timed
from eval.datasets import ROOT
from rag.protocols import Progress, no_progress
from rag.settings import Settings

_REPEAT = 5
QUESTION = "“莲心办”累计下沉干部多少人次？"


def measure_start(settings: Settings, limit: int = 0, progress: Progress = no_progress) -> Outcome:
    """Start fresh processes and time them; medians of five (or `limit`)."""
    repeat = limit or _REPEAT
    with tempfile.TemporaryDirectory(prefix="baowen-start-") as folder:
        environment = {
            **os.environ,
            "BAOWEN_HOME": str(Path(folder) / "archive"),
            "BAOWEN_MODELS": str(settings.models),
            "BAOWEN_LLM": "none",
        }

        def run(*arguments: str) -> None:
            subprocess.run(  # noqa: S603 - this interpreter, our own arguments
                [sys.executable, *arguments],
                check=True,
                env=environment,
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

        baowen = ("-c", "from rag.cli import main; main()")
        ingest = timed(lambda: run(*baowen, "ingest", "seeds"))
        starts = {
            "python, nothing": ("-c", "pass"),
            "baowen --help": (*baowen, "--help"),
            "import rag.service": ("-c", "import rag.service"),
            "import llama_index.core": ("-c", "import llama_index.core"),
            "baowen search, cold": (*baowen, "search", QUESTION),
            "baowen ask --no-llm, cold": (*baowen, "ask", "--no-llm", QUESTION),
        }
        times: dict[str, float] = {}
        for name, arguments in starts.items():
            progress("starts", len(times), len(starts))
            times[name] = timed(partial(run, *arguments), repeat)
        progress("starts", len(times), len(starts))
    rows = (("baowen ingest seeds, cold", f"{ingest:.2f}"), *((name, f"{value:.2f}") for name, value in times.items()))
    ratios = (
        Ratio("baowen --help", times["baowen --help"], 0.5, "the limit of 0.5 s", "s"),
        Ratio("first answer without LLM", times["baowen ask --no-llm, cold"], 6.0, "the limit of 6 s", "s"),
        Ratio(
            "import of the library",
            times["import rag.service"],
            times["import llama_index.core"],
            "import llama_index.core",
            "s",
        ),
    )
    return Outcome("start", ("what", "median s"), rows, ratios)
