"""Search by vectors: a FAISS index in a file that is checked before it is believed.

One flipped bit in a FAISS file can load without complaint and give wrong neighbours, so the file stands beside a
manifest with its SHA-256 and the change of the archive that it was made from. It is written new, flushed to the disk
and renamed; whatever does not match is thrown away and made again from the archive.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.index.seal import replace_file
from rag.protocols import Vectors

Numbers = npt.NDArray[np.int64]


_SAMPLE = 1_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a vector file was made from and what its bytes must hash to."""

    archive_id: str
    generation: int
    token: str
    dimension: int
    count: int
    sha256: str


def empty(dimension: int) -> Any:
    """Return a FAISS index without vectors, searched exactly."""
    import faiss

    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def save(index: Any, folder: Path, manifest: Manifest) -> None:
    """Write the index and its manifest; a crash leaves the former pair or a pair that `load` rejects."""
    import faiss

    data = faiss.serialize_index(index).tobytes()
    replace_file(folder / "vectors.faiss", data)
    stamped = Manifest(**{**asdict(manifest), "sha256": hashlib.sha256(data).hexdigest()})
    replace_file(folder / "vectors.json", json.dumps(asdict(stamped)).encode())


def load(folder: Path) -> tuple[Any, Manifest] | str:
    """Return the index and its manifest, or the reason why they cannot be used."""
    import faiss

    try:
        manifest = Manifest(**json.loads((folder / "vectors.json").read_bytes()))
        data = (folder / "vectors.faiss").read_bytes()
    except FileNotFoundError:
        return "the vector file is missing"
    except (OSError, ValueError, TypeError) as error:
        return f"the vector file cannot be read ({type(error).__name__})"
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        return "the vector file is damaged"
    index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    return index, manifest


def numbers(index: Any) -> Numbers:
    """Return the numbers of the vectors in the index, ascending."""
    import faiss

    return np.sort(faiss.vector_to_array(index.id_map).astype(np.int64))


def remove(index: Any, gone: Numbers) -> None:
    """Remove vectors by number."""
    import faiss

    if gone.size:
        index.remove_ids(faiss.IDSelectorBatch(np.ascontiguousarray(gone)))


def rows(index: Any, wanted: Numbers) -> Vectors:
    """Return the vectors with these numbers, all of which must be there, one row each."""
    found = np.empty((len(wanted), index.d), dtype=np.float32)
    if len(wanted):
        index.reconstruct_batch(np.ascontiguousarray(wanted), found)
    return found


def sample(index: Any) -> Vectors:
    """Return some hundreds of vectors, evenly picked, that stand for the whole."""
    every = numbers(index)
    return rows(index, every[:: -(-len(every) // _SAMPLE) or 1])


def background(some: Vectors, vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Return mean and standard deviation of the cosines of `some` with each row of `vectors`.

    Embedding models crowd their cosines into a narrow range, each its own; seen from the average passage they compare.
    """
    cosines = some @ vectors.T
    return cosines.mean(axis=0), np.maximum(cosines.std(axis=0), 1e-3)


def search(index: Any, vectors: Vectors, top: int, allowed: Numbers | None) -> tuple[Vectors, Numbers]:
    """Return scores and passage numbers, one row a query, best first; places without a neighbour have number -1."""
    import faiss

    if index.ntotal == 0 or (allowed is not None and allowed.size == 0):
        shape = (len(vectors), 0)
        return np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.int64)
    parameters = None
    if allowed is not None:
        parameters = faiss.SearchParameters()
        parameters.sel = selector = faiss.IDSelectorBatch(allowed)  # noqa: F841 - FAISS keeps only a pointer
    top = min(top, index.ntotal)
    scores, numbers = index.search(np.ascontiguousarray(vectors, dtype=np.float32), top, params=parameters)
    return scores, numbers
