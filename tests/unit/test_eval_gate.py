import json
from dataclasses import replace

import pytest

from eval import gate
from eval.datasets import load_dataset
from eval.gate import FAST, SLOW, Baseline, Floor
from eval.questions import Question
from eval.records import Record
from rag.errors import InputError

EMPTY = Baseline("", ("d03",), {})


def quote(text, article="a"):
    return {"article_id": article, "start": 0, "end": len(text), "quote": text}


def record(name, cited, *, verdict="supported", addressed=1.0, said="共26个"):
    question = Question(name, "几个？", answers=("26个",), evidence=("建成墩柱26个",))
    claims = [{"text": said, "verdict": verdict, "reasons": [], "citations": [quote(cited)]}]
    return Record(
        name, "baowen", question, {"outcome": "answered", "answer": said, "claims": claims}, ("a",), addressed=addressed
    )


GOOD = [record(str(n), "目前建成墩柱26个。") for n in range(8)]
NAMES = ("accuracy", "cited", "sentence_precision", "numbers", "supported", "addressed")


@pytest.fixture
def baseline():
    return gate.raised(FAST, gate.shares(GOOD, NAMES), EMPTY)


@pytest.mark.parametrize(
    ("spoilt", "caught"),
    [
        (record("0", "下一句说的是别的事情。"), {"cited", "sentence_precision", "numbers"}),
        (record("0", "目前建成墩柱26个。", addressed=0.0), {"addressed"}),
        (record("0", "目前建成墩柱26个。", verdict="unsupported"), {"supported"}),
        (record("0", "目前建成墩柱26个。", said="共62个"), {"accuracy", "numbers"}),
    ],
)
def test_one_spoilt_answer_in_eight_falls_under_a_floor(baseline, spoilt, caught):
    assert gate.faults(FAST, gate.shares(GOOD, NAMES), baseline) == []
    found = gate.faults(FAST, gate.shares([spoilt, *GOOD[1:]], NAMES), baseline)
    assert {sentence.split(" (")[0] for sentence in found} == caught
    assert all("floor is 1.000" in sentence for sentence in found)


def test_a_figure_that_is_no_longer_measured_is_a_fault(baseline):
    assert any("was not measured" in sentence for sentence in gate.faults(FAST, {"cited": 1.0}, baseline))


def test_updating_raises_and_never_lowers():
    first = gate.raised(FAST, {"accuracy": 0.8}, EMPTY)
    assert gate.raised(FAST, {"accuracy": 0.7}, first) == first
    assert gate.raised(FAST, {"accuracy": 0.9}, first).floors[FAST]["accuracy"] == Floor(0.9, 0.9)
    assert gate.raised(SLOW, {"accuracy": 1.0}, EMPTY).floors[SLOW]["accuracy"].floor == 0.875


def test_a_floor_is_lowered_only_with_a_reason(tmp_path):
    file = tmp_path / "baseline.json"
    lowered = {FAST: {"accuracy": Floor(0.7, 0.8)}}
    gate.write_baseline(replace(EMPTY, floors=lowered), file)
    with pytest.raises(InputError, match="reason"):
        gate.read_baseline(file)
    explained = replace(EMPTY, floors={FAST: {"accuracy": Floor(0.7, 0.8, "a stricter metric")}})
    gate.write_baseline(explained, file)
    assert gate.read_baseline(file) == explained
    assert gate.raised(FAST, {"accuracy": 0.75}, explained).floors[FAST]["accuracy"].reason
    assert gate.raised(FAST, {"accuracy": 0.85}, explained).floors[FAST]["accuracy"] == Floor(0.85, 0.85)


def test_a_baseline_that_cannot_be_read_is_a_stated_fault(tmp_path):
    for text in ("", "[]", json.dumps({"floors": {"x": 1}})):
        (tmp_path / "b.json").write_text(text, "utf-8")
        with pytest.raises(InputError, match="cannot be read"):
            gate.read_baseline(tmp_path / "b.json")


def test_the_baseline_in_the_repository_is_of_the_dataset_in_the_repository():
    baseline, dataset = gate.read_baseline(), load_dataset("seed")
    assert gate.check_dataset(dataset, baseline) == []
    assert gate.check_dataset(replace(dataset, questions=dataset.questions[1:]), baseline)
    chosen = [one for one in dataset.questions if one.id in baseline.questions]
    assert len(chosen) == 8
    assert any(not one.answerable for one in chosen)
    assert set(baseline.floors) == {FAST, SLOW}


def test_the_lying_model_changes_every_figure():
    prompt = "证据：\n1. 建成墩柱26个。\n2. 今年完工。\n[3] 投资1.5亿元。\n问题：有几个墩柱2？"
    told = "".join(delta.text for delta in gate.FalseFigures().stream("", prompt))
    assert "37个" in told
    assert "2.6亿元" in told
    assert "完工" not in told
    assert "？" not in told
