"""Search by vectors: FAISS in files that are checked before they are believed.

Up to `EXACT` vectors are searched exactly. Beyond that most of them lie in a base: an inverted file (IVF) of float16
vectors, memory-mapped and never changed, which looks only into the cells nearest to the question; how many is measured
when it is made. What is added since lies beside it and is searched exactly, what is removed is masked, and when either
grows beyond a fifth of the base it is made anew. HNSW was not taken: it cannot delete, keeps its graph in memory, and
took many times longer to build on two cores for the same recall.

One flipped bit in a FAISS file can load without complaint and give wrong neighbours, so every file stands beside its
SHA-256. It is written new, flushed to the disk and renamed; what does not match is thrown away and made again from the
archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.index import seal
from rag.protocols import Progress, Vectors, no_progress

Numbers = npt.NDArray[np.int64]
EXACT = 50_000
# The base is made anew when this share of it is new or gone.
_STALE = 0.2
# Vectors per cell that k-means is shown, and vectors the mean and spread of cosines are taken from.
_PER_CELL = 40
_SAMPLE = 1_000
# The base looks into as many cells as it takes to find this share of the true ten nearest.
_RECALL = 0.99
_TRIALS = 200


@dataclass(frozen=True, slots=True)
class Base:
    """The memory-mapped part: its FAISS index, and the numbers in it, ascending."""

    index: Any
    numbers: Numbers


class VectorIndex:
    """Vectors by passage number. Not safe to change from several threads; the owner holds a lock."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._fresh = _exact(dimension)
        self._base: Base | None = None
        self._gone: Numbers = np.empty(0, dtype=np.int64)

    def numbers(self) -> Numbers:
        """Return the numbers of all vectors, ascending."""
        fresh = _ids(self._fresh)
        if self._base is None:
            return fresh
        kept = np.setdiff1d(self._base.numbers, self._gone, assume_unique=True)
        return np.union1d(kept, fresh)

    def add(self, numbers: Numbers, rows: Vectors) -> None:
        """Add vectors under new numbers."""
        self._fresh.add_with_ids(np.ascontiguousarray(rows, dtype=np.float32), np.ascontiguousarray(numbers))

    def remove(self, numbers: Numbers) -> None:
        """Remove vectors by number."""
        if not numbers.size:
            return
        self._fresh.remove_ids(_batch(numbers))
        if self._base is not None:
            self._gone = np.union1d(self._gone, np.intersect1d(numbers, self._base.numbers))

    def search(self, vectors: Vectors, top: int, allowed: Numbers | None = None) -> Numbers:
        """Return the numbers of the `top` nearest to each row of `vectors`, one row each, best first; -1 fills up."""
        queries = np.ascontiguousarray(np.atleast_2d(vectors), dtype=np.float32)
        parts = [_search(self._fresh, queries, top, allowed, None)]
        if self._base is not None:
            parts.append(_search(self._base.index, queries, top, allowed, self._gone))
        scores = np.concatenate([part[0] for part in parts], axis=1)
        numbers = np.concatenate([part[1] for part in parts], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
        return np.asarray(np.take_along_axis(numbers, order, axis=1), dtype=np.int64)

    def fresh_rows(self, numbers: Numbers) -> tuple[npt.NDArray[np.bool_], Vectors]:
        """Return which of `numbers` lie beside the base, and the vectors of those."""
        here = np.isin(numbers, _ids(self._fresh))
        wanted = np.ascontiguousarray(numbers[here])
        rows = np.empty((len(wanted), self.dimension), dtype=np.float32)
        if len(wanted):
            self._fresh.reconstruct_batch(wanted, rows)
        return here, rows

    def is_stale(self) -> bool:
        """Return whether so much lies beside the base, or is gone from it, that it should be made anew.

        Of nothing no base can be made: one that has lost everything waits for what comes.
        """
        size = 0 if self._base is None else len(self._base.numbers)
        loose = self._fresh.ntotal + len(self._gone)
        return bool(loose > max(EXACT, _STALE * size)) and self.numbers().size > 0

    def make_base(
        self,
        folder: Path,
        note: dict[str, Any],
        batches: Iterator[tuple[Numbers, Vectors]],
        sample: Vectors,
        progress: Progress = no_progress,
    ) -> None:
        """Make the base anew from all vectors, given in batches; the cells are learnt from `sample`, evenly picked."""
        total = len(self.numbers())
        index = _trained(sample, total)
        held: list[Numbers] = []
        trial: list[Vectors] = []
        for numbers, rows in batches:
            index.add_with_ids(rows, numbers)
            held.append(numbers)
            trial.append(rows[:: max(1, total // _TRIALS)])
            progress("arranging vectors", sum(map(len, held)), total)
        _measure(index, np.concatenate(trial)[:_TRIALS], sample)
        path = folder / "base.faiss"
        _write_large(index, path, note)
        self._base = Base(_mapped(path), np.sort(np.concatenate(held)))
        self._fresh, self._gone = _exact(self.dimension), np.empty(0, dtype=np.int64)

    def save(self, folder: Path, note: dict[str, Any]) -> None:
        """Write what lies beside the base, with `note` in its seal; a crash leaves the former file or none."""
        _write(self._fresh, folder / "vectors.faiss", note)

    @classmethod
    def load(cls, folder: Path, dimension: int, ours: Callable[[dict[str, Any]], bool]) -> tuple[VectorIndex, str]:
        """Read what is usable of the files, and say what is not; `ours` judges the note in a file's seal."""
        index, problem = cls(dimension), ""
        path = folder / "base.faiss"
        why = _unusable(path, ours)
        if not why:
            mapped = _mapped(path)
            index._base = Base(mapped, _listed(mapped))
        elif why != "is missing":
            problem = why
        path = folder / "vectors.faiss"
        why = _unusable(path, ours)
        if why:
            return index, problem or why
        index._fresh = _read(path)
        if index._base is not None:
            # A program was killed after it had made a base and before it could write that nothing lies beside it.
            index._fresh.remove_ids(_batch(index._base.numbers))
        return index, problem


def background(some: Vectors, vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Return mean and standard deviation of the cosines of `some` with each row of `vectors`.

    Embedding models crowd their cosines into a narrow range, each its own; seen from the average passage they compare.
    """
    cosines = some @ vectors.T
    return cosines.mean(axis=0), np.maximum(cosines.std(axis=0), 1e-3)


def evenly(numbers: Numbers, size: int = _SAMPLE) -> Numbers:
    """Return about `size` of `numbers`, evenly picked."""
    return numbers[:: -(-len(numbers) // size) or 1]


def sample_size(total: int) -> int:
    """Return how many vectors `make_base` wants for its sample."""
    return min(total, _PER_CELL * _cells(total))


def _cells(total: int) -> int:
    return max(1, min(int(4 * total**0.5), total // _PER_CELL))


def _exact(dimension: int) -> Any:
    import faiss

    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def _trained(sample: Vectors, total: int) -> Any:
    import faiss

    dimension = sample.shape[1]
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, dimension, _cells(total), faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.spherical = True
    index.cp.min_points_per_centroid = 1
    index.train(np.ascontiguousarray(sample))
    return index


def _measure(index: Any, trial: Vectors, some: Vectors) -> None:
    """Set how many cells a search looks into: the fewest that find nearly all that every cell would."""
    # Questions lie farther from passages than passages from one another; halfway to a stranger is a fair stand-in.
    strangers = some[np.arange(len(trial)) * 7919 % len(some)]
    queries = trial + 0.5 * strangers
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    top = min(10, index.ntotal)
    index.nprobe = index.nlist
    truth = index.search(queries, top)[1]
    index.nprobe = 1
    while index.nprobe < index.nlist:
        found = index.search(queries, top)[1]
        shared = sum(len(np.intersect1d(one, other)) for one, other in zip(found, truth, strict=True))
        if shared >= _RECALL * truth.size:
            break
        index.nprobe = min(index.nlist, 2 * index.nprobe)


def _search(
    index: Any, queries: Vectors, top: int, allowed: Numbers | None, gone: Numbers | None
) -> tuple[Vectors, Numbers]:
    import faiss

    empty = np.empty((len(queries), 0), dtype=np.float32), np.empty((len(queries), 0), dtype=np.int64)
    if index.ntotal == 0 or (allowed is not None and allowed.size == 0):
        return empty
    selector: Any = None
    if allowed is not None:
        selector = _bitmap(allowed, gone)
    elif gone is not None and gone.size:
        masked = _batch(gone)
        selector = faiss.IDSelectorNot(masked)
    inverted = gone is not None
    if selector is None:
        return _pair(index.search(queries, min(top, index.ntotal)))
    parameters: Any = faiss.SearchParametersIVF() if inverted else faiss.SearchParameters()
    if inverted:
        # A narrow filter may have its few passages anywhere: then every cell is looked into.
        narrow = allowed is not None and len(allowed) < index.ntotal / 20
        parameters.nprobe = index.nlist if narrow else index.nprobe
    parameters.sel = selector
    return _pair(index.search(queries, min(top, index.ntotal), params=parameters))


def _pair(found: tuple[Any, Any]) -> tuple[Vectors, Numbers]:
    scores, numbers = found
    # Places without a neighbour sort last.
    return np.where(numbers < 0, np.float32(-np.inf), scores), numbers


def _ids(index: Any) -> Numbers:
    import faiss

    return np.sort(faiss.vector_to_array(index.id_map).astype(np.int64))


def _listed(index: Any) -> Numbers:
    """Return the numbers in an inverted file, ascending."""
    import faiss

    lists = index.invlists
    parts = [
        faiss.rev_swig_ptr(lists.get_ids(cell), lists.list_size(cell)).copy()
        for cell in range(index.nlist)
        if lists.list_size(cell)
    ]
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


def _unusable(path: Path, ours: Callable[[dict[str, Any]], bool]) -> str:
    condition = seal.condition(path)
    if condition == "absent":
        return "is missing"
    if condition != "sound":
        return "is damaged"
    return "" if ours(seal.note(path)) else "was made from another archive"


def _bitmap(allowed: Numbers, gone: Numbers | None) -> Any:
    """Return a selector of `allowed` without `gone`: a bit a number, made and asked at once, however many they are."""
    import faiss

    size = 1 + int(allowed.max())
    chosen = np.zeros(size, dtype=np.bool_)
    chosen[allowed] = True
    if gone is not None:
        chosen[gone[gone < size]] = False
    selector: Any = faiss.IDSelectorBitmap  # its Python form takes the array, which its stub does not know
    return selector(np.packbits(chosen, bitorder="little"))


def _batch(numbers: Numbers) -> Any:
    import faiss

    return faiss.IDSelectorBatch(np.ascontiguousarray(numbers))


def _write_large(index: Any, path: Path, note: dict[str, Any]) -> None:
    """Write a FAISS file and its seal without a copy in memory."""
    import faiss

    seal.break_seal(path)
    with seal.replacing(path) as part:
        try:
            faiss.write_index(index, str(part))
        except RuntimeError as error:
            raise OSError(f"{part} cannot be written: {error}") from None
    seal.seal(path, note)


def _write(index: Any, path: Path, note: dict[str, Any]) -> None:
    """Write a FAISS file and its seal."""
    import faiss

    seal.break_seal(path)
    with seal.replacing(path) as part:
        part.write_bytes(faiss.serialize_index(index).tobytes())
    seal.seal(path, note)


def _read(path: Path) -> Any:
    import faiss

    return faiss.deserialize_index(np.frombuffer(path.read_bytes(), dtype=np.uint8))


def _mapped(path: Path) -> Any:
    import faiss

    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
