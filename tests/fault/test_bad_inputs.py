"""Files that are damaged, hostile or no newspaper at all: each ends in articles or in one sentence, soon, and small.

The suite tries 240 mutated files. `BAOWEN_MUTATIONS=2000` tries so many, and holds each to 2 seconds and all to 500 MB.
"""

from __future__ import annotations

import io
import os
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import InputError
from rag.pages import read_file, read_paths
from rag.schema import Page, Skip
from tests.unit.typesetting import flowed, pdf_bytes

SEED = next((Path(__file__).parent.parent.parent / "seeds").glob("*.txt")).read_bytes()
TEXT = SEED.decode()
MUTATIONS = int(os.environ.get("BAOWEN_MUTATIONS", "240"))
MEASURED = "BAOWEN_MUTATIONS" in os.environ


def _a_pdf() -> bytes:
    return pdf_bytes([[(50, 60, 24, "长江二桥主塔封顶"), *flowed(TEXT.split("\n\n")[3:9], 50, 80, 10, 14, 40)]])


def _a_docx() -> bytes:
    from docx import Document

    document = Document()
    document.add_heading("长江二桥主塔封顶", 1)
    document.add_paragraph("本报讯（记者王一）昨日，长江二桥主塔顺利封顶。")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


PDF, DOCX = _a_pdf(), _a_docx()


def _flipped(rng: random.Random, data: bytes, most: int) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, most)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _sprinkled(rng: random.Random, characters: str, times: int) -> bytes:
    text = list(TEXT)
    for _ in range(times):
        text.insert(rng.randrange(len(text)), rng.choice(characters))
    return "".join(text).encode()


def _lines_shuffled(rng: random.Random) -> bytes:
    lines = TEXT.split("\n")
    rng.shuffle(lines)
    return "\n".join(lines).encode()


def _fragments(rng: random.Random) -> bytes:
    pieces = [
        "",
        "。",
        "“",
        "（",
        "□ 记者",
        "本报讯",
        "（上接第1版）",
        "A",
        "1",
        "摄）",
        "图为",
        "　　",
        " " * 50,
        "第2版",
    ]
    return "\n".join(rng.choice(pieces) for _ in range(rng.randrange(400))).encode()


def _json_lines(rng: random.Random) -> bytes:
    lines = [
        b'{"title":"a","body":"b\\u0000c"}',
        b"[]",
        b"null",
        b"{",
        b'{"body":{"a":1}}',
        b'{"title":"x","body":"y","date":"2025-13-01","page":null,"kind":[]}',
        b'{"body":"\\ud800x","id":NaN,"x":1e999}',
        b"[" * 5000,
        rng.randbytes(30),
    ]
    return b"\n".join(rng.choice(lines) for _ in range(rng.randrange(1, 40)))


MUTATORS: list[tuple[str, Callable[[random.Random], bytes]]] = [
    (".txt", lambda rng: SEED[: rng.randrange(len(SEED))]),
    (".txt", lambda rng: _flipped(rng, SEED, 200)),
    (".txt", lambda rng: _flipped(rng, TEXT.encode("gb18030"), 50)),
    (".txt", lambda rng: _sprinkled(rng, "\x00\x08\x1b", 60)),
    (".txt", lambda rng: _sprinkled(rng, "\u202e\u200f\u2066\u200b\ufeff", 300)),
    (".txt", lambda rng: rng.randbytes(rng.randrange(1, 50_000))),
    (".txt", lambda rng: b"\xff\xfe" + rng.randbytes(rng.randrange(3000))),
    (".txt", lambda rng: (rng.choice("你a0。“（") * rng.randrange(1, 39_000)).encode()),
    (".txt", _lines_shuffled),
    (".txt", _fragments),
    (".txt", lambda rng: ("字" * 200 + "\n").encode() * rng.randrange(1, 190)),
    (".pdf", lambda rng: PDF[: rng.randrange(len(PDF))]),
    (".pdf", lambda rng: _flipped(rng, PDF, 60)),
    (".pdf", lambda rng: rng.randbytes(5000)),
    (".html", lambda rng: b"<html>" + SEED[: rng.randrange(9000)] + b"<div>" * rng.randrange(1, 3000)),
    (".html", lambda rng: rng.randbytes(4000)),
    (".md", lambda rng: b"# " + SEED[: rng.randrange(9000)] + b"\n> " * rng.randrange(1, 300)),
    (".md", lambda rng: ("#" * rng.randrange(9) + " 题\n\n文。\n").encode() * rng.randrange(1, 500)),
    (".docx", lambda rng: _flipped(rng, DOCX, 30)),
    (".docx", lambda rng: DOCX[: rng.randrange(len(DOCX))]),
    (".jsonl", _json_lines),
]


