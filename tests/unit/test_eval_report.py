import re

import pytest

from eval.compare import compare
from eval.questions import Question
from eval.records import Record, write_run
from eval.report import report_html, write_report
from rag.errors import InputError

ABOUT = {
    "dataset": "<b>mine</b>",
    "dataset_sha256": "0" * 64,
    "questions": 3,
    "systems": ["baowen"],
    "code": "abc",
    "models": {"llm": "none", "embedder": "e5"},
    "settings": {"top": 8},
    "versions": {"python": "3.11"},
    "started": "2025-07-11T00:00:00",
    "load": 0.1,
}
POISON = '<script>alert(1)</script><img src="http://outside/x.png">'


def record(name, text, *, right=True, system="baowen", seconds=0.5):
    question = Question(name, f"问{name}？", answers=("甲",))
    said = "甲" if right else text
    quote = {"article_id": "a", "start": 0, "end": 2, "quote": text, "title": text, "date": "", "external_id": ""}
    claim = {"text": said, "verdict": "supported", "reasons": [text], "citations": [quote]}
    answer = {
        "outcome": "answered",
        "answer": said,
        "claims": [claim],
        "evidence": [quote],
        "withheld": [claim],
        "timings": {"retrieval_ms": 100, "evidence_ms": 200, "first_token_ms": 0, "total_ms": 500},
    }
    return Record("k" + name, system, question, answer, ("a",), seconds)


def test_a_report_is_whole_and_every_text_in_it_is_escaped():
    page = report_html(ABOUT, [record("1", POISON, right=False), record("2", POISON), record("3", "乙", right=False)])
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>mine" not in page
    assert not re.search(r"<[^>]*\s(?:src|href)=", page)
    assert "&lt;script&gt;" in page
    assert page.count("<svg") == 3
    assert "33.3%" in page


def test_a_report_lies_in_the_folder_of_its_run(tmp_path):
    write_run(tmp_path, ABOUT, [record("1", "乙")])
    path = write_report(tmp_path)
    assert path.parent == tmp_path
    assert "问1？" in path.read_text("utf-8")
    with pytest.raises(InputError):
        write_report(tmp_path / "absent")


def test_comparing_names_every_question_that_changed_sides():
    before = [record(str(n), "乙", right=n < 4) for n in range(8)]
    after = [record(str(n), "乙", right=n > 0) for n in range(9)]
    found = compare(before, after)
    tests = dict(found.tests)
    assert tests["right (refusals of unanswerable ones included)"].better == 4
    assert tests["right (refusals of unanswerable ones included)"].worse == 1
    assert [(one.question, one.better) for one in found.changes] == [
        ("0", False),
        *((str(n), True) for n in range(4, 8)),
    ]
    assert found.changes[1].before == "乙"
    assert found.unmatched == 1


def test_systems_of_two_runs_are_chosen_by_name():
    both = [record("1", "乙", right=False), record("1", "乙", system="bm25")]
    with pytest.raises(InputError, match="--system"):
        compare(both, both)
    found = compare(both, both, "baowen", "bm25")
    assert found.system == "baowen → bm25"
    assert found.changes[0].better
    with pytest.raises(InputError, match="in common"):
        compare(both, [record("9", "乙")], "baowen")
