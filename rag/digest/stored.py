"""A digest put away as the JSON that others read too, and taken out again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rag.contract import digest_json
from rag.errors import InputError
from rag.schema import Citation, Claim, Digest, DigestItem, Ledger, LeftOut, ThreadEntry


def dump(digest: Digest) -> str:
    """Return the digest as JSON in the shape of `digest --json`."""
    return json.dumps(digest_json(digest), ensure_ascii=False)


def load(text: str) -> Digest:
    """Return the digest that `dump` wrote.

    Raises:
        InputError: the text is something else.
    """
    try:
        data = json.loads(text)
        ledger = data["ledger"]
        return Digest(
            date=data["date"],
            papers=tuple(data["papers"]),
            llm=data["llm"],
            highlights=tuple(_claim(one) for one in data["highlights"]),
            items=tuple(_item(one) for one in data["items"]),
            ledger=Ledger(
                articles=ledger["articles"],
                covered=ledger["covered"],
                left_out=tuple(LeftOut(**one) for one in ledger["left_out"]),
                conflicts=tuple((_claim(one), _claim(other)) for one, other in ledger["conflicts"]),
            ),
            notes=tuple(data["notes"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"this is not a stored digest: {error!r}") from None


def _item(data: Mapping[str, Any]) -> DigestItem:
    return DigestItem(
        headline=data["headline"],
        section=data["section"],
        article_ids=tuple(data["article_ids"]),
        sentences=tuple(_claim(one) for one in data["sentences"]),
        thread=tuple(
            ThreadEntry(one["date"], one["article_id"], one["title"], _claim(one["sentence"]), one.get("change", ""))
            for one in data["thread"]
        ),
    )


def _claim(data: Mapping[str, Any]) -> Claim:
    citations = tuple(Citation(**one) for one in data["citations"])
    return Claim(data["text"], data["verdict"], tuple(data["reasons"]), citations)
