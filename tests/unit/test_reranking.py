"""Articles ordered by what their sentences say."""

from __future__ import annotations

import pytest

from rag.fakes import HashEmbedder
from rag.grounding.reranking import FIRST, by_answers
from rag.schema import Hit, Passage
from rag.service import open_service
from rag.settings import Settings
from tests.unit.newspapers import article, page

# Both are of the bridge; only the second says what it cost.
TALK = article("长江二桥投资引关注", "长江二桥总投资备受市民关注，长江二桥怎么建、长江二桥投资从哪里来，是热门话题。\n")
FACT = article(
    "长江二桥开工", "昨日，长江二桥开工建设。\n项目由市交投集团承建，总投资12.5亿元，计划2027年通车。\n", position=1
)
QUESTION = "长江二桥总投资多少元？"


def hit(one, score):
    return Hit(one, Passage(one.id, 0, len(one.body), one.body), score)


def test_the_article_that_answers_comes_before_the_one_that_talks_of_it():
    ordered = by_answers(QUESTION, [hit(TALK, 0.60), hit(FACT, 0.59)])
    assert [one.article.title for one in ordered] == ["长江二桥开工", "长江二桥投资引关注"]
    assert ordered[0].score > ordered[1].score >= 0.6


@pytest.mark.parametrize("text", ["长江二桥 开工", "长江二桥开工建设，市民十分关注。", ""])
def test_what_does_not_ask_keeps_its_order_and_scores(text):
    hits = (hit(TALK, 0.60), hit(FACT, 0.59))
    assert by_answers(text, hits) == hits


def test_an_article_far_behind_does_not_overtake():
    ordered = by_answers(QUESTION, [hit(TALK, 0.60), hit(FACT, 0.30)])
    assert ordered[0].article is TALK


def test_only_the_first_are_read_and_scores_never_rise_down_the_list():
    hits = [hit(TALK, 0.9 - 0.01 * place) for place in range(FIRST)] + [hit(FACT, 0.5), hit(FACT, 0.4)]
    ordered = by_answers(QUESTION, hits)
    assert ordered[FIRST:] == tuple(hits[FIRST:])
    scores = [one.score for one in ordered]
    assert scores == sorted(scores, reverse=True)


def test_search_gives_as_many_as_were_asked_for_best_first(tmp_path):
    service = open_service(Settings(home=tmp_path, llm="none"), embedder=HashEmbedder())
    service.add([page(TALK, FACT)])
    both = service.search(QUESTION, top=5).hits
    assert len(both) == 2
    assert both[0].score >= both[1].score > service.retriever.search(QUESTION, top=5).hits[1].score
    assert service.search(QUESTION, top=1).hits == both[:1]
    service.close()
