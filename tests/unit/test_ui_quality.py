from __future__ import annotations

import os
from pathlib import Path

from ui.quality import has_eval, report_panel, run_seed_questions

PROGRAM = """
import sys, pathlib
if sys.argv[1] == "run":
    assert sys.argv[1:] == ["run", "--dataset", "seed", "--llm", "none"], sys.argv
    print("some figures")
    print(pathlib.Path("runs/seed-none-1").absolute())
else:
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<h1>figures & charts</h1>")
    print(folder / "report.html")
"""


def project(folder: Path, program: str = PROGRAM) -> Path:
    (folder / "eval").mkdir(parents=True)
    (folder / "eval" / "__init__.py").write_text("")
    (folder / "eval" / "__main__.py").write_text(program)
    return folder


def test_without_the_evaluation_program_the_tab_says_so(tmp_path: Path):
    assert not has_eval(tmp_path)
    assert "评测程序" in report_panel("zh", tmp_path)


def test_the_questions_are_run_and_the_report_is_shown_in_a_frame_without_scripts(tmp_path: Path):
    where = project(tmp_path)
    assert "还没有" in report_panel("zh", where)
    assert run_seed_questions(where) == ""
    panel = report_panel("zh", where)
    assert 'sandbox=""' in panel
    assert "&lt;h1&gt;figures &amp;amp; charts" in panel or "&lt;h1&gt;figures &amp; charts" in panel


def test_the_latest_report_is_shown(tmp_path: Path):
    where = project(tmp_path)
    for age, name in ((20, "old"), (10, "new")):
        report = where / "runs" / name / "report.html"
        report.parent.mkdir(parents=True)
        report.write_text(name)
        os.utime(report, (1_000_000 - age, 1_000_000 - age))
    assert 'srcdoc="new"' in report_panel("en", where)


def test_a_run_that_fails_gives_its_last_line(tmp_path: Path):
    where = project(tmp_path, "import sys\nprint('details', file=sys.stderr)\nsys.exit('no questions')\n")
    assert run_seed_questions(where) == "no questions"
