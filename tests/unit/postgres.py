"""A PostgreSQL server for the tests, in a folder of its own, where Debian's postgresql and psycopg are installed."""

import contextlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_NUMBERS = itertools.count()


def programs() -> Path | None:
    """Return the folder of initdb and postgres, or None."""
    if importlib.util.find_spec("psycopg") is None:
        return None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextlib.contextmanager
def server():
    """Yield a function that makes a new database and returns its URL."""
    folder = Path(tempfile.mkdtemp(prefix="baowen-postgres-"))
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data, binaries = folder / "data", programs()

    def run(program, *arguments):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([binaries / program, *arguments], check=True, cwd=folder, user=user, **quiet)

    run("initdb", "-D", data, "-U", "baowen", "-A", "trust", "-E", "UTF8")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-o", options, "start")
    try:

        def new_database():
            name = f"baowen{next(_NUMBERS)}"
            run("createdb", "-h", folder, "-U", "baowen", name)
            return f"postgresql+psycopg://baowen@/{name}?host={folder}"

        yield new_database
    finally:
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)
