"""What a suite finds, and how it is written down: JSON and one picture."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from eval.records import code_version, versions, write_whole


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure beside the peer's or the limit that it must keep. `good` says whether it does."""

    name: str
    ours: float
    theirs: float
    against: str
    unit: str
    less_is_better: bool = True

    @property
    def times(self) -> float:
        """How many times better than the other: above 1 is better."""
        one, other = (self.theirs, self.ours) if self.less_is_better else (self.ours, self.theirs)
        return one / other if other else float("inf")


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over sizes: `lines` holds the points of each by name. `log` draws both axes by powers of ten."""

    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    log: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """A suite's table, its ratios and its plots; notes say what was left out."""

    suite: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ratios: tuple[Ratio, ...]
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()


def timed(work: Callable[[], object], repeat: int = 1) -> float:
    """Return the median seconds of `repeat` runs of `work`."""
    found = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return median(found)


def memory_mb() -> float:
    """Return the memory this process holds now, in MiB."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20


def folder_mb(folder: Path) -> float:
    """Return the size of everything in a folder, in MiB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def write_outcome(outcome: Outcome, folder: Path) -> tuple[Path, Path | None]:
    """Write `SUITE.json` and, where there is something to draw, `SUITE.png`; return both paths."""
    about: dict[str, Any] = asdict(outcome)
    about["ratios"] = [{**asdict(one), "times": one.times} for one in outcome.ratios]
    about |= {
        "code": code_version(),
        "versions": versions(),
        "load": os.getloadavg()[0],
        "written": time.strftime("%FT%T"),
    }
    text = folder / f"{outcome.suite}.json"
    write_whole(text, json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    if not outcome.plots:
        return text, None
    return text, draw(outcome, folder / f"{outcome.suite}.png")


def draw(outcome: Outcome, path: Path) -> Path:
    """Draw the plots of a suite side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(outcome.plots), figsize=(5.2 * len(outcome.plots), 4), squeeze=False)
    for axis, plot in zip(axes[0], outcome.plots, strict=True):
        for name, points in plot.lines.items():
            axis.plot([x for x, _ in points], [y for _, y in points], marker="o", label=name)
        if plot.log:
            axis.set_xscale("log")
            axis.set_yscale("log")
        else:
            axis.set_ylim(bottom=0)
        axis.set(title=plot.title, xlabel=plot.x, ylabel=plot.y)
        axis.grid(visible=True, alpha=0.3)
        axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path
