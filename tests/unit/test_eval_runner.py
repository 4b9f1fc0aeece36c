import json
import re

import pytest

from eval.archives import RememberedEmbedder
from eval.datasets import Dataset
from eval.questions import Question
from eval.records import Record, read_run
from eval.runner import run
from eval.scoring import score, summarise
from rag.errors import InputError, LLMError
from rag.fakes import HashEmbedder
from rag.settings import Settings

BODY = "新桥将于10月1日通车。大桥全长1200米，总投资3亿元。"
ARTICLES = (
    {"id": "bridge", "title": "新桥十月通车", "date": "2025-07-11", "body": BODY},
    {"id": "school", "title": "小学扩建", "date": "2025-07-11", "body": "城南小学扩建完工，新增学位900个。"},
)
QUESTIONS = (
    Question("1", "新桥什么时候通车？", answers=("10月1日",), evidence=("新桥将于10月1日通车",)),
    Question("2", "城南小学新增学位多少个？", "list", answers=("900个",), articles=("school",), within=("school",)),
    Question("3", "机场有几条跑道？", "unanswerable"),
)


@pytest.fixture
def dataset():
    return Dataset("mine", QUESTIONS, articles=ARTICLES)


def test_a_run_is_written_read_and_not_repeated(dataset, tmp_path):
    settings = Settings(llm="none")
    stages: list[str] = []

    def progress(stage, done, total):
        stages.append(stage)

    first = run(dataset, ["bm25"], settings, runs=tmp_path, embedder=HashEmbedder(), progress=progress)
    assert "ask bm25" in stages
    assert [one.question.id for one in first.records] == ["1", "2", "3"]
    by_id = {one.question.id: score(one) for one in first.records}
    assert by_id["1"]["right"] == by_id["1"]["cited"] == by_id["1"]["sentence_precision"] == 1.0
    assert by_id["2"]["right"] == by_id["2"]["article_precision"] == 1.0
    stages.clear()
    again = run(dataset, ["bm25"], settings, runs=tmp_path, embedder=HashEmbedder(), progress=progress)
    assert not stages
    assert again.records == first.records
    assert again.folder == first.folder
    about, records = read_run(first.folder)
    assert records == first.records
    assert about["dataset_sha256"] == dataset.sha256
    assert not re.search('key|token"|password|user', json.dumps(about["settings"]))
    other = run(
        dataset, ["bm25"], Settings(llm="none", top=3), runs=tmp_path, embedder=HashEmbedder(), progress=progress
    )
    assert stages
    assert other.folder != first.folder


def test_a_failure_is_recorded_and_tried_again(dataset, tmp_path, monkeypatch):
    from eval import peers

    calls: list[str] = []

    def opened(bench):
        def ask(question):
            calls.append(question.id)
            raise LLMError("the model is down")

        return ask

    monkeypatch.setitem(peers.PEERS, "broken", opened)
    for _ in range(2):
        done = run(dataset, ["broken"], Settings(llm="none"), runs=tmp_path, embedder=HashEmbedder())
        assert {one.error for one in done.records} == {"the model is down"}
        assert summarise("broken", done.records).errors == 3
    assert calls == ["1", "2", "3"] * 2


def test_unknown_systems_and_empty_datasets_are_refused(dataset, tmp_path):
    with pytest.raises(InputError, match="no system 'x'"):
        run(dataset, ["x"], Settings(llm="none"), runs=tmp_path, embedder=HashEmbedder())
    with pytest.raises(InputError, match="no questions"):
        run(Dataset("none", ()), ["bm25"], Settings(llm="none"), runs=tmp_path)
    with pytest.raises(InputError, match="is no run"):
        read_run(tmp_path / "absent")


def answer(text="", outcome="answered", citations=(), verdict="supported"):
    claims = [{"text": text, "verdict": verdict, "reasons": [], "citations": list(citations)}] if text else []
    return {"outcome": outcome, "answer": text, "claims": claims, "evidence": [], "timings": {"total_ms": 5}}


def cite(article, start, quote):
    return {"article_id": article, "start": start, "end": start + len(quote), "quote": quote}


def test_citations_are_scored_by_sentence_and_by_article():
    question = Question("q", "？", answers=("10月1日",), evidence=("10月1日通车", "总投资3亿元"))
    cited = (cite("a", 0, "新桥将于10月1日通车。"), cite("b", 0, "与此无关的一句话。"))
    found = score(Record("k", "s", question, answer("10月1日。", citations=cited), ("a", "c")))
    assert found["cited"] == 1.0
    assert found["sentence_precision"] == found["sentence_recall"] == 0.5
    assert found["article_precision"] == found["article_recall"] == 0.5
    assert found["supported"] == 1.0


def test_refusing_is_right_only_where_there_is_no_answer():
    there, absent = Question("q", "？", answers=("甲",)), Question("q", "？", "unanswerable")
    refusal = answer(outcome="not_found")
    assert score(Record("k", "s", absent, refusal))["right"] == 1.0
    assert score(Record("k", "s", there, refusal))["right"] == 0.0
    assert score(Record("k", "s", absent, answer("甲")))["right"] == 0.0
    assert score(Record("k", "s", absent, answer("甲", outcome="not_found")))["right"] == 0.0
    both = summarise("s", [Record("k", "s", absent, refusal), Record("k", "s", there, refusal)])
    assert (both.refusal_recall, both.refusal_precision, both.accuracy) == (1.0, 0.5, 0.0)


def test_vectors_are_remembered_by_text(tmp_path):
    seen: list[str] = []

    class Counting(HashEmbedder):
        def passages(self, texts, progress=lambda *_: None):
            seen.extend(texts)
            return super().passages(texts)

    embedder = RememberedEmbedder(Counting(), tmp_path / "vectors.sqlite")
    one = embedder.passages(["甲乙", "丙丁", "甲乙"])
    two = embedder.passages(["丙丁", "戊己"])
    assert seen == ["甲乙", "丙丁", "戊己"]
    assert (one[1] == two[0]).all()
    assert (one[0] == one[2]).all()
    assert embedder.passages([]).shape == (0, 64)
