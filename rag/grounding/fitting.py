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
from rag.grounding.terms import Term, is_guessed, rarity
from rag.schema import Article
from rag.text.numbers import flat

_LEAST, _MOST = 2, 6
_SENTENCE = re.compile(r"[^。！？；\n]+")


def fitted(part: Part, articles: Sequence[Article]) -> Part:
    """Return `part` with each word that neither the dictionary nor an article has cut to the word in it that one has."""
    guessed = [term for term in part.terms if is_guessed(term) and len(term.text) <= _MOST]
    if not guessed:
        return part
    texts = [flat(f"{article.headline}。{article.body}") for article in articles]
    guessed = [term for term in guessed if not any(term.text in text for text in texts)]
    words = {term.text: _word_in(term.text, texts) for term in guessed if len(term.text) > _LEAST}
    words = {text: word for text, word in words.items() if word}
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
        terms=tuple(_renamed(term, words) for term in part.terms if term.text not in dropped),
        near=tuple(_renamed(term, words) for term in part.near if term.text not in dropped),
    )


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
