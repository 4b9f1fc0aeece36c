"""The seams as Baowen sees them: small protocols, so that tests and other engines plug in.

LlamaIndex's own interfaces stand behind them (`rag.llm`, `rag.embedding`, `rag.retrieval`, `rag.index`); its types
do not come through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from rag.schema import Answer, IngestReport

# In quotes, so that `baowen --help` need not import numpy.
Vectors: TypeAlias = "npt.NDArray[np.float32]"
Progress = Callable[[str, int, int], None]
"""Called as `progress(stage, done, total)`; `total` is 0 when it is not known."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


class Cancelled(Protocol):
    """Something that knows whether the reader has left; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Return True once the work should stop."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of streamed model output. The last one carries the token counts (0 where the server gives none)."""

    text: str
    prompt_tokens: int = 0
    output_tokens: int = 0


class LanguageModel(Protocol):
    """A model that phrases. Implementations are safe to call from several threads; calls may queue."""

    @property
    def name(self) -> str:
        """A short name for the reader and for caches."""

    def stream(
        self,
        system: str,
        user: str,
        *,
        max_tokens: int = 256,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Iterator[Delta]:
        """Yield the answer as it is written.

        Raises:
            LLMError: the model cannot be reached, timed out, or broke off.
        """

    def close(self) -> None:
        """Release the model and whatever process or port it holds."""


@runtime_checkable
class Leaning(Protocol):
    """A language model that also tells how it leans between two answers, before it writes any."""

    def leaning(
        self,
        system: str,
        user: str,
        yes: Sequence[str],
        no: Sequence[str],
        *,
        cancelled: Cancelled | None = None,
    ) -> float | None:
        """Return the log-odds that the first word begins as one of `yes` against `no`; None where it cannot be told.

        Raises:
            LLMError: as for `LanguageModel.stream`.
        """


@dataclass(frozen=True, slots=True)
class ModelState:
    """How a language model has done since the program started; `paused` while it is left alone after faults."""

    calls: int
    faults: int
    prompt_tokens: int
    output_tokens: int
    paused: bool


@runtime_checkable
class Watched(Protocol):
    """A language model that others run, so that it may be down."""

    def state(self) -> ModelState:
        """Return how it has done."""

    def reachable(self) -> bool:
        """Whether it can be asked now; takes a moment."""


class Embedder(Protocol):
    """Text to unit vectors. Passages and questions are embedded differently (e5 prefixes)."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def dimension(self) -> int:
        """The length of every vector."""

    @property
    def fingerprint(self) -> str:
        """A hash of what determines the vectors; stored with the index and compared when it is opened."""

    def passages(self, texts: Sequence[str], progress: Progress = no_progress) -> Vectors:
        """Return an array of shape (len(texts), dimension), float32, rows of length 1."""

    def query(self, text: str) -> Vectors:
        """Return an array of shape (dimension,), float32, of length 1."""


class Observer(Protocol):
    """Is told what a service does, to count it. Called in whatever thread did it."""

    def answered(self, answer: Answer) -> None:
        """A question got this answer."""

    def failed(self) -> None:
        """A question ended in an error."""

    def ingested(self, report: IngestReport) -> None:
        """Pages were read into the archive."""
