"""Three deliberate regressions, each caught by the gate. No model is needed: search runs on hashed bigrams."""

from dataclasses import replace

import pytest

from eval import gate
from eval.datasets import load_dataset
from rag.fakes import HashEmbedder
from rag.grounding import phrasing
from rag.retrieval import Retriever
from rag.schema import Claim, Evidence
from rag.settings import Settings


@pytest.fixture(scope="module")
def measure(tmp_path_factory):
    dataset = load_dataset("seed").selected(sample=14)
    runs = tmp_path_factory.mktemp("runs")

    def measured():
        return gate.measure_fast(Settings(llm="none"), dataset, runs=runs, embedder=HashEmbedder())[0]

    return measured


@pytest.fixture(scope="module")
def baseline(measure):
    return gate.raised(gate.FAST, measure(), gate.Baseline("", (), {}))


def caught(measure, baseline):
    return " ".join(gate.faults(gate.FAST, measure(), baseline))


def test_nothing_changed_nothing_caught(measure, baseline):
    assert caught(measure, baseline) == ""


def test_half_of_retrieval_is_caught(measure, baseline, monkeypatch):
    search = Retriever.search

    def halved(self, *args, **kwargs):
        found = search(self, *args, **kwargs)
        return replace(found, hits=found.hits[: len(found.hits) // 2])

    monkeypatch.setattr(Retriever, "search", halved)
    assert "search depth" in caught(measure, baseline)


def test_verification_switched_off_is_caught(measure, baseline, monkeypatch):
    def believe(text, evidence, **_):
        return Claim(text, "supported", (), tuple(item.citation for item in evidence[:1]))

    monkeypatch.setattr(phrasing, "verify", believe)
    assert "false figures kept out" in caught(measure, baseline)


@pytest.mark.parametrize("shift", ["sentence", "character"])
def test_citations_shifted_by_one_are_caught(measure, baseline, monkeypatch, shift):
    cite = Evidence.citation.fget

    def shifted(self):
        right = cite(self)
        if shift == "character":
            return replace(right, start=right.start + 1, end=right.end + 1)
        end = self.article.body.find("。", right.end + 1) + 1
        if end <= right.end:
            return right
        return replace(right, start=right.end, end=end, quote=self.article.body[right.end : end])

    monkeypatch.setattr(Evidence, "citation", property(shifted))
    found = caught(measure, baseline)
    assert ("addressed" if shift == "character" else "sentence_precision") in found
