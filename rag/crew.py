"""Workers on Ray, on this machine or on a cluster's, that read pages and embed them.

Each worker has one page in hand: when a worker is lost it is known with which page. That page is done again by the
next free worker, and passed over once it has cost three workers, while another worker is hired. The driver is the one that
writes; workers are given pages and give back values.

Ray would start a lost worker again by itself (`max_restarts`) and repeat its calls (`max_task_retries`), but while it
does it refuses other calls at once, and a cluster that has no room for it any more would keep its page for ever.

What Ray 2.60 does unless it is kept from it, found by looking at a running one:
- A runtime of one's own listens on all interfaces; one that may not become a cluster listens on the loopback only.
- It writes a token for those that may connect into the user's home; one that is given by the environment lasts as
  long as the process.
- Workers look for modules in the driver's working folder first, so that a folder of pages with a `numpy.py` in it
  would be run; a runtime environment with an empty folder of its own keeps the module path as it is.
- That a worker was lost is printed to standard output, where programs read JSON.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from rag import __version__
from rag.errors import WorkerError
from rag.ingest import embed_articles
from rag.pages import SourceFile, separate_pages
from rag.protocols import Embedder, Progress, Vectors, no_progress
from rag.schema import Article, Page, Passage, Skip
from rag.settings import Settings

# Workers that a page may cost before it is passed over, and that may be lost in a row before they are at work.
_TRIES = 3
# Seconds until the first worker must be ready: a cluster may have no core free, and would never say so.
_PATIENCE = 180
_KNOCK_SECONDS = 10
# Seconds between looks at the head, and those it may be away: some clusters bring it back; after 60 Ray ends the process.
_PULSE = 5.0
_HEADLESS_SECONDS = 40.0
# Little is ever in flight; Ray accepts no less than 75 MiB.
_STORE_BYTES = 128 << 20
_OF_EMBEDDING = (
    "models",
    "embedding_model",
    "embedding_backend",
    "embedding_query_prefix",
    "embedding_passage_prefix",
)


def worker_embedder(settings: Settings) -> Callable[[], Embedder]:
    """Return what opens the embedder of `settings` in a worker: nothing else of them leaves the machine."""
    return partial(_open, settings.model_dump(include=set(_OF_EMBEDDING)))


def _open(settings: dict[str, Any]) -> Embedder:
    from rag.embedding import open_embedder

    return open_embedder(Settings(**settings), threads=1)


class Worker:
    """One process of a crew; it holds the embedder."""

    def __init__(self, opens: Callable[[], Embedder], version: str, fingerprint: str, folder: str) -> None:
        self._opens = opens
        self._expected = version, fingerprint
        self._folder = folder

    def ready(self) -> None:
        """Load the model.

        Raises:
            WorkerError: this is another Baowen or another model than the driver's.
            ModelError: the model is not there.
        """
        # Paths are kept as the user gave them, since a page is named and dated by its path.
        with suppress(OSError):
            os.chdir(self._folder)
        self._embedder = self._opens()
        self._embedder.query("")
        if (__version__, self._embedder.fingerprint) != self._expected:
            raise WorkerError(
                f"a Ray worker has Baowen {__version__} with the model {self._embedder.name} "
                f"({self._embedder.fingerprint[:8]}), and this is {self._expected[0]} with {self._expected[1][:8]}: "
                "install the same on every machine of the cluster."
            )

    def read(self, file: SourceFile) -> list[Page | Skip]:
        """Return the pages of `file`, continuations apart."""
        if not file.path.exists():
            reason = "the Ray worker that was to read it does not see it; every machine must see the same folders"
            return [Skip(str(file.path), reason)]
        return list(separate_pages([file]))

    def embed(self, articles: Sequence[Article]) -> tuple[tuple[Passage, ...], Vectors]:
        """Return the passages of `articles` and a vector for each."""
        return embed_articles(articles, self._embedder)


@dataclass(slots=True, eq=False)
class Job:
    """A call for the next free worker. `result` stays None when it cost too many workers."""

    what: Literal["read", "embed"]
    argument: Any
    lost: int = 0
    done: bool = False
    result: Any = None


class Crew:
    """Some workers, started when there is something to do; close it when done."""

    def __init__(
        self,
        opens: Callable[[], Embedder],
        fingerprint: str,
        *,
        workers: int,
        address: str = "",
        progress: Progress = no_progress,
    ) -> None:
        if find_spec("ray") is None:
            raise WorkerError("ingesting with the engine ray needs Ray: install it with pip install 'baowen[ray]'.")
        self._arguments = opens, __version__, fingerprint, str(Path.cwd())
        self._count = workers
        self._address = address
        self._progress = progress
        self._runtime = ExitStack()
        self._queue: deque[Job] = deque()
        self._idle: list[Any] = []
        self._in_hand: dict[Any, tuple[Any, Job | None]] = {}
        self._started = self._failed = 0
        self._head = ""
        self._looked = self._seen = 0.0
        # Jobs to have under way ahead of their use: what keeps the workers busy, and no more in memory than that.
        self.ahead = 2 * workers + 2

    def begin(self, what: Literal["read", "embed"], argument: Any) -> Job:
        """Put a call in the queue; it is the caller's to have no more than `ahead` of a kind there.

        Raises:
            WorkerError: Ray cannot be started or reached.
        """
        if not self._idle and not self._in_hand:
            self._start()
        job = Job(what, argument)
        self._queue.append(job)
        self._hand_out()
        return job

    def result(self, job: Job) -> Any:
        """Wait for what a worker returns; None when the job cost as many workers as one may.

        Raises:
            WorkerError: workers cannot be had, or are lost before they are at work, or the head of the cluster is lost.
        """
        import ray

        until = time.monotonic() + _PATIENCE
        while not job.done:
            done, _ = ray.wait(list(self._in_hand), timeout=_PULSE)
            self._look_for_head()
            if not done and not self._started and time.monotonic() > until:
                cores = ray.cluster_resources().get("CPU", 0)
                raise WorkerError(
                    f"no Ray worker was ready in {_PATIENCE} seconds; the cluster has {cores:.0f} cores: are they busy?"
                )
            for call in done:
                self._receive(call, *self._in_hand.pop(call))
            self._hand_out()
        return job.result

    def _look_for_head(self) -> None:
        now = time.monotonic()
        if now < self._looked + _PULSE:
            return
        self._looked = now
        try:
            _knock(self._head)
            self._seen = now
        except WorkerError:
            if now < self._seen + _HEADLESS_SECONDS:
                return
            raise WorkerError(
                f"the head of the Ray cluster, {self._head}, is lost. What was stored is kept: start the cluster again, "
                "then run the command again to go on, or go on without --engine ray."
            ) from None

    def close(self) -> None:
        """Let the workers go, and end the runtime that was started for them."""
        self._runtime.close()

    def _start(self) -> None:
        self._progress("starting workers", 0, self._count)
        self._head = self._runtime.enter_context(_runtime(self._address, self._count))
        import ray

        self._seen = time.monotonic()
        self._hire = ray.remote(num_cpus=1)(Worker).remote
        for _ in range(self._count):
            self._call_in()

    def _call_in(self) -> None:
        """Hire a worker; it is free once it has its model, when and where there is a core for it."""
        worker = self._hire(*self._arguments)
        self._in_hand[worker.ready.remote()] = worker, None

    def _hand_out(self) -> None:
        while self._queue and self._idle:
            worker, job = self._idle.pop(), self._queue.popleft()
            self._in_hand[getattr(worker, job.what).remote(job.argument)] = worker, job

    def _receive(self, call: Any, worker: Any, job: Job | None) -> None:
        import ray
        from ray.exceptions import RayError, RayTaskError

        try:
            result = ray.get(call)
        except RayTaskError as error:
            # What the program says without Ray, without Ray's account of where it was said.
            raise error.cause from None
        except RayError as error:
            self._lose(worker, job, error)
            return
        self._idle.append(worker)
        if job is not None:
            job.result, job.done = result, True
            return
        self._failed = 0
        if self._started < self._count:
            self._started += 1
            self._progress("starting workers", self._started, self._count)

    def _lose(self, worker: Any, job: Job | None, error: Exception) -> None:
        import ray

        # It may only be out of reach; then it has to go, for another to have its core.
        ray.kill(worker)
        if job is None:
            self._failed += 1
            if self._failed == _TRIES:
                raise WorkerError(
                    f"Ray workers are lost as they start: {_last_line(error)} Is this Baowen installed on every machine?"
                ) from None
        else:
            job.lost += 1
            job.done = job.lost == _TRIES
            if not job.done:
                self._queue.appendleft(job)
        self._call_in()


@contextmanager
def _runtime(address: str, workers: int) -> Iterator[str]:
    """Connect to the Ray at `address`, or run one for this process alone, until the end of the block; yield its head's."""
    with ExitStack() as stack:
        # Ray lets everyone into its folder; ours, around it, lets nobody.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="baowen-ray-", ignore_cleanup_errors=True)))
        stack.enter_context(redirect_stdout(sys.stderr))
        empty = folder / "empty"
        empty.mkdir()
        options: dict[str, Any] = {"runtime_env": {"working_dir": str(empty)}}
        if not address:
            os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
            os.environ["RAY_AUTH_MODE"] = "token"
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
            options |= {
                "num_cpus": workers,
                "include_dashboard": False,
                "object_store_memory": _STORE_BYTES,
                "_temp_dir": str(folder / "ray"),
            }
        else:
            _knock(address)
        import ray

        stack.callback(ray.shutdown)
        try:
            ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **options)
        except Exception as error:
            where = f"the Ray cluster {address} cannot be reached" if address else "Ray cannot be started"
            raise WorkerError(f"{where}: {_last_line(error)} (this is Ray {ray.__version__})") from error
        yield address if address.startswith("ray://") else ray.get_runtime_context().gcs_address


def _knock(address: str) -> None:
    """Make sure that something listens at `address`: Ray itself tries for minutes, and cannot be interrupted."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    if not host or not port.isdecimal():
        raise WorkerError(f"{address} is not the address of a Ray cluster: write it as HOST:PORT.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise WorkerError(
            f"nothing answers at {address} ({error}): is the Ray cluster running, and is that the port of its head?"
        ) from None


def _last_line(error: Exception) -> str:
    """Return the end of what Ray says: the beginning is an account of where it was said."""
    return next(reversed(str(error).strip().splitlines()), type(error).__name__)
