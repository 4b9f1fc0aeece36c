"""Whichever write to the disk fails, ingest says so, and the archive is as before or has the whole page."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rag.archive import open_archive
from rag.archive.maintenance import verify_archive
from rag.fakes import HashEmbedder
from rag.index.local import open_index
from rag.ingest import ingest_pages
from tests.fault import child

COMPILER = shutil.which("cc") or shutil.which("gcc")
RUNNER = """
import multiprocessing, sys
from tests.fault import child

context = multiprocessing.get_context("fork")
for line in sys.stdin:
    home, number, shim, at, code = line.rstrip("\\n").split("\\t")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=child.ingest_failing, args=(home, int(number), shim, int(at), int(code), sender))
    process.start()
    sender.close()
    said, count = receiver.recv()
    process.join()
    print(f"{count}\\t{said}", flush=True)
"""


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    """A process with the shim loaded, which forks one child a line."""
    if COMPILER is None:
        pytest.skip("needs a C compiler")
    shim = tmp_path_factory.mktemp("shim") / "shim.so"
    source = Path(__file__).with_name("shim.c")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-w", "-o", shim, source, "-ldl"], check=True)
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LD_PRELOAD": str(shim), "OMP_NUM_THREADS": "1"},
    )

    def run(home, number, at, code):
        process.stdin.write(f"{home}\t{number}\t{shim}\t{at}\t{code}\n")
        process.stdin.flush()
        count, said = process.stdout.readline().rstrip("\n").split("\t", 1)
        return int(count), said

    yield run
    process.stdin.close()
    process.wait(60)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_every_failing_write_is_survived(runner, tmp_path, code):
    start = tmp_path / "start"
    archive = open_archive(start)
    index = open_index(start / "index", archive)
    ingest_pages([child.page(0), child.page(1)], archive, index, HashEmbedder())
    index.close()
    archive.close()
    at, refused = 0, 0
    while True:
        at += 1
        home = tmp_path / "now"
        shutil.copytree(start, home)
        calls, said = runner(home, 2, at, code)
        _check(home, said)
        shutil.rmtree(home)
        if calls < at:
            break
        refused += said != "stored"
    assert at > 20
    assert refused > at / 3


def _check(home, said):
    assert said == "stored" or said.startswith("refused: "), said
    archive = open_archive(home)
    index = open_index(home / "index", archive)
    assert verify_archive(archive, index) == ()
    kept = [archive.has_page(child.page(number).id) for number in range(3)]
    assert kept[:2] == [True, True]
    assert archive.count() == (9 if kept[2] else 6)
    if said == "stored":
        assert kept[2]
    assert ingest_pages([child.page(2)], archive, index, HashEmbedder()).skipped == ()
    assert archive.count() == 9
    index.close()
    archive.close()
