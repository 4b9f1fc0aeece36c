"""A follow-up made to stand alone: what its pronoun or its gap stands for, out of the conversation before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.grounding.asked import read_asked
from rag.grounding.lexicon import FUNCTION
from rag.grounding.names import people
from rag.grounding.parts import ASKS, DATE_WORD, ELLIPSIS, PRONOUN
from rag.grounding.reading import tagged
from rag.grounding.terms import Term, content_terms
from rag.schema import Turn
from rag.text.numbers import flat


def stand_alone(question: str, history: Sequence[Turn]) -> tuple[str, tuple[Term, ...]]:
    """Return the question with its pronoun or gap filled from the conversation, and the words of that topic."""
    if not history:
        return question, ()
    asked = [turn.content for turn in history if turn.role == "user"]
    told = [turn.content for turn in history if turn.role == "assistant"]
    if not asked:
        return question, ()
    last = asked[-1]
    if len(asked) > 1 and _dependent(last):
        last, _ = stand_alone(last, list(history[: _last_user(history)]))
    pronoun = PRONOUN.search(question) or _pointed_at(question)
    if not pronoun and not _dependent(question):
        return question, ()
    answer = told[-1] if told else ""
    topic = (referent(pronoun[0], last, answer) if pronoun else "") or conversation_topic(last, answer)
    if not topic:
        return question, ()
    terms = tuple(content_terms(topic))
    if pronoun:
        ending = "的" if pronoun[0].startswith("其") else ""
        return question[: pronoun.start()] + topic + ending + question[pronoun.end() :], terms
    rest = ELLIPSIS.sub("", question).strip("，, ")
    return _carried(last, rest) or f"{topic}{rest}", terms


_POINTS = re.compile(r"(?:这|那|该)[个种位家项场座次条部款件起]")


def _pointed_at(question: str) -> re.Match[str] | None:
    """Return 这个 with the noun after it (得了这个病), or None."""
    for match in _POINTS.finditer(question):
        words = tagged(question[match.end() :])
        if words and not words[0].start and words[0].flag.startswith("n"):
            return re.compile(re.escape(match[0] + words[0].text)).search(question)
    return None


def referent(pronoun: str, question: str, answer: str) -> str:
    """Return what `pronoun` stands for by its kind, in the answer before the question; empty where neither names it.

    他 and 她 are people; 这家企业 is what is named with that noun; 它 is what the last question asked after.
    """
    answer = flat(answer)
    if pronoun[0] in "他她" and not pronoun.endswith("们"):
        named = [one.name for one in people(answer) if len(one.name) > 1] or [one.name for one in people(question)]
        return named[0] if named else ""
    if pronoun[0] in "它其":
        told = conversation_topic(question, "")  # an answer that repeats the subject goes on to speak of it
        if pronoun[0] == "它" and any(one.name == told for one in people(answer)):
            return _body_of(re.split("[，。；！？]", answer)[0])  # nobody is an it
        return _named_thing(answer) if _ASKS_THING.search(question) and (not told or told not in answer) else ""
    noun = re.sub(r"^(?:这|该|那|此|上述)一?(?:[个家位次项名场座条篇部款届份枚艘所])?", "", pronoun)
    kin = _KIN.get(noun, noun)
    for text in (answer, question):
        found = re.findall(rf"(?:[“《「][^”》」]{{1,20}}[”》」]|[\u3400-\u9fff（）A-Za-z0-9]){{0,24}}?(?:{kin})", text)
        named = [text for text in found if not _POINTING.match(text)]
        if named:
            return _after_verb(max(named, key=len))
    return ""


_POINTING = re.compile(r"[这那该此哪](?=[个家次场届种项座所])|本(?=[次届])")
_KIN = {
    "企业": "公司|集团|企业|厂",
    "公司": "公司|集团|企业",
    "单位": "局|委|院|中心|公司|学校|大学|医院|单位",
    "机构": "院|中心|会|机构|组织|所",
    "学校": "大学|学院|中学|小学|学校",
}
_BODY = re.compile(r"[\u3400-\u9fff（）A-Za-z0-9]{2,30}?(?:公司|集团|企业|局|委员会|大学|学院|医院|银行|协会|中心)")


def _body_of(answer: str) -> str:
    """Return the body that a short answer names (陈明是某公司经理 -> 某公司)."""
    found = _BODY.search(answer)
    return _after_verb(found[0]) if found else ""


_ASKS_THING = re.compile(r"什么(?!时候|地方|原因)|哪[个家座条项艘些本部种场届次]|哪一|啥")


def _named_thing(answer: str) -> str:
    """Return the name that a short answer gives: quoted with the noun after it, else its first clause."""
    quoted = re.search(r"[“《「][^”》」]{1,20}[”》」][\u3400-\u9fff]{0,8}(?=[，。；、]|$)", answer)
    if quoted and not quoted.start():
        return quoted[0]
    first = re.split(r"[，。；！？]", answer)[0]
    if quoted and quoted.start() and quoted.end() <= len(first) and _after_verb(first) != first:
        return quoted[0]
    return _after_verb(first) if 2 <= len(first) <= 40 else ""


def _after_verb(text: str) -> str:
    """Return what stands after the last verb of saying, being or doing (陈明是某公司 -> 某公司)."""
    cut = re.split(
        r"(?:是|为|叫做?|名为|授予了?|乘坐并参观了?|参加了?|出席了?|举办了?|任职?于?|在)(?=[“《「\u3400-\u9fff])", text
    )
    return cut[-1].strip("了的 ")


def _last_user(history: Sequence[Turn]) -> int:
    return max(index for index, turn in enumerate(history) if turn.role == "user")


def _dependent(question: str) -> bool:
    """Return True for a question that names nothing by itself: a pronoun, 那……呢, or no rare word."""
    if PRONOUN.search(question) or ELLIPSIS.search(question):
        return True
    if len(question) <= _BRIEF and _says_of_none(question):
        return True
    terms = content_terms(question)
    return len(question) <= 14 and not any(term.weight >= 0.58 for term in terms)


_BRIEF = 20
_NO_SUBJECT = frozenset(("v", "vd", "d", "p", "u", "ul", "uj", "uz", "y", "c", "m", "q", "mq"))


def _says_of_none(question: str) -> bool:
    """Return whether what is asked is said of nobody: a verb begins it, and no noun stands before the hole.

    一共聚拢了多少人才; but not 谁当选了, for which the hole is the subject, nor 根据什么.
    """
    hole = ASKS.search(question)
    ahead = tagged(question[: hole.start()]) if hole else ()
    return (
        bool(ahead)
        and any(word.flag == "v" for word in ahead)
        and all(word.flag in _NO_SUBJECT or word.text in FUNCTION for word in ahead)
    )


def conversation_topic(question: str, answer: str) -> str:
    """Return the words that name what a question and its answer were about: the subject of the question."""
    head = re.split(r"[，。？！；?]", question)[0]
    start = end = -1
    for begin, stop, noun, glue in _units(head):
        if noun:
            start = begin if start < 0 else start
            end = stop
        elif start >= 0 and not glue:
            if any(term.weight >= 0.55 for term in content_terms(head[start:end])):
                break
            start = end = -1
    subject = head[start:end] if start >= 0 else ""
    return _fuller_name(subject, answer) or subject


def _units(text: str) -> list[tuple[int, int, bool, bool]]:
    """Return spans of `text` with whether each is part of a name, and whether it may stand inside one (的)."""
    found: list[tuple[int, int, bool, bool]] = []
    at = 0
    for quoted in [*re.finditer(r"[“《「][^”》」]{1,40}[”》」]", text), None]:
        stop = quoted.start() if quoted else len(text)
        for word in tagged(text[at:stop]):
            noun = (word.flag[:1] in {"n", "j", "l", "i", "z"} or word.flag in _NAME_FLAGS) and not ASKS.match(
                word.text
            )
            found.append((at + word.start, at + word.end, noun, word.text in {"的", "·"}))
        if quoted:
            found.append((quoted.start(), quoted.end(), True, False))
            at = quoted.end()
    return found


_NAME_FLAGS = frozenset(("eng", "m", "x", "b", "s", "f", "vn", "a", "an", "g", "k", "h", "q"))


def _fuller_name(subject: str, answer: str) -> str:
    """Return the subject as the answer has it, with the noun it went on to speak of (……有限公司的新产业园二期)."""
    if len(subject) < 2:
        return ""
    at = answer.find(subject)
    if at < 0:
        return ""
    match = re.match(
        r"[^，。；：！？、]{0,30}?(?=将|于|在|已|是|为|预计|计划|目前|累计|共|，|。|；|！|？|、|$|完成|举行|建成)",
        answer[at:],
    )
    return match[0].strip("的") if match and len(match[0]) <= 32 else ""


def _carried(last: str, rest: str) -> str:
    """Return the last question with what 那X呢 names in its place: another date, another subject, another noun."""
    asked = read_asked(last)
    if not rest or read_asked(rest).kind != "topic" or asked.kind == "topic":
        return ""
    dated = DATE_WORD.match(rest)
    if dated and dated.end() == len(rest):
        return rest + DATE_WORD.sub("", last, count=1)
    hole = ASKS.search(last)
    words = tagged(rest)
    if words and all(word.flag.startswith(("ns", "nr", "nt", "nz", "n")) or word.flag == "x" for word in words):
        subject = conversation_topic(last, "")
        kin = words[-1].flag.startswith(("ns", "nr", "nt", "nz")) or "“" in rest or rest[-1:] == subject[-1:]
        if subject and kin:
            return last.replace(subject, rest, 1)
    if hole is None:
        return ""
    return f"{conversation_topic(last, '')}{rest}{last[hole.start() : hole.end()]}"
