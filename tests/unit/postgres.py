"""A PostgreSQL server for the tests, in a folder of its own, where Debian's postgresql and psycopg are installed."""

import contextlib
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

_NUMBERS = itertools.count()


def programs() -> Path | None:
    """Return the folder of initdb and postgres, or None."""
    if importlib.util.find_spec("psycopg") is None:
        return None
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


class Server:
    """A server that can be stopped and started."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.data = folder / "data"
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        self.run("initdb", "-D", self.data, "-U", "baowen", "-A", "trust", "-E", "UTF8")
        self.start()

    def run(self, program, *arguments):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([programs() / program, *arguments], check=True, cwd=self.folder, user=self.user, **quiet)

    def start(self):
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        self.run("pg_ctl", "-D", self.data, "-w", "-o", options, "start")

    def stop(self):
        """Stop without a word to anyone, as a failing machine does; what was committed is recovered at the start."""
        self.run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def kill(self):
        """Kill -9 the server and wait until its last process is gone."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{one}/root").exists() for one in (pid, *children)):
            time.sleep(0.02)
        # As long as nobody has asked how it ended, it counts as running.
        for lock in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()

    def new_database(self):
        name = f"baowen{next(_NUMBERS)}"
        self.run("createdb", "-h", self.folder, "-U", "baowen", name)
        return f"postgresql+psycopg://baowen@/{name}?host={self.folder}"


@contextlib.contextmanager
def server():
    """Run a server until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="baowen-postgres-"))
    made = Server(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)
