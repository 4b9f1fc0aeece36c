"""The errors a user can meet. Each message says what is wrong, where, and what to do.

    BaowenError
    ├── InputError      a file, a question or an option that cannot be used
    ├── ArchiveError    the archive is locked, damaged, or was made with another model
    ├── ModelError      a model is missing, damaged or cannot be loaded
    ├── WorkerError     the Ray workers cannot be started or reached
    └── LLMError        the language model is down, too slow, or answered nonsense

They are for faults. A refusal, a skipped file or a rejected citation is a return value with a reason.
"""

from __future__ import annotations


class BaowenError(Exception):
    """Any stated failure; its text is shown to the user as it is."""


class InputError(BaowenError):
    """A file, a question or an option that cannot be used."""


class ArchiveError(BaowenError):
    """The archive cannot be opened or does not fit the settings."""


class ModelError(BaowenError):
    """A model is missing, damaged or cannot be loaded."""


class WorkerError(BaowenError):
    """The workers that an ingest was to run on cannot be started or reached, or are lost as they start."""


class LLMError(BaowenError):
    """The language model cannot be reached, timed out, or its answer cannot be read."""
