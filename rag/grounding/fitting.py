"""The words of a question that the dictionary does not know, read again with the articles at hand.

Where jieba guesses, it takes a verb or a particle along (干盖梁, 时墩柱): a rare name, it would seem, that no sentence has.
The articles know the word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.grounding.reading import Word, tagged
from rag.grounding.signals import Part
from rag.grounding.terms import UNKNOWN, Term, is_guessed, rarity
from rag.schema import Article
from rag.text.numbers import flat

_LEAST, _MOST = 2, 6
_SENTENCE = re.compile(r"[^。！？；\n]+")


def fitted(part: Part, articles: Sequence[Article]) -> Part:
    """Return `part` with each word that neither the dictionary nor an article has cut to the word in it that one has.

    A name that an article quotes is one word, though the question leaves out the marks (创青春).
    """
    part = _with_quoted(part, articles)
    guessed = [term for term in part.terms if is_guessed(term) and len(term.text) <= _MOST]
    if not guessed:
        return part
    texts = [flat(f"{article.headline}。{article.body}") for article in articles]
    guessed = [term for term in guessed if not any(term.text in text for text in texts)]
    words = {term.text: _word_in(term.text, texts) for term in guessed if len(term.text) > _LEAST}
    words = {text: word for text, word in words.items() if word}
    rests = {text: _rest(text, word, texts) for text, word in words.items()}
    dropped: set[str] = set()
    for term in guessed:
        joined = _with_the_next(term, part, texts) if term.text not in words else ""
        if joined:
            words[term.text] = joined
            dropped.add(joined[1:])
    if not words:
        return part
    return replace(
        part,
        terms=_with_rests([term for term in part.terms if term.text not in dropped], words, rests),
        near=_with_rests([term for term in part.near if term.text not in dropped], words, rests),
    )


def _rest(text: str, word: str, sources: Sequence[str]) -> str:
    """Return the other half of a word that was cut, where it is a word of a source too (银行/存款)."""
    rest = text.removeprefix(word) if text.startswith(word) else text.removesuffix(word)
    return rest if len(rest) >= _LEAST and rest != text and any(_is_word(rest, source) for source in sources) else ""


def _with_rests(terms: Sequence[Term], words: dict[str, str], rests: dict[str, str]) -> tuple[Term, ...]:
    found = []
    for term in terms:
        found.append(_renamed(term, words))
        if rest := rests.get(term.text, ""):
            found.append(Term(rest, min(term.weight, rarity(rest))))
    return tuple(found)


def _with_quoted(part: Part, articles: Sequence[Article]) -> Part:
    quoted = {
        name
        for article in articles
        for name in _QUOTED.findall(flat(f"{article.headline}。{article.body}"))
        if name in part.text and rarity(name) >= UNKNOWN
    }
    for name in sorted(quoted, key=len, reverse=True):
        pieces = {term.text for term in part.terms if term.text in name and part.text.count(term.text) == 1}
        if not pieces or any(name in term.text for term in part.terms):
            continue
        whole = Term(name, UNKNOWN, name=True)
        part = replace(part, terms=_put(part.terms, pieces, whole), near=_put(part.near, pieces, whole))
    return part


def _put(terms: Sequence[Term], pieces: set[str], whole: Term) -> tuple[Term, ...]:
    """Return `terms` with `whole` where the first of its pieces stood."""
    at = next((index for index, term in enumerate(terms) if term.text in pieces), -1)
    if at < 0:
        return tuple(terms)
    kept = [term for term in terms if term.text not in pieces]
    return (*kept[:at], whole, *kept[at:])


_QUOTED = re.compile(r"[“《「]([\u3400-\u9fff]{3,8})[”》」]")


def _with_the_next(term: Term, part: Part, sources: Sequence[str]) -> str:
    """Return the name that the last character of `term` makes with the word after it (搞西/干渠), if a source has it."""
    follows = [other.text for other in part.terms if f"{term.text}{other.text}" in part.text and len(other.text) > 1]
    names = (f"{term.text[-1]}{other}" for other in follows)
    return next((name for name in names if any(_stands(name, source) for source in sources)), "")


def _renamed(term: Term, words: dict[str, str]) -> Term:
    word = words.get(term.text)
    return replace(term, text=word, weight=min(term.weight, rarity(word))) if word else term


def _word_in(text: str, sources: Sequence[str]) -> str:
    """Return the longest piece of `text` that is a word by itself in one of the sources."""
    for length in range(len(text) - 1, _LEAST - 1, -1):
        for start in range(len(text) - length + 1):
            piece = text[start : start + length]
            if any(_is_word(piece, source) for source in sources):
                return piece
    return ""


def _is_word(piece: str, source: str) -> bool:
    words, at = _words_around(piece, source)
    return at >= 0 and any(word.text == piece for word in words)


def _stands(piece: str, source: str) -> bool:
    """Return whether words of `source` begin and end where `piece` does: 湖景区 does not stand in 西湖景区."""
    words, at = _words_around(piece, source)
    return any(word.start == at for word in words) and any(word.end == at + len(piece) for word in words)


def _words_around(piece: str, source: str) -> tuple[tuple[Word, ...], int]:
    """Return the words of the first sentence that has `piece`, and where in it that begins; -1 where none has."""
    at = source.find(piece)
    if at < 0:
        return (), -1
    sentence = next(match for match in _SENTENCE.finditer(source) if match.start() <= at < match.end())
    return tagged(sentence[0]), at - sentence.start()
