"""Word lists as running text: easier to read and to mend than one literal a word."""

from __future__ import annotations


def listed(text: str) -> tuple[str, ...]:
    """Return the words of `text`, separated by white space, in order."""
    return tuple(text.split())


def paired(text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of `text`, each written `one/other`, in order."""
    pairs = (item.split("/") for item in text.split())
    return tuple((pair[0], pair[1]) for pair in pairs)
