import json
import re

import pytest

from eval import archives, retrieval
from eval.recipes import Request, Result, run_recipe
from eval.report import write_report
from rag.errors import InputError, LLMError
from rag.fakes import HashEmbedder, ScriptedModel
from rag.protocols import Told
from rag.settings import Settings

TOPICS = ("新桥通车", "小学扩建", "医院开业", "公园绿化", "地铁试运行", "稻谷丰收")
PEOPLE = ("李建国", "王志强", "张晓丽", "刘海涛", "陈文静", "赵国庆")


@pytest.fixture
def request_(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_embedder", lambda settings: HashEmbedder())
    return Request(tmp_path, Settings(llm="none"), runs=tmp_path / "runs")


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def articles():
    for number, topic in enumerate(TOPICS):
        body = (
            f"{topic}的消息近日传来。{topic}工程总投资{number + 3}亿元，历时{number + 2}年。"
            f"负责人{PEOPLE[number]}表示，{topic}造福{number + 5}万名市民。"
        )
        yield {
            "id": f"a{number}",
            "title": topic,
            "date": f"2023-08-0{1 + number % 2}",
            "body": body,
            "summary": body[:30],
        }


def test_ranking_a_pool_gives_every_system_a_row(request_):
    folder = request_.data / "retrieval"
    rows = list(articles())
    write(
        folder / "corpus.jsonl",
        [{"doc_id": r["id"], "title": r["title"], "date": r["date"], "text": r["body"]} for r in rows],
    )
    write(
        folder / "queries.jsonl",
        [{"qid": f"q{n}", "type": "event", "query": f"{t}总投资多少？"} for n, t in enumerate(TOPICS)],
    )
    write(folder / "qrels.jsonl", [{"qid": f"q{n}", "doc_id": f"a{n}", "grade": 2} for n in range(len(TOPICS))])
    where, result = run_recipe("retrieval", request_)
    assert {name.split(", event")[0] for name in result.figures} == set(retrieval._SYSTEMS)
    assert result.figures["BM25, bigrams, event"]["MRR@10"] == 1.0
    assert result.figures["hybrid, event"]["MRR@10"] == 1.0
    assert json.loads((where / "result.json").read_text("utf-8"))["figures"] == result.figures


def test_indexes_agree_where_what_one_alone_has_is_a_tie():
    here = [{"a": 3.0, "b": 2.0}, {"a": 3.0, "b": 2.0, "c": 1.9999}, {"a": 3.0, "b": 2.0}]
    there = [{"b": 3.0, "a": 2.0}, {"a": 3.0, "b": 2.0, "d": 1.9999}, {"a": 3.0, "c": 2.0}]
    there[2] |= {"d": 1.0}
    agreement = retrieval.with_agreement(Result({}, ()), here, there).figures["agreement"]
    assert agreement == pytest.approx({"the same ten": 1 / 3, "up to ties": 2 / 3, "the same first": 2 / 3})


def test_digests_are_scored_beside_lead_3(request_):
    write(request_.data / "articles" / "articles.jsonl", list(articles()))
    where, result = run_recipe("digest", request_)
    ours = result.figures["none"]
    assert 0.0 < ours["rouge_l"] <= 1.0
    assert ours["verified"] == 1.0
    assert 0.0 < ours["coverage"] <= 1.0
    assert [row[0] for row in result.sheets[1].rows] == ["2023-08-01", "2023-08-02"]
    assert result.notes == ()
    page = write_report(where).read_text("utf-8")
    assert "lead-3" in page
    assert "default-src 'none'" in page


def test_the_verifier_is_scored_by_kind(request_):
    write(request_.data / "articles" / "articles.jsonl", list(articles()))
    _, result = run_recipe("verifier", request_)
    assert result.figures["verifier"]["caught"] > 0.5
    assert any(row[0].startswith("false: digit") for row in result.sheets[0].rows)


def test_missing_data_is_a_stated_fault(request_):
    for name in ("retrieval", "digest", "verifier"):
        with pytest.raises(InputError):
            run_recipe(name, request_)


def test_the_weights_of_weighing_are_fitted_on_lines_with_and_without_the_answer(request_, monkeypatch):
    rows = [
        {"id": f"a{n}", "title": topic, "date": "2023-08-01", "event": "", "summary": "", "body": body}
        for n, topic in enumerate(TOPICS)
        for body in [
            f"{topic}工程总投资{n + 3}亿元，历时{n + 2}年。{topic}二期工程总投资{n + 23}亿元，历时{n + 12}年。"
        ]
    ]
    questions = [
        {"qid": f"q{n}", "article_id": row["id"], "question": f"{row['title']}工程总投资多少亿元？"}
        | {"answer": f"{n + 3}亿元", "answer_in_event": True, "event": ""}
        for n, row in enumerate(rows)
    ]
    write(request_.data / "qa_articles" / "articles.jsonl", rows)
    write(request_.data / "qa_articles" / "qa.jsonl", questions)
    contexts = [
        {"id": f"c{n}", "context_id": row["id"], "title": row["title"], "context": row["body"]}
        | {"question": f"{row['title']}历时几年？", "answers": [f"{n + 2}年"]}
        for n, row in enumerate(rows)
    ]
    write(request_.data / "cmrc" / "cmrc.jsonl", contexts)

    def reads(user):
        if user.endswith("吗？"):
            return Told("对", {"对": -0.1, "错": -2.0})
        source, asked = user.splitlines()[:2]
        words = re.findall(r"\d+亿元" if "投资" in asked else r"\d+年", source)[-1]
        return Told(words, {words[0]: -0.1, "无": -0.2 if "二期" in source else -5.0})

    monkeypatch.setattr("rag.llm.open_llm", lambda settings: ScriptedModel("", reads=reads))
    _, result = run_recipe("weighing", request_)
    assert result.figures["cmrc"]["before checking"] > 0.9
    [found, checked] = result.sheets[1].rows
    assert (len(found[1].split()), len(checked[1].split())) == (4, 5)


def test_without_a_model_that_tells_there_is_nothing_to_weigh(request_):
    write(request_.data / "qa_articles" / "articles.jsonl", list(articles()))
    write(request_.data / "qa_articles" / "qa.jsonl", [])
    with pytest.raises(LLMError, match="weighing needs a language model"):
        run_recipe("weighing", request_)


def test_too_few_lines_to_weigh_are_said(request_, monkeypatch):
    monkeypatch.setattr(
        "rag.llm.open_llm", lambda settings: ScriptedModel("", reads=Told("无", {"无": -0.1, "3": -3.0}))
    )
    for name, files in (("qa_articles", ("articles", "qa")), ("cmrc", ("cmrc",))):
        for file in files:
            write(request_.data / name / f"{file}.jsonl", [])
    with pytest.raises(InputError, match="too few lines"):
        run_recipe("weighing", request_)
