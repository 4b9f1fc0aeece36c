"""How much a sentence bears on a question, and whether it answers it: signals, and the weights that join them.

A sentence is read where it stands: the headline, the opening and the sentences around it say what it is about. The
signals are general (which words of the question are there, how rare the missing ones are, whether something fits the
hole, how near it stands to the noun that was asked for, whether dates agree); `rag.grounding.forest` joins them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.asked import Asked, is_generic, read_asked, whose
from rag.grounding.fillers import Filler
from rag.grounding.forest import chance
from rag.grounding.names import people
from rag.grounding.reading import tagged
from rag.grounding.signals import Line, Part, Signals, clauses, measure
from rag.grounding.terms import Term, content_terms, presence, row_of
from rag.schema import Article
from rag.text.numbers import flat
from rag.text.sentences import sentence_spans


@dataclass(frozen=True, slots=True)
class Bearing:
    """How a line bears on a part: `chance` in 0..1 that it answers, the `filler` that would be the answer, the signals.

    `taken` is where the row stands that is asked for, or the words that the model took for the answer, as (start, end) in the
    line.
    """

    line: Line
    chance: float
    filler: Filler | None
    signals: Signals
    taken: tuple[int, int] | None = None


def read_part(text: str, topic: Sequence[Term] = ()) -> Part:
    """Return `text`, one question, read for its hole and its words."""
    asked = read_asked(text)
    terms = tuple(term for term in content_terms(_without_hole(text, asked)) if not is_generic(term.text))
    near = _near(asked, terms)
    carried = {term.text for term in topic}
    # Words of the conversation find the article; the sentence that answers need not repeat them.
    terms = tuple(Term(one.text, 0.35 * one.weight, one.fixed) if one.text in carried else one for one in terms)
    return Part(text, asked, terms, near, tuple(topic))


def _without_hole(text: str, asked: Asked) -> str:
    if asked.kind == "identity":
        return f"{asked.who} {whose(asked)}"
    if asked.who:  # 陈明说了 must not be read as one name
        return text.replace(asked.who, f" {asked.who} ", 1)
    return f"{asked.before} {asked.counted}" if asked.after else asked.before or text


# A paragraph that begins so is of what the one before it tells.
_GOES_ON = re.compile(
    r"(?:此时|这时|此刻|当时|随后|接着|紧接着|与此同时|为此|对此|于是|其中|(?:接报|接警|得知|事发|此|之)后)[，,\u3400-\u9fff]"
)
# Sentences of the paragraph that are read before a line.
_PARAGRAPH = 8


def _near(asked: Asked, terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return the words beside the hole: the two before it, the two after it."""
    before = [term for term in terms if term.text in asked.before]
    after = [term for term in terms if term.text in asked.after and term not in before]
    before.sort(key=lambda term: asked.before.rfind(term.text))
    after.sort(key=lambda term: asked.after.find(term.text))
    if asked.kind == "speech":
        return tuple(term for term in terms if term.text in asked.who)
    if asked.kind in {"person", "organisation"} and after:
        return tuple(after[:2])
    if asked.kind == "place" and ("位于" in asked.before or (asked.before.endswith("在") and not asked.after)):
        return (*before[-1:], Term("位于", 0.6))
    return tuple((before[-1:] if after else before[-2:]) + after[:2])


def article_lines(article: Article) -> tuple[Line, ...]:
    """Return the sentences of `article` in order; a subhead is context for the sentences under it."""
    body = article.body
    spans = sentence_spans(body)
    lead = " ".join(body[start:end] for start, end in spans[:2])
    lines = []
    subhead = ""
    for index, (start, end) in enumerate(spans):
        text = body[start:end]
        before = []
        for back in range(index - 1, max(-1, index - 1 - _PARAGRAPH), -1):
            later = spans[back + 1][0]
            if "\n" in body[spans[back][1] : later] and not _GOES_ON.match(body, later):
                break
            before.append(body[spans[back][0] : spans[back][1]])
        if _is_subhead(body, start, end, article):
            subhead = text
        elif subhead:
            before.append(subhead)
        after = body[spans[index + 1][0] : spans[index + 1][1]] if index + 1 < len(spans) else ""
        lines.append(Line(article, start, end, text, tuple(before), after, lead))
    return tuple(lines)


def _is_subhead(body: str, start: int, end: int, article: Article) -> bool:
    if body[start:end] in article.subheads:
        return True
    alone = body[end : end + 1] in {"\n", ""} and body[start - 1 : start] in {"\n", ""}
    return alone and end - start <= 22 and body[end - 1] not in "。！？；，：”"


