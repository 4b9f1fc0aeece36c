"""An archive in PostgreSQL: several processes at once, and a server that goes away."""

import multiprocessing

import pytest
from sqlalchemy import event

from rag.archive import open_archive
from rag.archive.maintenance import verify_archive
from rag.errors import ArchiveError
from rag.fakes import HashEmbedder
from rag.index.local import open_index
from rag.ingest import embed_articles
from tests.fault import child
from tests.unit import postgres

psycopg = pytest.importorskip("psycopg")

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.fault.child"])
EMBEDDER = HashEmbedder()
ADVICE = "See that postgresql runs and run the command again: what was stored is kept."


@pytest.fixture(scope="module")
def server():
    if postgres.programs() is None:
        pytest.skip("needs PostgreSQL and psycopg")
    with postgres.server() as made:
        yield made


@pytest.fixture
def begin():
    """Start a process and return the pipe to it."""
    processes = []

    def started(target, *args):
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=target, args=(*map(str, args[:2]), *args[2:], theirs))
        process.start()
        theirs.close()
        processes.append(process)
        return ours

    yield started
    for process in processes:
        process.kill()
        process.join()


def ask(pipe, *request):
    pipe.send(request)
    return pipe.recv()


def add(archive, number):
    page = child.page(number)
    return archive.add_page(page, *embed_articles(page.articles, EMBEDDER), EMBEDDER)


def test_two_desks_and_an_ingest_at_once_see_each_others_work(server, begin, tmp_path):
    database = server.new_database()
    # On an empty database, all three make the tables.
    desks = [begin(child.desk, database, tmp_path / name) for name in ("one", "two")]
    ingest = begin(child.ingest_shared, database, tmp_path / "three", list(range(16)))
    assert [desk.recv() for desk in desks] == ["open", "open"]
    for desk, word in zip(desks, "甲乙", strict=True):
        desk.send(("say", word))
    for number in range(16):
        assert ingest.recv() == number
        if number == 0:
            assert [desk.recv() for desk in desks] == [list(range(20))] * 2
        title = child.page(number).articles[0].title
        assert all(title in ask(desk, "titles", title) for desk in desks)
    assert ingest.recv() == "done"
    assert ask(desks[1], "said", "甲") == [f"甲{number}" for number in range(20)]
    gone = child.page(3)
    assert ask(desks[0], "remove", gone.source) == 3
    assert gone.articles[0].title not in ask(desks[1], "titles", gone.articles[0].title)
    for desk in desks:
        desk.send(None)


def test_two_ingests_from_two_machines_both_arrive(server, begin, tmp_path):
    database = server.new_database()
    # The same pages, from folders of their own: no file lock is between them.
    pipes = [begin(child.ingest_shared, database, tmp_path / name, list(range(20))) for name in ("one", "two")]
    assert [[pipe.recv() for _ in range(21)] for pipe in pipes] == [[*range(20), "done"]] * 2
    archive = open_archive(database)
    assert archive.count() == 60
    archive.close()


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_a_server_that_goes_away_loses_nothing_acknowledged(server, begin, tmp_path, way):
    database = server.new_database()
    desk = begin(child.desk, database, tmp_path / "desk")
    assert desk.recv() == "open"
    ingest = begin(child.ingest_shared, database, tmp_path / "ingest", list(range(200)))
    acknowledged = [ingest.recv() for _ in range(7)]
    getattr(server, way)()
    said = ingest.recv()
    while isinstance(said, int):
        acknowledged.append(said)
        said = ingest.recv()
    assert said.startswith("refused: the archive baowen") and said.endswith(ADVICE)
    assert ask(desk, "titles", "港口").endswith(ADVICE)
    server.start()
    # A desk that was open all along goes on.
    assert child.page(0).articles[0].title in ask(desk, "titles", "港口")
    archive = open_archive(database)
    assert len(acknowledged) < 200
    assert all(archive.has_page(child.page(number).id) for number in acknowledged)
    index = open_index(tmp_path / "index", archive)
    assert verify_archive(archive, index) == ()
    again = begin(child.ingest_shared, database, tmp_path / "ingest", list(range(20)))
    assert [again.recv() for _ in range(21)] == [*range(20), "done"]
    index.close()
    archive.close()
    desk.send(None)


@pytest.fixture
def cut(server):
    """Have an archive's connection cut `times` times, each time at what `when` names."""
    database = server.new_database()
    archive = open_archive(database)
    cuts = []

    def listen(when, times):
        def terminate(connection, *rest):
            if len(cuts) < times and (when == "commit" or rest[1].startswith("INSERT INTO pages")):
                cuts.append(when)
                own = connection.connection.dbapi_connection.info.backend_pid
                with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(%s, 10000)", [own])

        event.listen(archive.engine, "commit" if when == "commit" else "before_cursor_execute", terminate)
        return archive

    yield listen
    archive.close()


def test_a_connection_lost_once_is_not_noticed(cut):
    archive = cut("insert", 1)
    assert add(archive, 1) == "added"
    assert archive.count() == 3


def test_a_connection_lost_twice_is_said(cut):
    archive = cut("insert", 2)
    with pytest.raises(ArchiveError, match=ADVICE):
        add(archive, 1)
    assert archive.count() == 0
    assert add(archive, 1) == "added"


def test_a_change_that_may_have_been_stored_is_not_made_again(cut):
    archive = cut("commit", 1)
    with pytest.raises(ArchiveError, match="may or may not have been stored"):
        archive.save_turn("甲", "问", "{}")
    assert len(archive.conversation("甲")) <= 1
