"""Three hundred ways to damage the index files: a search finds what it found before."""

import random
import shutil

import pytest

from rag.archive import open_archive
from rag.fakes import HashEmbedder
from rag.index.local import open_index
from rag.ingest import ingest_pages
from tests.fault import child

MUTATIONS = 300
FILES = ("vectors.faiss", "vectors.faiss.seal", "words.db", "words.db.seal")


def flip(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def cut(data, chance):
    return data[: chance.randrange(len(data))]


def blank(data, chance):
    at = chance.randrange(len(data))
    size = min(chance.choice([16, 512, 4096]), len(data) - at)
    return data[:at] + bytes(size) + data[at + size :]


def swap(data, chance):
    middle = chance.randrange(1, len(data))
    return data[middle:] + data[:middle]


def grow(data, chance):
    return data + chance.randbytes(chance.choice([1, 4096]))


def vanish(data, chance):
    return None


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """An archive with its index, and what searches of it find."""
    home = tmp_path_factory.mktemp("sound")
    archive = open_archive(home)
    index = open_index(home / "index", archive)
    ingest_pages([child.page(number) for number in range(8)], archive, index, HashEmbedder())
    index.close()
    archive.close()
    return home, child.found(home)


def test_no_damage_goes_unnoticed(sound):
    home, expected = sound
    assert any(expected.values())
    pristine = home / "pristine"
    shutil.copytree(home / "index", pristine)
    chance = random.Random(7)
    for _ in range(MUTATIONS):
        change = chance.choice([flip, flip, flip, cut, blank, swap, grow, vanish])
        path = home / "index" / chance.choice(FILES)
        data = change(path.read_bytes(), chance)
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)
        assert child.found(home) == expected, (change.__name__, path.name)
        shutil.rmtree(home / "index")
        shutil.copytree(pristine, home / "index")


def test_an_older_index_catches_up(sound, tmp_path):
    home, _ = sound
    shutil.copytree(home, tmp_path / "home")
    home = tmp_path / "home"
    old = tmp_path / "old"
    shutil.copytree(home / "index", old)
    archive = open_archive(home)
    index = open_index(home / "index", archive)
    archive.remove(page="A3")
    ingest_pages([child.page(9), child.page(1, edit=1)], archive, index, HashEmbedder())
    index.close()
    archive.close()
    expected = child.found(home)
    shutil.rmtree(home / "index")
    shutil.copytree(old, home / "index")
    assert child.found(home) == expected
    shutil.rmtree(home / "index")
    assert child.found(home) == expected
