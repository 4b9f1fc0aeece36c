"""A digest put away as the JSON that others read too, and taken out again.

The archive keeps the last finished digest of each day, paper and model. It is good for as long as nothing was ingested
or removed and the program is the same; then the same digest is there without a word being read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rag import __version__
from rag.archive import Archive
from rag.contract import digest_json
from rag.digest.summarise import PROMPT_VERSION
from rag.errors import InputError
from rag.schema import Citation, Claim, Digest, DigestItem, Ledger, LeftOut, ThreadEntry, content_id

# Raised when a digest of the same articles would come out otherwise than before.
_VERSION = "2"


def keep(archive: Archive, digest: Digest, paper: str) -> None:
    """Keep a finished digest in the archive, in the place of an earlier one of the same day, paper and model."""
    stamped = json.dumps({"stamp": _stamp(archive), "digest": dump(digest)}, ensure_ascii=False)
    archive.save_digest(_key(digest.date, paper, digest.llm), stamped)


def recall(archive: Archive, date: str, paper: str, model: str) -> Digest | None:
    """Return the digest that was kept, or None when there is none or the archive has changed since."""
    text = archive.digest(_key(date, paper, model))
    if text is None:
        return None
    try:
        kept = json.loads(text)
        return load(kept["digest"]) if kept["stamp"] == _stamp(archive) else None
    except (ValueError, KeyError, TypeError, InputError):
        return None  # written by another version of the program: it is made again


def _key(date: str, paper: str, model: str) -> str:
    return content_id("digest", date, paper, model)


def _stamp(archive: Archive) -> str:
    generation, token = archive.generation()
    return f"{generation}:{token}:{__version__}:{_VERSION}:{PROMPT_VERSION}"


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
