"""The command line: it parses, calls the service, and formats. Exit codes: 0 done, 1 a stated failure, 2 wrong usage.

Only typer is imported to print help; everything slow is imported by the command that needs it.
"""

from __future__ import annotations

import os
import sys

import typer

from rag import __version__
from rag.cli.asking import register as register_asking
from rag.cli.library import register as register_library
from rag.cli.setup import register as register_setup
from rag.errors import BaowenError

_STOPPED = "baowen: stopped. What was finished is kept; run the command again to go on."

app = typer.Typer(
    name="baowen",
    help="Baowen (报问): ask the newspaper. Every answer is linked to the exact sentence that supports it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for register in (register_asking, register_library, register_setup):
    register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"baowen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Settings come from BAOWEN_* variables and baowen.toml; BAOWEN_HOME names the folder of one archive."""


def main() -> None:
    """Run the command line; turn faults into one sentence and an exit code."""
    try:
        app()
    except BaowenError as error:
        _fail(f"baowen: {error}")
    except KeyboardInterrupt:
        _fail(_STOPPED)
    except SystemExit as end:
        # What Typer makes of Ctrl-C, without a word.
        if end.code != 130:
            raise
        _fail(_STOPPED)
    except BrokenPipeError:
        # The reader of a pipe left (`baowen ... | head`): nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("BAOWEN_DEBUG"):
            raise
        _fail(
            f"baowen: an error of the program itself: {type(error).__name__}: {error}. "
            "Run again with BAOWEN_DEBUG=1 for the details to report."
        )


def _fail(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(1)
