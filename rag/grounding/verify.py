"""Whether a sentence is borne out by the sentences it could stand on; a program decides, not a model.

A claim is aligned with the evidence clause by clause, and every difference is judged: a figure, unit or date that
is not the source's, a name or office that is another, a denial, direction or plan that is missing or added, words
the source does not have. Light paraphrase (synonyms, order, dropped adverbs, another way of writing a figure) is
let through; the rest is a reason, in words for the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.grounding.differences import differences
from rag.grounding.figures import fact_faults
from rag.grounding.judging import Setting, judge
from rag.grounding.lexicon import FUNCTION
from rag.grounding.persons import name_faults, office_faults, title_faults
from rag.grounding.placing import Clause, Source, place_clauses, place_on, rank_sources
from rag.grounding.reading import LIGHT, Reading, Word, known_word, read, reading_words, squeezed
from rag.schema import Claim, Evidence, Verdict

# A small model says first where it has it from; that is no part of what it claims.
_LEAD_IN = re.compile(
    r"^(?:据(?:报道|了解|介绍|悉|统计|原文|材料|文中)|根据(?:报道|原文|资料|材料|文章)(?:内容)?"
    r"|(?:报道|原文|文章|文中|资料|材料)(?:中)?(?:称|指出|说|提到|显示|介绍)|记者(?:了解到|获悉)|答案?(?:是)?|回答)[，,：:]"
)
_MAX_CITATIONS = 3
_NO_BASIS = 0.45  # less of a clause than this found anywhere: it has no basis
_ELSEWHERE = 0.4  # a clause may stand on another sentence that has this share of it, if nothing then speaks against it


@dataclass(frozen=True, slots=True)
class _Finding:
    """What speaks against a clause on the sentence it was placed on."""

    clause: Clause
    hard: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()
    unknown: tuple[Word, ...] = ()
    content: int = 0
    beside: tuple[int, ...] = field(default=())  # other sentences that supply the words this one leaves out

    @property
    def clean(self) -> bool:
        """Whether nothing speaks against it."""
        return not (self.hard or self.strange or self.soft or self.unknown)


def verify(text: str, evidence: Sequence[Evidence], *, question: str = "") -> Claim:
    """Return `text` as a claim with a verdict, the reasons against it and the addresses it stands on.

    `citations` are the fewest evidence sentences the clauses of the claim stand on, best first, at most three.
    `question` supplies the subject of an answer that leaves it out. Any string is accepted; nothing is raised.
    """
    claim_text = _LEAD_IN.sub("", squeezed(text))
    if not len(read(claim_text)):
        return Claim(text, "unsupported", ("没有可以核对的内容",))
    sources = rank_sources(claim_text, evidence)
    if not sources:
        return Claim(text, "unsupported", ("没有可以依据的原文",))
    claim = read(claim_text, sources[0].evidence.article.date)
    findings = [_best(claim, clause, sources, question) for clause in place_clauses(claim, sources)]
    verdict, reasons = _verdict(claim, findings, sources)
    cited = tuple(sources[k].evidence.citation for k in _cited(findings))
    return Claim(text, verdict, tuple(dict.fromkeys(reasons)), cited)


def contradictions(claim: Reading, clause: Clause, sources: Sequence[Source]) -> tuple[str, ...]:
    """Return what turns a placed clause round: another figure, date or office, a denial, the opposite direction."""
    return _judged(claim, clause, sources, "").hard


def _best(claim: Reading, clause: Clause, sources: Sequence[Source], question: str) -> _Finding:
    """Judge a clause where it was placed and, if something speaks against it there, where it may stand as well.

    A model puts what two sentences say into one clause (副市长卢艳丽出席推介活动): the sentence that says it of her may
    have less of its words than the one that describes the event.
    """
    found = _judged(claim, clause, sources, question)
    if found.clean or found.hard:
        return found
    for k in range(len(sources)):
        option = place_on(claim, clause, sources, k)
        if k == clause.source or option.share < _ELSEWHERE:
            continue
        other = _judged(claim, option, sources, question)
        if other.clean:
            same = sources[k].evidence.article is sources[clause.source].evidence.article
            return _Finding(option, content=other.content, beside=(clause.source,) if same else ())
    return found


def _judged(claim: Reading, clause: Clause, sources: Sequence[Source], question: str) -> _Finding:
    source = sources[clause.source]
    placed = clause.placed(claim, sources)
    words = [
        word
        for word in reading_words(claim.text, sources[0].evidence.article.date)
        if word.start < claim.ends[clause.last - 1] and word.end > claim.starts[clause.first]
    ]
    near, article = _known(source, sources, question)
    setting = Setting(
        claim.text, source.reading.text, near, article, _touched(clause, source.reading), clause.says(claim)
    )
    judged = judge(differences(placed, words, source.words), setting)
    hard, soft = fact_faults(placed, source, sources)
    return _Finding(
        clause,
        (*office_faults(placed), *name_faults(placed), *hard, *judged.hard),
        tuple(judged.strange),
        (*soft, *judged.soft),
        tuple(judged.unknown),
        sum(len(word.text) for word in words if word.text not in FUNCTION),
    )


def _verdict(claim: Reading, findings: Sequence[_Finding], sources: Sequence[Source]) -> tuple[Verdict, list[str]]:
    hard = [reason for found in findings for reason in (*found.hard, *found.strange)]
    soft = [reason for found in findings for reason in found.soft]
    unknown = [word for found in findings for word in found.unknown]
    hard += title_faults(claim.text, [source.reading.text for source in sources])
    missing = sum(len(word.text) for word in unknown) / max(1, sum(found.content for found in findings))
    if unknown and (missing > 0.2 or any(_weighty(word) for word in unknown)):
        soft.append("原文没有“" + "”“".join(dict.fromkeys(word.text for word in unknown)) + "”的说法")
    if missing > 0.5:
        hard.append("原文没有支持这句话的内容")
    return ("unsupported" if hard else "partial" if soft else "supported"), hard + soft


def _weighty(word: Word) -> bool:
    """Return True for an unknown word that alone makes a claim doubtful: a noun, a word no dictionary has, a sign."""
    if len(word.text) == 1:
        return word.text not in LIGHT
    return word.flag[:1] in {"n", "i", "l"} or not known_word(word.text)


def _touched(clause: Clause, source: Reading) -> str:
    """Return the clauses of the source that the clause of the claim has matched words in."""
    numbers = {source.clauses[j] for j in clause.pairs if j >= 0}
    inside = [k for k in range(len(source)) if source.clauses[k] in numbers]
    return "".join(source.text[source.starts[k] : source.ends[k]] for k in inside)


def _known(source: Source, sources: Sequence[Source], question: str) -> tuple[str, str]:
    """Return what a reader of the sentence has in mind (headline, lines before, question), and the whole article."""
    article = source.evidence.article
    head = f"{article.headline}|{article.byline}|{article.dateline}|"
    before = article.body[max(0, source.evidence.start - 200) : source.evidence.start]
    others = "".join(other.reading.text for other in sources if other.evidence.article is article)
    near = squeezed(f"{head}{before}|{question}|") + others
    return near, squeezed(f"{head}{question}|") + squeezed(article.body)


def _cited(findings: Sequence[_Finding]) -> list[int]:
    """Return the sentences the clauses stand on, the one that carries most first."""
    carried: dict[int, float] = {}
    for found in findings:
        clause = found.clause
        if clause.share >= _NO_BASIS or len(findings) == 1 or found.beside:
            carried[clause.source] = carried.get(clause.source, 0.0) + clause.share * (clause.last - clause.first)
        for k in found.beside:
            carried[k] = carried.get(k, 0.0) + 0.1
    order = sorted(carried, key=lambda k: -carried[k])[:_MAX_CITATIONS]
    return order or [0]
