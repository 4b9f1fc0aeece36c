"""What the model wrote is shown where it holds; else the source's own words, or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.fakes import ScriptedModel
from rag.grounding.bearing import article_lines, bearing, read_part
from rag.grounding.composing import Clock
from rag.grounding.deciding import Decision
from rag.grounding.phrasing import Phrased, phrase
from rag.schema import Article

QUESTION = "大桥全长多少米？"
BODY = "清河大桥昨日建成通车。大桥全长860米，设双向六车道。\n"


def asked(
    chance: float, model: ScriptedModel, found: str = "", *, alone: bool = True, question: str = QUESTION
) -> Phrased:
    part = read_part(question)
    line = next(line for line in article_lines(Article("清河大桥通车", BODY)) if "860" in line.text)
    line = replace(bearing(part, line), chance=chance)
    events = phrase(question, [Decision(part, (line,), found=found)], model, None, Clock(), alone=alone)
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


@pytest.mark.parametrize("wrote", ["大桥已经通车。", "未提到"])
def test_words_without_what_the_model_found_give_way_to_the_sources(wrote: str):
    assert asked(0.9, ScriptedModel("大桥全长860米。"), found="860米").claims[0].text == "大桥全长860米。"
    assert "860" in asked(0.9, ScriptedModel(wrote), found="860米").claims[0].text


@pytest.mark.parametrize(("chance", "shown"), [(0.4, False), (0.6, True)])
def test_a_model_that_fails_leaves_what_the_program_would_say_alone(chance: float, shown: bool):
    phrased = asked(chance, ScriptedModel("大桥", breaks_after=0))
    assert phrased.fault
    assert bool(phrased.claims) is shown


def test_a_bare_figure_is_not_shown_among_other_parts():
    assert asked(0.9, ScriptedModel("860米。"), found="860米").claims[0].text == "860米。"
    assert asked(0.9, ScriptedModel("860米。"), found="860米", alone=False).claims[0].text == "大桥全长860米"
    assert asked(0.9, ScriptedModel("大桥全长860米。"), found="860米", alone=False).by_model


def test_a_figure_without_its_unit_gives_way_to_the_sources_words():
    assert asked(0.9, ScriptedModel("860。")).claims[0].text == "大桥全长860米"


def test_another_towns_name_out_of_the_question_is_not_repeated():
    phrased = asked(0.9, ScriptedModel("东岭市大桥全长860米。"), question="东岭市大桥全长多少米？")
    assert not phrased.by_model
    assert "东岭市" not in phrased.claims[0].text
