"""Milvus as the index uses it: one connection, two collections, and every fault as a sentence.

The first collection has a row for each passage: what filters need, the text for Milvus's own BM25, the vector, and the
words as Baowen cuts them. The second, `..._words`, has a row for each word with the number of articles it stands in,
and one row (key 0) that says which change of which archive both stand at.

A path instead of an address is Milvus Lite, run inside this process. It is reached through a socket in a folder that
only this user can enter: its own default, a port on the loopback address, would let in every user of the machine.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from rag.errors import ArchiveError
from rag.index.postings import Numbers
from rag.protocols import Vectors
from rag.schema import Filters

# Seconds to wait for a connection, for an answer, and for a change: a batch of rows takes a busy server a while.
_CONNECT = 10.0
_ANSWER = 15.0
_CHANGE = 120.0
_CHANGES = frozenset({"upsert", "delete", "flush", "create_collection", "create_index", "load_collection"})
# Rows asked for at a time, and the most hits that Milvus gives for one search.
_BATCH = 2_000
MOST = 16_384
# Bytes in the longest text that Milvus stores.
_TEXT = 65_535
# For recall: BM25's usual saturation, with the light length correction of `rag.index.bm25`.
_BM25 = {"bm25_k1": 1.2, "bm25_b": 0.4}
_STATE = 0
_FILTERED = ("article", "paper", "date", "page", "kind")


class Milvus:
    """A connection to the two collections of one archive. Safe to use from several threads."""

    def __init__(self, uri: str, token: str, collection: str) -> None:
        """Connect.

        Raises:
            ArchiveError: Milvus is not installed, cannot be reached, or refuses the token.
        """
        self.where = _shown(uri)
        self.passages, self._words = collection, f"{collection}_words"
        self._lite: _Lite | None = None
        with _installed():
            from pymilvus import MilvusClient
        _quieten()
        address = uri
        if "://" not in uri:
            self._lite = _Lite(Path(uri).expanduser())
            address = self._lite.address
        try:
            with self._faults():
                self._client = MilvusClient(uri=address, token=token, dedicated=True, timeout=_CONNECT)
                self._version = str(self._client.get_server_version(timeout=_CONNECT))
                for name in (self.passages, self._words):
                    if self._call("has_collection", name):
                        self._call("load_collection", name)
        except ArchiveError:
            self.close()
            raise

    @property
    def is_lite(self) -> bool:
        """Whether the other end is Milvus Lite, here or behind an address."""
        return self._version.startswith("milvus_lite")

    def close(self) -> None:
        """Close the connection, and Milvus Lite if it runs here."""
        client = getattr(self, "_client", None)
        if client is not None:
            client.close()
        if self._lite is not None:
            self._lite.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except (MilvusException, grpc.RpcError, ValueError) as error:
            raise ArchiveError(self._said(error)) from error

    def _said(self, error: Exception) -> str:
        causes = [error, *([error.__cause__] if error.__cause__ else [])]
        told = " ".join(f"{getattr(one, 'message', '')} {one}" for one in causes)
        if any(sign in told.lower() for sign in ("unauthenticated", "auth check", "permission_denied")):
            return f"Milvus at {self.where} refuses the token: set BAOWEN_MILVUS_TOKEN to user:password or an API key"
        reason = str(getattr(error, "message", "") or error).strip().partition("\n")[0]
        return (
            f"the search index in Milvus at {self.where} cannot be used: {reason}; see that Milvus runs there "
            "(BAOWEN_MILVUS_URI), or set BAOWEN_INDEX=local. The archive itself is safe"
        )

    def _call(self, method: str, *arguments: Any, **named: Any) -> Any:
        with self._faults():
            wait = _CHANGE if method in _CHANGES else _ANSWER
            return getattr(self._client, method)(*arguments, timeout=wait, **named)

    # Both collections

    def exists(self) -> bool:
        """Return whether both collections are there."""
        return all(self._call("has_collection", name) for name in (self.passages, self._words))

    def drop(self) -> None:
        """Delete both collections."""
        for name in (self.passages, self._words):
            if self._call("has_collection", name):
                self._call("drop_collection", name)

    def create(self, dimension: int) -> None:
        """Make both collections, empty, for vectors of this length."""
        from pymilvus import DataType, Function, FunctionType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("number", DataType.INT64, is_primary=True)
        for name in (*_FILTERED, "headline_words", "words"):
            schema.add_field(name, DataType.VARCHAR, max_length=_TEXT)
        for name in ("document", "article_words", "article_grams", "headline_grams"):
            schema.add_field(name, DataType.INT64)
        schema.add_field(
            "text", DataType.VARCHAR, max_length=_TEXT, enable_analyzer=True, analyzer_params=analyzer(self._version)
        )
        schema.add_field("bm25", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(Function("text_bm25", FunctionType.BM25, ["text"], ["bm25"]))
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        indexes = MilvusClient.prepare_index_params()
        # Lite searches exactly up to where it should be left for a server; a server chooses for itself.
        indexes.add_index("vector", index_type="FLAT" if self.is_lite else "AUTOINDEX", metric_type="IP")
        indexes.add_index("bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=_BM25)
        for name in _FILTERED:
            indexes.add_index(name, index_type="INVERTED")
        self._create(self.passages, schema, indexes)
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.INT64, is_primary=True)
        schema.add_field("articles", DataType.INT64)
        schema.add_field("change", DataType.INT64)
        schema.add_field("note", DataType.VARCHAR, max_length=_TEXT)
        # Milvus has no collection without a vector.
        schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("nothing", index_type="FLAT", metric_type="L2")
        self._create(self._words, schema, indexes)

    def _create(self, name: str, schema: Any, indexes: Any) -> None:
        # Strong: a page that was acknowledged to one program is found by all.
        self._call("create_collection", name, schema=schema, consistency_level="Strong", shards_num=1)
        # Of an empty collection an index is made at once; the client would wait half a second for each.
        self._call("create_index", name, indexes, sync=False)
        self._call("load_collection", name)

    # Passages

    def numbers(self) -> Numbers:
        """Return the numbers of all passages, ascending."""
        rows = self._call("query_iterator", self.passages, batch_size=_BATCH, output_fields=["number"])
        found: list[int] = []
        with self._faults():
            while batch := rows.next():
                found += [row["number"] for row in batch]
            rows.close()
        return np.sort(np.array(found, dtype=np.int64))

    def rows(self, numbers: Sequence[int], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Return the rows of those of `numbers` that are there."""
        found: list[dict[str, Any]] = []
        for begin in range(0, len(numbers), _BATCH):
            part = [int(number) for number in numbers[begin : begin + _BATCH]]
            found += self._call("get", self.passages, part, output_fields=list(fields))
        return found

    def put(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add passages; one with a known number is replaced."""
        for begin in range(0, len(rows), _BATCH):
            self._call("upsert", self.passages, list(rows[begin : begin + _BATCH]))

    def delete(self, numbers: Sequence[int]) -> None:
        """Delete passages."""
        for begin in range(0, len(numbers), _BATCH):
            self._call("delete", self.passages, ids=[int(number) for number in numbers[begin : begin + _BATCH]])

    def settle(self) -> None:
        """Write what Lite has in memory to its files: until then it indexes the words in it anew for every search."""
        for name in (self.passages, self._words):
            self._call("flush", name)

    def nearest(self, vectors: Vectors, top: int, where: str) -> list[list[dict[str, Any]]]:
        """Return the passages nearest to each of `vectors`, best first."""
        return self._search("vector", vectors.tolist(), "IP", top, where)

    def matching(self, text: str, top: int, where: str) -> list[dict[str, Any]]:
        """Return the passages that match the words of `text` best, by Milvus's BM25."""
        return self._search("bm25", [text], "BM25", top, where)[0]

    def _search(self, field: str, data: list[Any], metric: str, top: int, where: str) -> list[list[dict[str, Any]]]:
        found = self._call(
            "search",
            self.passages,
            data=data,
            anns_field=field,
            limit=min(top, MOST),
            filter=where,
            output_fields=["article"],
            search_params={"metric_type": metric},
        )
        return [list(hits) for hits in found]

    # Words

    def counts(self, words: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return in how many articles each word stands, and the change that counted it last; unknown ones left out."""
        by_key = {_key(word): word for word in words}
        keys = list(by_key)
        found: dict[str, tuple[int, int]] = {}
        for begin in range(0, len(keys), _BATCH):
            part = keys[begin : begin + _BATCH]
            for row in self._call("get", self._words, part, output_fields=["key", "articles", "change"]):
                found[by_key[row["key"]]] = row["articles"], row["change"]
        return found

    def put_counts(self, counts: Mapping[str, int], change: int) -> None:
        """Store in how many articles words stand, as counted by `change`."""
        rows = [_count_row(_key(word), articles, change) for word, articles in counts.items()]
        for begin in range(0, len(rows), 5 * _BATCH):
            self._call("upsert", self._words, rows[begin : begin + 5 * _BATCH])

    def note(self) -> str:
        """Return what `put_note` stored last, or an empty string."""
        rows = self._call("get", self._words, [_STATE], output_fields=["note"])
        return str(rows[0]["note"]) if rows else ""

    def put_note(self, note: str) -> None:
        """Store a text beside the words."""
        self._call("upsert", self._words, [_count_row(_STATE, 0, 0, note)])


class _Lite:
    """Milvus Lite in this process, over one folder of files."""

    def __init__(self, path: Path) -> None:
        with _installed():
            from milvus_lite.adapter.grpc.server import start_server_in_thread
        self._path = path
        self._socket = Path(tempfile.mkdtemp(prefix="baowen-"))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._server, self._database, _ = start_server_in_thread(str(path), host=f"unix:{self._socket}/milvus")
        # What is wrong with files comes as whatever the reader of that file raises.
        except Exception as error:
            shutil.rmtree(self._socket, ignore_errors=True)
            raise ArchiveError(self._said(error)) from error
        self.address = f"unix:{self._socket}/milvus:0"

    def _said(self, error: Exception) -> str:
        if type(error).__name__ == "DataDirLockedError":
            return (
                f"another program has the search index in {self._path} open, and Milvus Lite lets in one at a time: "
                "end that program, set BAOWEN_MILVUS_URI to a Milvus server, or set BAOWEN_INDEX=local"
            )
        return (
            f"the search index in {self._path} cannot be opened by Milvus Lite: {error}; delete it and it is made anew "
            "from the archive"
        )

    def close(self) -> None:
        self._server.stop(grace=2).wait()
        with suppress(Exception):
            self._database.close()
        shutil.rmtree(self._socket, ignore_errors=True)


def analyzer(version: str) -> dict[str, str]:
    """Return what makes a Milvus of that version cut Chinese words: Lite knows only the name of the tokenizer."""
    return {"tokenizer": "jieba"} if version.startswith("milvus_lite") else {"type": "chinese"}


def expression(filters: Filters) -> str:
    """Return `filters` in Milvus's language; empty when they let everything through."""
    clauses = [
        f"{field} in [{', '.join(map(_quoted, wanted))}]"
        for field, wanted in (
            ("paper", filters.papers),
            ("page", filters.pages),
            ("kind", filters.kinds),
            ("article", filters.article_ids),
        )
        if wanted
    ]
    if filters.date_from:
        clauses.append(f"date >= {_quoted(filters.date_from)}")
    if filters.date_to:
        clauses.append(f'date <= {_quoted(filters.date_to)} and date != ""')
    return " and ".join(clauses)


def fitted(text: str) -> str:
    """Return as much of `text` as Milvus stores."""
    data = text.encode()
    return text if len(data) <= _TEXT else data[:_TEXT].decode(errors="ignore")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _key(word: str) -> int:
    # Texts as primary keys would have to be quoted in expressions, by a client that does not escape them.
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big", signed=True) or 1


def _count_row(key: int, articles: int, change: int, note: str = "") -> dict[str, Any]:
    return {"key": key, "articles": articles, "change": change, "note": note, "nothing": [0.0, 0.0]}


def _shown(uri: str) -> str:
    """Return `uri` without the user and password that may be in it."""
    if "://" not in uri:
        return uri
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ArchiveError(
            f"the search index in Milvus needs a package that is not installed ({error.name}): install "
            "baowen[milvus], or set BAOWEN_INDEX=local"
        ) from error


def _quieten() -> None:
    """Keep both packages from printing what is raised as well, with tracebacks."""
    for name in ("pymilvus", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
