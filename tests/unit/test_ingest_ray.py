"""Ingest by workers: the same archive as without them, whatever happens to them."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from rag import crew as crews
from rag.archive import open_archive
from rag.archive.maintenance import verify_archive
from rag.crew import Crew, Worker
from rag.errors import ModelError, WorkerError
from rag.fakes import HashEmbedder
from rag.index.local import open_index
from rag.ingest import changed_pages, ingest_pages
from rag.ingest_ray import distributed_pages
from rag.pages import find_files
from rag.service import open_service
from rag.settings import Settings
from tests.unit.embedders import POISON, FleetingEmbedder, KillingEmbedder, MissingEmbedder
from tests.unit.test_pages import CANTEEN, edition_pages, text_page, written

ROOT = Path(__file__).parent.parent.parent
ray_only = pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray: pip install 'baowen[ray]'")


class Bench:
    """Workers that work when they are waited for, in this process; `lost` says whose work never comes back."""

    ahead = 3

    def __init__(self, lost=lambda what, argument: False):
        self._worker = Worker(HashEmbedder, crews.__version__, HashEmbedder.fingerprint, ".")
        self._worker.ready()
        self._lost = lost
        self.begun = []
        self.under_way = self.most = 0

    def begin(self, what, argument):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.begun.append((what, argument))
        return what, argument

    def result(self, job):
        self.under_way -= 1
        what, argument = job
        return None if self._lost(what, argument) else getattr(self._worker, what)(argument)


@pytest.fixture
def many(tmp_path):
    """Two editions, a continued article among them, ready articles, a page twice, and a file that cannot be read."""
    folder = tmp_path / "pages"
    rest = "（上接第1版）长江二桥建成后，两岸通行只要十分钟，主塔高两百米。"
    edition_pages(folder, text_page(("二桥主塔封顶", rest), ("社区食堂开进小巷", "本报讯 " + CANTEEN)))
    for number in range(12):
        text = text_page((f"第{number}号街道的食堂开业", f"本报讯 第{number}天。{CANTEEN}"))
        written(folder, f"江城日报/2025-07-12/{number + 1:02d}.txt", text)
    written(
        folder, "z-again/江城日报/2025-07-12/03.txt", text_page(("第2号街道的食堂开业", f"本报讯 第2天。{CANTEEN}"))
    )
    ready = [{"title": f"第{number}号", "body": f"第{number}桥通车。", "date": "2025-07-13"} for number in range(5)]
    written(folder, "ready/some.jsonl", "\n".join(json.dumps(one) for one in ready))
    written(folder, "empty/none.txt", "")
    return folder


class Store:
    """An archive with its index, and what is in it."""

    def __init__(self, home):
        self.home = home
        self.archive = open_archive(home)
        self.index = open_index(home / "index", self.archive)

    def ingest(self, items, progress=lambda *_: None):
        return ingest_pages(items, self.archive, self.index, HashEmbedder(), progress)

    def content(self):
        numbers, vectors = self.archive.vectors(self.archive.passage_numbers().tolist())
        articles = [(one.id, one) for one in self.archive.iter_articles()]
        return articles, self.archive.passages(numbers.tolist()), numbers.tolist(), vectors.tobytes()

    def close(self):
        self.index.close()
        self.archive.close()


@pytest.fixture
def new_store(tmp_path):
    made = []

    def new(name):
        made.append(Store(tmp_path / name))
        return made[-1]

    yield new
    for one in made:
        one.close()


@pytest.fixture
def alone(new_store, many):
    """What an ingest without workers makes of the pages, and its report."""
    store = new_store("alone")
    report = store.ingest(changed_pages(find_files([many]), store.archive))
    return store.content(), report


def test_the_archive_is_the_same_as_without_workers(new_store, many, alone):
    store, bench = new_store("many"), Bench()
    report = store.ingest(distributed_pages(find_files([many]), store.archive, bench))
    assert (store.content(), report) == alone
    assert (report.pages_added, report.pages_unchanged) == (15, 1)
    assert any("joined" in note for note in report.notes)
    assert verify_archive(store.archive, store.index) == ()
    assert bench.under_way == 0


def test_what_is_under_way_does_not_grow_with_the_files(new_store, tmp_path):
    for number in range(60):
        written(
            tmp_path, f"in/{number:02d}.txt", text_page((f"第{number}号街道的食堂开业", f"第{number}天。{CANTEEN}"))
        )
    store, bench = new_store("many"), Bench()
    store.ingest(distributed_pages(find_files([tmp_path / "in"]), store.archive, bench))
    assert len(bench.begun) == 120
    assert bench.most <= 2 * (bench.ahead + 1)


def test_nothing_is_sent_when_nothing_has_changed(new_store, many, alone):
    store, bench = new_store("alone"), Bench()
    report = store.ingest(distributed_pages(find_files([many]), store.archive, bench))
    # The folder with a file that cannot be read is looked at again, as without workers.
    assert [what for what, _ in bench.begun] == ["read"]
    assert (report.pages_added, report.pages_replaced) == (0, 0)


def test_a_folder_whose_page_was_replaced_meanwhile_is_read_again(new_store, tmp_path):
    text = text_page(("社区食堂开进小巷", CANTEEN))
    for name in ("a", "b"):
        written(
            tmp_path, f"in/{name}/江城日报/2025-07-11/01.txt", text.replace("两百", {"a": "两百", "b": "三百"}[name])
        )
    stores = [new_store("alone"), new_store("many")]
    for _ in range(2):
        for store, ways in zip(stores, (changed_pages, partial(distributed_pages, workers=Bench())), strict=True):
            store.ingest(ways(find_files([tmp_path / "in"]), store.archive))
    assert stores[0].content()[0] == stores[1].content()[0]
    assert "三百" in stores[1].content()[0][0][1].body


def test_an_article_that_left_the_archive_meanwhile_is_embedded_here(new_store, tmp_path):
    """Folder b has an article that is stored, so it is not sent; before b is stored, a replaces the page it was on."""
    shared = {"title": "甲", "body": "甲桥通车。", "paper": "晚报", "date": "2025-07-11"}
    old, new = tmp_path / "in/a/x.jsonl", {**shared, "title": "乙", "body": "乙桥通车。"}
    written(tmp_path, "in/a/x.jsonl", json.dumps(shared))
    store = new_store("many")
    store.ingest(changed_pages(find_files([tmp_path / "in"]), store.archive))
    old.write_text(json.dumps(new), encoding="utf-8")
    written(tmp_path, "in/b/y.jsonl", "\n".join(json.dumps(one) for one in (shared, {**shared, "title": "丙"})))
    store.ingest(distributed_pages(find_files([tmp_path / "in"]), store.archive, Bench()))
    articles = dict(store.content()[0])
    assert {article.title for article in articles.values()} == {"甲", "乙", "丙"}
    assert all(store.archive.spans([article]) for article in articles)
    assert verify_archive(store.archive, store.index) == ()


@pytest.mark.parametrize("what", ["read", "embed"])
def test_a_page_that_costs_its_workers_is_passed_over_and_tried_again_next_time(new_store, many, alone, what):
    def lost(kind, argument):
        return kind == what and "第4号" in (argument.path.read_text() if kind == "read" else argument[0].title)

    store = new_store("many")
    report = store.ingest(distributed_pages(find_files([many]), store.archive, Bench(lost)))
    [skip] = [skip for skip in report.skipped if "lost" in skip.reason]
    assert skip.source.endswith("2025-07-12/05.txt")
    assert report.pages_added == alone[1].pages_added - 1
    again = store.ingest(distributed_pages(find_files([many]), store.archive, Bench()))
    assert again.pages_added == 1
    assert [one for one, _ in store.content()[0]] == [one for one, _ in alone[0][0]]


def test_a_worker_that_does_not_see_a_file_says_so(tmp_path):
    [file] = find_files([written(tmp_path, "page.txt", text_page(("社区食堂开进小巷", CANTEEN)))])
    file.path.unlink()
    [skip] = Worker(HashEmbedder, "", "", ".").read(file)
    assert "every machine must see the same folders" in skip.reason


def test_a_worker_with_another_model_is_refused():
    with pytest.raises(WorkerError, match="install the same on every machine"):
        Worker(HashEmbedder, crews.__version__, "other", ".").ready()


def test_only_what_the_embedder_needs_leaves_the_machine():
    settings = Settings(llm_api_key="hush-1", database="postgresql://me:hush-2@x/y", password_hash="hush-3")
    assert "hush" not in repr(crews.worker_embedder(settings))
    assert str(settings.models) in repr(crews.worker_embedder(settings))


def test_without_ray_the_extra_is_named(monkeypatch, many, tmp_path):
    monkeypatch.setattr(crews, "find_spec", lambda name: None)
    service = open_service(Settings(home=tmp_path / "home", ingest_engine="ray"), embedder=HashEmbedder(), llm=None)
    with closing(service), pytest.raises(WorkerError, match=r"pip install 'baowen\[ray\]'"):
        service.ingest([many])


# With Ray itself


@pytest.fixture
def new_crew(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the workers need this module, and look in no working folder

    def new(opens=HashEmbedder, **options):
        return closing(Crew(opens, HashEmbedder.fingerprint, **{"workers": 2, **options}))

    return new


@ray_only
def test_kill_9_of_a_worker_and_a_page_that_kills_them_cost_nothing_else(
    new_store, many, alone, new_crew, tmp_path, capfd
):
    written(many, "江城日报/2025-07-12/99.txt", text_page((f"{POISON}蘑菇中毒一例", CANTEEN)))
    notes = tmp_path / "notes"
    notes.mkdir()
    store, killed, told = new_store("many"), [], []

    def progress(stage, done, total):
        told.append((stage, done, total))
        if stage == "pages" and done == 4:
            [victim, *_] = [int(one.name) for one in notes.iterdir()]
            killed.append(victim)
            os.kill(victim, signal.SIGKILL)

    with new_crew(partial(KillingEmbedder, notes), progress=progress) as crew:
        report = store.ingest(distributed_pages(find_files([many]), store.archive, crew), progress)
    [skip] = [skip for skip in report.skipped if "lost" in skip.reason]
    assert skip.source.endswith("99.txt")
    assert killed and killed[0] not in [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()]
    # One worker killed here, three by the page.
    assert len(list(notes.iterdir())) >= 1 + 3
    assert ("starting workers", 2, 2) in told
    assert store.content() == alone[0]
    assert verify_archive(store.archive, store.index) == ()
    # Programs read JSON there.
    assert capfd.readouterr().out == ""


@ray_only
def test_a_model_that_is_missing_in_a_worker_is_said_as_it_is_here(new_crew, many, new_store):
    store = new_store("many")
    with new_crew(MissingEmbedder) as crew, pytest.raises(ModelError, match=r"^the model is not there\.$"):
        store.ingest(distributed_pages(find_files([many]), store.archive, crew))


@ray_only
def test_workers_that_cannot_start_are_said(new_crew):
    with new_crew(FleetingEmbedder, workers=1) as crew, pytest.raises(WorkerError, match="lost as they start"):
        crew.result(crew.begin("embed", []))


@ray_only
@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.1:1", "nothing answers at"), ("here", "HOST:PORT"), ("x:99999", "nothing answers at")],
)
def test_a_cluster_that_is_not_there_is_said(new_crew, address, said):
    with new_crew(address=address) as crew, pytest.raises(WorkerError, match=said):
        crew.begin("embed", [])


@ray_only
@pytest.mark.models
def test_a_head_that_is_lost_is_said_and_the_next_run_goes_on(tmp_path):
    for number in range(300):
        written(
            tmp_path, f"in/{number:03d}.txt", text_page((f"第{number}号街道的食堂开业", f"第{number}天。{CANTEEN}"))
        )
    # Ray would end the process after a minute, in words of its own; nobody here waits that long for it.
    hurried = (
        "import sys, rag.crew as crew; crew._PULSE, crew._HEADLESS_SECONDS = 0.5, 1.0; "
        "from rag.cli import main; sys.exit(main())"
    )
    ingest = ["ingest", "--engine=ray", "--json"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="bw", ignore_cleanup_errors=True) as short:
        environment = {**os.environ, "BAOWEN_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
        start = ["start", "--head", "--block", f"--port={port}", "--num-cpus=2", "--include-dashboard=false"]
        head = subprocess.Popen(
            [str(Path(sys.executable).with_name("ray")), *start, f"--temp-dir={short}", "--disable-usage-stats"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(lambda: _listens(port), head)
            process = subprocess.Popen(
                [sys.executable, "-c", hurried, *ingest, f"--address=127.0.0.1:{port}", str(tmp_path / "in")],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            archive = open_archive(tmp_path / "home")
            _wait(lambda: archive.count() >= 5, process)
        finally:
            os.killpg(head.pid, signal.SIGKILL)
        out, said = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    [line] = said.splitlines()
    assert "head of the Ray cluster" in line and "is lost" in line and "run the command again" in line
    kept = archive.count()
    assert 5 <= kept < 300
    with closing(open_service(Settings(home=tmp_path / "home"))) as service:
        assert verify_archive(service.archive, service.index) == ()
        assert service.ingest([tmp_path / "in"]).pages_added == 300 - kept
    archive.close()


def _listens(port):
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def _wait(until, process):
    while not until():
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.05)


@ray_only
@pytest.mark.models
def test_ctrl_c_stops_cleanly_and_keeps_what_was_finished(tmp_path):
    for number in range(300):
        written(
            tmp_path, f"in/{number:03d}.txt", text_page((f"第{number}号街道的食堂开业", f"第{number}天。{CANTEEN}"))
        )
    with tempfile.TemporaryDirectory(prefix="bw") as short:  # a socket's path must be short
        command = [sys.executable, "-m", "rag", "ingest", "--engine", "ray", "--json", str(tmp_path / "in")]
        process = subprocess.Popen(
            command,
            env={**os.environ, "TMPDIR": short, "BAOWEN_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        archive = open_archive(tmp_path / "home")
        _wait(lambda: archive.count() >= 5, process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of the group
        out, said = process.communicate(timeout=120)
        assert (process.returncode, out) == (1, "")
        assert said == "baowen: stopped. What was finished is kept; run the command again to go on.\n"
        assert list(Path(short).glob("baowen-*")) == []
        assert not _processes_in(process.pid)
    assert 5 <= archive.count() < 300
    index = open_index(tmp_path / "home" / "index", archive)
    assert verify_archive(archive, index) == ()
    index.close()
    archive.close()


def _processes_in(session):
    """Return what still runs in a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(") ")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((stat.parent / "cmdline").read_text())
    return found
