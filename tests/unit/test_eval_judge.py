import json

import pytest
from llama_index.core.llms import MockLLM

from eval.judge import FILE, Opinion, judge, judge_run, opinion_rows, read_opinions
from eval.questions import Question
from eval.records import Record, write_run
from rag.errors import LLMError
from rag.settings import Settings


def record(text="共26个"):
    quote = {"article_id": "a", "start": 0, "end": 9, "quote": "建成墩柱26个。"}
    claims = [{"text": text, "verdict": "supported", "reasons": [], "citations": [quote]}]
    answer = {"outcome": "answered", "answer": text, "claims": claims}
    return Record("k", "baowen", Question("1", "几个？", answers=("26个",)), answer, ("a",))


def test_words_that_are_no_verdict_give_no_mark():
    found = judge([record()], MockLLM(), "mock")
    assert found == [Opinion("k", "baowen", "mock", None, found[0].faithful)]
    assert found[0].faithful in {True, False, None}


def test_opinions_are_averaged_by_system_and_judge(tmp_path):
    opinions = [
        Opinion("1", "a", "m", 4.0, True),
        Opinion("2", "a", "m", 2.0, False),
        Opinion("3", "b", "m", None, None),
    ]
    assert opinion_rows(opinions) == [("a", "m", "2", "3.00 of 5 (2)", "50%"), ("b", "m", "1", "–", "–")]
    assert read_opinions(tmp_path) == []
    (tmp_path / FILE).write_text(
        json.dumps({"key": "1", "system": "a", "judge": "m", "mark": 4.0, "faithful": True}), "utf-8"
    )
    assert read_opinions(tmp_path) == opinions[:1]


def test_without_a_model_there_is_no_judge(tmp_path):
    write_run(tmp_path, {}, [record()])
    with pytest.raises(LLMError, match="judge"):
        judge_run(tmp_path, Settings(llm="none"))
