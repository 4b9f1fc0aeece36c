"""What the fault tests run in a process of its own, to be killed or starved of disk."""

import ctypes
import os
from pathlib import Path

import rag.index.local as local
from rag.archive import open_archive
from rag.errors import BaowenError
from rag.fakes import HashEmbedder
from rag.ingest import ingest_pages
from rag.retrieval import Retriever
from rag.schema import Article, Edition, Page, content_id
from rag.service import open_service
from rag.settings import Settings, read_settings
from rag.text.tokens import words

# Loaded before the processes fork, so that each starts in a moment.
words("热身")

PLACES = ("中山", "石岐", "沙溪", "小榄", "古镇", "横栏", "三乡", "坦洲")
THINGS = ("港口", "学校", "早稻", "公交", "医院", "桥梁", "公园", "工厂")


def page(number: int, edit: int = 0) -> Page:
    """A made-up page of three articles; another `edit` is another version of it."""
    edition = Edition("晚报", f"2025-{number % 12 + 1:02d}-{number // 12 % 28 + 1:02d}", f"A{number}")
    articles = tuple(
        Article(
            title=f"{PLACES[(number + at) % 8]}{THINGS[number % 8]}新闻{number}之{at}",
            body=f"{PLACES[at]}的{THINGS[at]}第{number}号报道，第{edit}稿。\n" * 5,
            edition=edition,
            position=at,
        )
        for at in range(3)
    )
    return Page(content_id(str(number), str(edit)), f"{number}.txt", edition, articles)


def ingest(home: str, numbers: list[int], edit: int, channel) -> None:
    """Ingest pages one by one, publish the index after each, and acknowledge each through `channel`."""
    local._UNSAVED = 1
    archive = open_archive(home)
    index = local.open_index(Path(home) / "index", archive)
    for number in numbers:
        ingest_pages([page(number, edit)], archive, index, HashEmbedder())
        channel.send(number)
    index.close()
    archive.close()
    channel.send("done")


def ingest_shared(database: str, home: str, numbers: list[int], channel) -> None:
    """Ingest pages one by one into a database that others use, acknowledging each; say how it ended."""
    service = open_service(Settings(home=home, database=database), embedder=HashEmbedder(), llm=None)
    try:
        for number in numbers:
            service.add([page(number)])
            channel.send(number)
        service.close()
        channel.send("done")
    except BaowenError as error:
        channel.send(f"refused: {error}")


def desk(database: str, home: str, channel) -> None:
    """Do what is asked through `channel`, as a web process does, until it is closed."""
    service = open_service(Settings(home=home, database=database), embedder=HashEmbedder(), llm=None)
    channel.send("open")
    asked = {
        "titles": lambda query: [hit.article.title for hit in service.search(query, top=1000).hits],
        "remove": lambda source: service.remove(source=source),
        "say": lambda word: [service.archive.save_turn(word, f"{word}{number}", "{}") for number in range(20)],
        "said": lambda word: [turn.question for turn in service.archive.conversation(word)],
    }
    while (request := channel.recv()) is not None:
        try:
            channel.send(asked[request[0]](request[1]))
        except BaowenError as error:
            channel.send(f"refused: {error}")
    service.close()


def ingest_failing(home: str, number: int, shim: str, at: int, code: int, channel) -> None:
    """Ingest one page while the `at`-th write to the disk fails; say how it ended and how many writes there were."""
    local._UNSAVED = 1
    library = ctypes.CDLL(shim)
    said = "stored"
    library.fault_arm(at, code)
    try:
        archive = open_archive(home)
        index = local.open_index(Path(home) / "index", archive)
        ingest_pages([page(number)], archive, index, HashEmbedder())
        index.close()
        archive.close()
    except BaowenError as error:
        said = f"refused: {error}"
    except Exception as error:  # noqa: BLE001 - whatever else comes is what the test must hear of
        said = f"{type(error).__name__}: {error}"
    finally:
        count = library.fault_disarm()
    channel.send((said, count))
    channel.close()
    os._exit(0)


def found(home: Path) -> dict[str, set[str]]:
    """Open the archive and return what a search for each thing finds, by title."""
    archive = open_archive(home)
    index = local.open_index(home / "index", archive)
    retriever = Retriever(archive, index, HashEmbedder(), read_settings(home=home))
    hits = {thing: {hit.article.title for hit in retriever.search(thing, top=1000).hits} for thing in THINGS}
    index.close()
    archive.close()
    return hits