def outcome(path: Path) -> str:
    """Read a file; return what came of it, or fail when it was neither articles nor one sentence."""
    try:
        items = list(read_file(path))
    except InputError as refusal:
        message = str(refusal)
        assert path.name in message
        assert "\n" not in message
        assert message.endswith(".")
        return "refused"
    articles = [article for item in items if isinstance(item, Page) for article in item.articles]
    assert all(article.title and article.body and article.id for article in articles)
    assert all("\x00" not in article.body and "\u202e" not in article.body for article in articles)
    assert articles or any(isinstance(item, Skip) for item in items)
    return "read"


@pytest.mark.parametrize("kind", range(len(MUTATORS)))
def test_mutated_files_end_in_articles_or_in_one_sentence(tmp_path: Path, kind: int):
    suffix, mutate = MUTATORS[kind]
    for seed in range(-(-MUTATIONS // len(MUTATORS))):
        path = tmp_path / f"page{suffix}"
        path.write_bytes(mutate(random.Random(f"{kind} {seed}")))
        started = time.process_time()
        outcome(path)
        taken = time.process_time() - started
        assert not MEASURED or seed == 0 or taken < 2, (kind, seed, taken)
    assert not MEASURED or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 500 * 1024


def _locked_pdf() -> bytes:
    """A PDF whose password is not known, as far as a reader gets with it."""
    return PDF.replace(
        b"trailer << ",
        b"trailer << /Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O (%s) /U (%s) >> /ID [<00> <00>] "
        % (b"o" * 32, b"u" * 32),
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "no text"),
        ("bom.txt", b"\xef\xbb\xbf", "no text"),
        ("blank.txt", b" \n\t\n", "no text"),
        ("line.txt", b"x" * 10_000_000, "split it"),
        ("long.txt", "字".encode() * 50_000, "split it"),
        ("binary.txt", bytes(range(256)) * 40, "text"),
        ("blank.pdf", pdf_bytes([[]]), "no text"),
        ("many.pdf", pdf_bytes([[]] * 500), "500 sheets"),
        ("cut.pdf", PDF[:300], "damaged"),
        ("locked.pdf", _locked_pdf(), "password"),
        ("nothing.pdf", b"", "damaged"),
        ("nothing.docx", b"", "Word"),
        ("nothing.html", b"", "no text"),
        ("tags.html", b"<div>" * 100_000, "no text"),
        ("nothing.jsonl", b"", "no article"),
        ("nothing.md", b"", "no text"),
        ("photo.jpg", b"\xff\xd8\xff", "kind"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes, said: str):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as refusal:
        list(read_file(path))
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_may_not_be_read_is_a_skip(tmp_path: Path):
    folder = tmp_path / "page.txt"
    folder.mkdir()
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert list(read_paths([tmp_path])) == []
    with pytest.raises(InputError, match="cannot be read"):
        list(read_file(tmp_path / "gone.txt"))


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path):
    import zipfile

    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 150_000_000)
    with pytest.raises(InputError, match="unpacks"):
        list(read_file(path))


def test_work_grows_with_the_length_of_the_page_and_not_with_its_square(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from rag.pages import labels, pairing

    steps = 0

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*args: object) -> object:
            nonlocal steps
            steps += 1
            return function(*args)

        return wrapper

    monkeypatch.setattr(labels, "_advanced", counted(labels._advanced))
    monkeypatch.setattr(pairing.Matcher, "_base", counted(pairing.Matcher._base))

    def work(times: int) -> int:
        nonlocal steps
        steps = 0
        path = tmp_path / "page.txt"
        path.write_text("\n".join([TEXT] * times), encoding="utf-8")
        list(read_file(path))
        return steps

    once = work(1)
    # Linear is 4, quadratic 16.
    assert once < work(4) < 7 * once
