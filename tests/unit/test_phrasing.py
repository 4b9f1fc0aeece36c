"""What the model's leaning decides: lines that the signals doubt, and no others."""

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


def asked(chance: float, model: ScriptedModel) -> Phrased:
    part = read_part(QUESTION)
    line = next(line for line in article_lines(Article("清河大桥通车", BODY)) if "860" in line.text)
    found = replace(bearing(part, line), chance=chance)
    events = phrase(QUESTION, [Decision(part, (found,))], model, None, Clock())
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


@pytest.mark.parametrize(("leans", "answered"), [(6.0, True), (None, True), (-3.0, False)])
def test_a_doubtful_line_answers_only_if_the_model_finds_the_answer_in_it(leans: float | None, answered: bool):
    model = ScriptedModel("大桥全长860米。", leans=leans)
    phrased = asked(0.6, model)
    assert bool(phrased.claims) is answered
    assert bool(model.seen) is answered
    assert len(model.weighed) == 1
    assert "清河大桥昨日建成通车。大桥全长860米" in model.weighed[0][1]
    assert QUESTION in model.weighed[0][1]


def test_a_certain_line_is_not_put_to_the_model_twice():
    model = ScriptedModel("大桥全长860米。", leans=-9.0)
    assert asked(0.95, model).claims[0].text == "大桥全长860米。"
    assert model.weighed == []


@pytest.mark.parametrize(("chance", "shown"), [(0.4, False), (0.6, True)])
def test_a_model_that_fails_leaves_what_the_program_would_say_alone(chance: float, shown: bool):
    phrased = asked(chance, ScriptedModel("大桥", breaks_after=0))
    assert phrased.fault
    assert bool(phrased.claims) is shown
