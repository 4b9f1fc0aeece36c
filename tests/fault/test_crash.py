"""Killed at random moments of ingest and of publishing the index, the archive keeps all it acknowledged."""

import multiprocessing
import random
import time

from rag.archive import open_archive
from rag.archive.maintenance import verify_archive
from rag.index.local import open_index
from tests.fault import child

KILLS = 60
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.fault.child"])


def run(target, *args, seconds=None):
    """Run `target` in a process; kill it after `seconds`; return what it sent."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=target, args=(*args, sender))
    process.start()
    sender.close()
    if seconds is not None:
        # The first message may not come before the time is up: a process killed while it opens is a case, too.
        receiver.poll(seconds)
        time.sleep(random.Random(seconds).random() * 0.05)
        process.kill()
    sent = []
    while True:
        try:
            sent.append(receiver.recv())
        except EOFError:
            break
    process.join(60)
    return sent


def check(home, pages):
    """Every acknowledged page is there, whole and in its acknowledged version, and found by a search."""
    archive = open_archive(home)
    index = open_index(home / "index", archive)
    assert verify_archive(archive, index) == ()
    stored = set(archive.articles(one.id for page in pages.values() for one in page.articles))
    for page in pages.values():
        assert archive.has_page(page.id)
        assert {one.id for one in page.articles} <= stored
    assert archive.count() % 3 == 0
    index.close()
    archive.close()


def test_kill_9_loses_nothing_acknowledged(tmp_path):
    chance = random.Random(1)
    acknowledged = {}
    for kill in range(KILLS):
        edit, numbers = kill // 6, [chance.randrange(30) for _ in range(8)]
        for number in run(child.ingest, str(tmp_path), numbers, edit, seconds=chance.random() * 0.4):
            if number != "done":
                acknowledged[number] = child.page(number, edit)
        # The page in hand may have been stored before it could be acknowledged: then it is whole, in its new version.
        archive = open_archive(tmp_path)
        for number in numbers:
            newer = child.page(number, edit)
            if archive.has_page(newer.id):
                acknowledged[number] = newer
        archive.close()
        if kill % 5 == 4:
            check(tmp_path, acknowledged)
    assert len(acknowledged) > 10
    assert run(child.ingest, str(tmp_path), list(range(30)), 99)[-1] == "done"
    check(tmp_path, {number: child.page(number, 99) for number in range(30)})


def test_two_ingests_at_once_both_arrive(tmp_path):
    receivers = []
    processes = []
    for begin in (0, 15):
        receiver, sender = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=child.ingest, args=(str(tmp_path), list(range(begin, begin + 15)), 0, sender))
        process.start()
        sender.close()
        processes.append(process)
        receivers.append(receiver)
    for process, receiver in zip(processes, receivers, strict=True):
        sent = [receiver.recv()]
        while sent[-1] != "done":
            sent.append(receiver.recv())
        process.join(60)
        assert process.exitcode == 0
    check(tmp_path, {number: child.page(number) for number in range(30)})