def bearing(part: Part, line: Line) -> Bearing:
    """Return how `line` bears on `part`."""
    signals, filler = measure(part, line)
    likely = chance(signals.vector())
    if (
        enumerates(part, line)
        or (signals.nearby >= _ABOUT_IT and (_by_whom(part, line) or _itemises(part, line)))
        or (part.asked.kind == "identity" and says_who(part.asked.who, flat(line.text)))
    ):
        likely += (1 - likely) / 2
    return Bearing(line, likely, filler, signals, row_asked_for(part, flat(line.text)))


_ABOUT_IT = 0.5


def _itemises(part: Part, line: Line) -> bool:
    """Return True where 哪几个方面 or 哪些措施 is asked, and the line goes through several (土地方面，……；金融方面，……)."""
    if part.asked.kind != "list":
        return False
    text = flat(line.text)
    if "方面" in part.text and len(_ASPECT.findall(text)) > 1:
        return True
    counted = bool(_MEASURES.search(part.asked.after)) and "一是" in text and "二是" in text
    return counted and any(presence(term, text) >= 0.5 for term in part.near if not _MEASURES.search(term.text))


_ASPECT = re.compile(r"方面，")
_MEASURES = re.compile(r"措施|举措|做法|方面|特点|原因|要求|建议|条件|变化|亮点|任务|优势|问题|困难|意见|办法")


def _by_whom(part: Part, line: Line) -> bool:
    """Return True where 由谁 or 由哪家 is asked, and the line has a body right before the verb, or 由 (甲中心、乙医院主办)."""
    if not part.asked.before.endswith(("由", "被")):
        return False
    deed = next((word.text for word in reversed(tagged(part.asked.after)) if word.flag[:1] in {"v", "b"}), "")
    told = re.search(rf"(?:[由被][^，。；]{{2,30}}|{_BODY}(?:联合|共同|独家)?){re.escape(deed)}", flat(line.text))
    return len(deed) > 1 and told is not None


_BODY = r"(?:公司|集团|大学|学院|医院|银行|协会|商会|中心|政府|单位|部门|[局委会院馆部厅办社队厂台行])"


def says_who(name: str, text: str) -> bool:
    """Return whether the text says who `name` is: with an office or a calling before it, or after 是."""
    if any(one.name == name and one.title for one in people(text)):
        return True
    return bool(re.search(rf"{re.escape(name)}(?:，|（)?(?:现|曾|被)?(?:是|为|系|任|担任|出任|当选|成为|获选)", text))


def enumerates(part: Part, line: Line) -> bool:
    """Return True where X有哪些 is asked and the line lists right after the noun (9个分行是：天津分行、……; 一级：海带、……)."""
    if part.asked.kind != "list" or not part.near:
        return False
    if part.asked.after:
        return row_asked_for(part, flat(line.text)) is not None
    text, noun = flat(line.text), re.escape(part.near[-1].text)
    label = "|".join(re.escape(term.text) for term in part.terms)
    return bool(
        re.search(rf"{noun}[^，。；、]{{0,6}}?{_BEGINS}", text) or re.match(rf"(?:{label})[：:].{{1,12}}?、", text)
    )


def row_asked_for(part: Part, text: str) -> tuple[int, int] | None:
    """Return where the row stands that is asked for: the one counted (做到哪“三贷”), or between verb and noun (涉及哪些领域)."""
    if part.asked.kind != "list":
        return None
    counted = next((span for term in part.terms if (span := row_of(term.text, text))), None)
    if counted or not part.asked.after:
        return counted
    verb = next(iter(reversed(tagged(part.asked.before.removesuffix("了")))), None)
    noun = next((word for word in reversed(tagged(part.asked.after)) if word.flag[:1] == "n"), None)
    if verb is None or noun is None or verb.flag[:1] != "v" or min(len(verb.text), len(noun.text)) < _A_WORD:
        return None
    found = re.search(
        rf"{re.escape(verb.text)}([^。；！？]{{2,60}}、[^。；！？，]{{2,60}}{re.escape(noun.text)})", text
    )
    return found.span(1) if found else None


_A_WORD = 2
_BEGINS = r"(?:是|有|包括|分别[是为]|[：:])[：:]?[^，。；、的所]{1,14}、"


__all__ = ["Bearing", "Line", "Part", "article_lines", "bearing", "clauses", "read_part"]
