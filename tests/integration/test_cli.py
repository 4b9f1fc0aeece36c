"""The command line as a program sees it: real processes, the real embedder, the seed page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.models
QUESTION = "“莲心办”累计下沉干部多少人次？"


@pytest.fixture
def home(seed_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seed_home, tmp_path / "archive"))


def run(home: Path, *arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "rag", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"BAOWEN_HOME": str(home)} | environment,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_ask_answers_with_an_address_that_holds(home: Path):
    (answer,) = lines(run(home, "ask", QUESTION, "--no-llm", "--json"))
    assert answer["outcome"] == "answered"
    assert "120人次" in answer["answer"]
    citation = answer["claims"][0]["citations"][0]
    (article,) = lines(run(home, "article", citation["article_id"], "--json"))
    assert article["body"][citation["start"] : citation["end"]] == citation["quote"]
    assert "下沉干部120人次" in citation["quote"]
    assert "莲心办" in article["title"]


def test_a_batch_goes_on_after_a_bad_line(home: Path, tmp_path: Path):
    batch = tmp_path / "questions.jsonl"
    batch.write_text(
        json.dumps({"id": "a", "question": QUESTION})
        + '\n{"id": "b"}\nnot json\n'
        + json.dumps({"id": "c", "question": "12345热线的群众满意度升至多少？", "filters": {"date": "2025-07-11"}})
        + "\n",
        encoding="utf-8",
    )
    done = run(home, "ask", "--batch", str(batch), "--no-llm", "--json", code=1)
    first, second, third, last = lines(done)
    assert (first["id"], last["id"]) == ("a", "c")
    assert "120人次" in first["answer"]
    assert "98%" in last["answer"]
    assert (second["line"], third["line"]) == (2, 3)
    assert "line 2" in done.stderr
    assert "line 3" in done.stderr


def test_a_batch_line_may_follow_up(home: Path, tmp_path: Path):
    batch = tmp_path / "questions.jsonl"
    history = [
        {"role": "user", "content": "湖北美的电冰箱在荆州有什么新项目？"},
        {"role": "assistant", "content": "湖北美的电冰箱有限公司的新产业园二期将在今年10月建成投产。"},
    ]
    batch.write_text(json.dumps({"question": "它建成后年产值是多少？", "history": history}), encoding="utf-8")
    (answer,) = lines(run(home, "ask", "--batch", str(batch), "--no-llm", "--json"))
    assert "250亿元" in answer["answer"]


def test_search_finds_the_article_first(home: Path, tmp_path: Path):
    (found,) = lines(run(home, "search", "西干渠人工湿地", "--json", "--top", "3"))
    assert len(found["hits"]) <= 3
    assert "西干渠" in found["hits"][0]["title"]
    batch = tmp_path / "queries.jsonl"
    batch.write_text('{"id": 7, "question": "楚商之家"}\n', encoding="utf-8")
    (line,) = lines(run(home, "search", "--batch", str(batch), "--json"))
    assert line["id"] == 7
    assert line["hits"]


def test_ready_articles_keep_their_ids_and_a_second_ingest_changes_nothing(home: Path, tmp_path: Path):
    ready = tmp_path / "ready.jsonl"
    ready.write_text(
        json.dumps({"id": "x-9", "title": "新桥通车", "body": "新桥昨日通车，全长312米。", "date": "2025-07-12"})
        + "\n{\n"
        + json.dumps({"id": "x-10", "title": "", "text": "老桥今日拆除。", "colour": "grey"})
        + "\n",
        encoding="utf-8",
    )
    (report,) = lines(run(home, "ingest", str(ready), "--json"))
    assert report["articles"] == 2
    assert len(report["skipped"]) == 1
    (again,) = lines(run(home, "ingest", str(ready), "--json"))
    assert again["articles"] == 0
    (found,) = lines(run(home, "search", "新桥全长多少米", "--json"))
    assert found["hits"][0]["external_id"] == "x-9"
    run(home, "remove", found["hits"][0]["article_id"])
    (after,) = lines(run(home, "search", "新桥全长多少米", "--json"))
    assert all(hit["external_id"] != "x-9" for hit in after["hits"])


def test_inspect_prints_the_page_as_segmented(home: Path, seeds: Path):
    page = next(seeds.glob("*.txt"))
    (found,) = lines(run(home, "pages", "inspect", str(page), "--json"))
    assert (found["paper"], found["date"]) == ("荆州日报", "2025-07-11")
    assert any(article["kind"] == "ad" for article in found["articles"])
    wanted = {"kind", "kicker", "title", "subtitle", "byline", "dateline", "subheads", "body", "confidence"}
    assert all(wanted <= set(article) for article in found["articles"])


def test_digest_covers_the_day(home: Path):
    (digest,) = lines(run(home, "digest", "--no-llm", "--json"))
    assert {"date", "papers", "llm", "highlights", "items", "ledger"} <= set(digest)
    assert digest["date"] == "2025-07-11"
    ledger = digest["ledger"]
    assert ledger["articles"] == ledger["covered"] + len(ledger["left_out"])
    assert all(sentence["citations"] for item in digest["items"] for sentence in item["sentences"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ingest", "no-such-folder"), "no-such-folder"),
        (("article", "0000"), "0000"),
        (("pages", "inspect", "no-such-page.txt"), "no-such-page.txt"),
        (("digest", "--date", "tomorrow", "--no-llm"), "tomorrow"),
        (("ask", "长" * 600, "--no-llm"), "600"),
        (("ask", "--batch", "no-such.jsonl", "--no-llm"), "no-such.jsonl"),
        (("remove", "--paper", "没有的报"), "nothing"),
    ],
)
def test_a_stated_failure_is_one_sentence_and_exit_code_1(home: Path, arguments: tuple[str, ...], said: str):
    assert said in run(home, *arguments, code=1).stderr


@pytest.mark.parametrize(
    "arguments", [("ask",), ("search", "--top", "x", "y"), ("nonsense",), ("digest", "--format", "x")]
)
def test_wrong_usage_is_exit_code_2(home: Path, arguments: tuple[str, ...]):
    run(home, *arguments, code=2)


def test_a_bad_setting_is_named(home: Path):
    assert "BAOWEN_LLM" in run(home, "doctor", code=1, BAOWEN_LLM="psychic").stderr


def test_the_doctor_says_what_is_missing(home: Path, tmp_path: Path):
    well = run(home, "doctor", "--json", BAOWEN_LLM="none")
    assert all(not finding["remedy"] for finding in lines(well)[0]["findings"])
    ill = run(home, "doctor", code=1, BAOWEN_MODELS=str(tmp_path / "nothing"))
    assert "baowen models pull" in ill.stdout


def test_help_names_every_command_and_imports_nothing_slow():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "rag", "--help"], capture_output=True, text=True, check=True
    )
    for command in ("ingest", "ask", "search", "digest", "pages", "serve", "models", "doctor"):
        assert command in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"torch", "numpy", "gradio", "transformers", "llama_index", "faiss", "sqlalchemy", "jieba"}
