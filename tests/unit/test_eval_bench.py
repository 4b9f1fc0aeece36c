import json

import numpy as np
import pytest

from eval.bench.made_up import MadeUpEmbedder, made_up_articles, write_jsonl
from eval.bench.outcome import Outcome, Plot, Ratio, timed, write_outcome
from eval.bench.suites import SUITES, measure
from rag.errors import InputError
from rag.settings import Settings


def test_a_ratio_above_one_is_better_whichever_way_it_counts():
    assert Ratio("time", 2.0, 6.0, "peer", "s").times == 3.0
    assert Ratio("rate", 20.0, 10.0, "peer", "/s", less_is_better=False).times == 2.0
    assert Ratio("time", 0.0, 6.0, "peer", "s").times == float("inf")


def test_an_outcome_is_written_as_json_and_drawn(tmp_path):
    ratio = Ratio("time", 2.0, 6.0, "peer", "s")
    plot = Plot("growth", "articles", "ms", {"ours": [(10, 1.0), (100, 2.0)]})
    text, picture = write_outcome(Outcome("demo", ("a",), (("1",),), (ratio,), (plot,)), tmp_path)
    assert json.loads(text.read_text("utf-8"))["ratios"][0]["times"] == 3.0
    assert picture is not None
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert write_outcome(Outcome("plain", ("a",), (), (ratio,)), tmp_path)[1] is None


def test_made_up_articles_are_many_different_and_always_the_same(tmp_path):
    one, two = list(made_up_articles(90)), list(made_up_articles(90))
    assert one == two
    assert len({article.id for article in one}) == 90
    assert len({article.date for article in one}) == 3
    assert write_jsonl(iter(one), tmp_path / "a.jsonl").read_text("utf-8").count("\n") == 90


def test_made_up_vectors_have_length_one_and_shape():
    embedder = MadeUpEmbedder()
    rows = embedder.passages(["甲", "乙", "丙"])
    assert rows.shape == (3, 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert np.array_equal(rows, embedder.passages(["甲", "乙", "丙"]))
    assert embedder.passages([]).shape == (0, 384)


def test_suites_are_named():
    assert {"ingest", "embed", "index", "ask", "digest", "start", "scale"} == set(SUITES)
    with pytest.raises(InputError, match="no suite"):
        measure("x", Settings(llm="none"))


def test_timing_counts_every_run():
    calls: list[int] = []
    assert timed(lambda: calls.append(1), 3) >= 0.0
    assert len(calls) == 3
