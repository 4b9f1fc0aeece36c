"""The seams as Baowen sees them: small protocols, so that tests and other engines plug in.

LlamaIndex's own interfaces stand behind them (`rag.llm`, `rag.embedding`, `rag.retrieval`, `rag.index`); its types
do not come through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Told:
    """What a model wrote, the log-probabilities of the likeliest tokens it might have begun with, and the token counts."""

    text: str
    first: Mapping[str, float]
    prompt_tokens: int = 0
    output_tokens: int = 0

    def lean(self, yes: Sequence[str], no: Sequence[str]) -> float:
        """Return the log-odds that it begins as one of `yes` against one of `no`."""
        return self._likeliest(lambda word: word.startswith(tuple(yes))) - self._likeliest(
            lambda word: word.startswith(tuple(no))
        )

    def lean_from(self, word: str) -> float:
        """Return the log-odds that it begins otherwise than with the token `word`."""
        return self._likeliest(lambda other: other != word) - self._likeliest(lambda other: other == word)

    def _likeliest(self, wanted: Callable[[str], bool]) -> float:
        unsaid = min(self.first.values()) - 1.0
        return max((chance for word, chance in self.first.items() if wanted(word.strip())), default=unsaid)


@runtime_checkable
class Telling(Protocol):
    """A language model that also tells how likely what it says was."""

    def told(
        self,
        system: str,
        user: str,
        *,
        shots: Sequence[tuple[str, str]] = (),
        max_tokens: int = 1,
        stop: Sequence[str] = (),
        cancelled: Cancelled | None = None,
    ) -> Told | None:
        """Return the answer to `user`; None where the server tells no probabilities, or the reader has left.

        `shots` are messages and the answers to them, shown before `user` as examples.

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
