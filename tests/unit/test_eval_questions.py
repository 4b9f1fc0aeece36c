import json

import pytest

from eval.datasets import SEED_QUESTIONS, load_dataset, user_dataset
from eval.questions import from_json, read_questions
from rag.errors import InputError


def written(path, *rows):
    path.write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows), "utf-8"
    )
    return path


def test_the_seed_questions_are_whole():
    questions = read_questions(SEED_QUESTIONS)
    assert len(questions) == 35
    assert sum(not one.answerable for one in questions) == 3
    assert {one.id: one for one in questions}["d32"].history[0][0] == "user"
    assert all(from_json(json.loads(json.dumps(one.as_json()))) == one for one in questions)


def test_every_bad_line_is_named(tmp_path):
    file = written(
        tmp_path / "mine.jsonl",
        {"question": "几座桥？", "answers": ["三座"]},
        "{",
        {"question": "  "},
        {"question": "几座桥？"},
        {"question": "几座桥？", "answers": "三座"},
        {"question": "几座桥？", "answers": ["三座"], "answer": "三座"},
        {"question": "几座桥？", "type": "unanswerable", "answers": ["三座"]},
        {"id": "1", "question": "几座桥？", "answers": ["三座"]},
        {"question": "几座桥？", "answers": ["三座"], "history": [{"role": "robot"}]},
        {"question": "几座桥？", "answers": ["三座"], "filters": {"colour": "red"}},
        "[]",
    )
    with pytest.raises(InputError) as fault:
        read_questions(file)
    lines = str(fault.value).split("\n")
    assert [line.split(":")[0] for line in lines] == [f"mine.jsonl line {n}" for n in range(2, 12)]
    assert "not JSON" in lines[0]
    assert "nothing to compare" in lines[2]
    assert "'answer'" in lines[4]
    assert "line 1" in lines[6]


def test_csv_has_lists_with_bars_and_names_its_bad_line(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(
        "question,answers,must_include,type\n几座桥？,三座|3座,,\n谁？,,张三|李四,\n多少钱？,,,unanswerable\n",
        "utf-8-sig",
    )
    found = read_questions(file)
    assert found[0].answers == ("三座", "3座")
    assert found[1].must_include == (("张三",), ("李四",))
    assert not found[2].answerable
    assert [one.id for one in found] == ["2", "3", "4"]
    file.write_text("question,answers\n几座桥？,三座\n,四座\n", "utf-8")
    with pytest.raises(InputError, match="line 3"):
        read_questions(file)


def test_an_empty_or_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no question"):
        read_questions(written(tmp_path / "empty.jsonl"))
    with pytest.raises(InputError, match="cannot be read"):
        read_questions(tmp_path / "absent.jsonl")


def test_a_sample_is_spread_over_the_types_and_always_the_same():
    seed = load_dataset("seed")
    one, two = seed.selected(sample=9, seed=3), seed.selected(sample=9, seed=3)
    assert one == two
    assert len({question.type for question in one.questions}) == 9
    assert seed.selected(sample=9, seed=4) != one
    assert [question.id for question in seed.selected(limit=2).questions] == ["d01", "d02"]
    assert one.sha256 != seed.sha256


def test_datasets_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(InputError, match="no dataset 'x'"):
        load_dataset("x")
    with pytest.raises(InputError, match="--data"):
        load_dataset("rgb")
    with pytest.raises(InputError, match=r"cmrc\.jsonl"):
        load_dataset("cmrc", tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        user_dataset(SEED_QUESTIONS, [tmp_path / "page.txt"])


def test_rgb_passages_are_drawn_by_share_of_noise(tmp_path):
    row = {
        "id": 1,
        "query": "谁？",
        "answer": ["甲", ["乙", "丙"]],
        "positive": [f"正{n}" for n in range(6)],
        "negative": [f"反{n}" for n in range(6)],
    }
    two_facts = {**row, "id": 2, "positive": [["正a", "正b"], ["正c"]]}
    (tmp_path / "rgb").mkdir()
    written(tmp_path / "rgb" / "zh_refine.jsonl", row)
    written(tmp_path / "rgb" / "zh_int.jsonl", two_facts)
    found = load_dataset("rgb", tmp_path)
    bodies = {one["id"]: one["body"] for one in found.articles}
    by_type = {one.type: one for one in found.questions}
    right = {kind: sum(bodies[name].startswith("正") for name in one.within) for kind, one in by_type.items()}
    assert right == {"noise 0": 5, "noise 0.4": 3, "noise 0.8": 1, "unanswerable": 0, "integration": 3}
    assert all(len(one.within) == 5 for one in found.questions)
    assert by_type["noise 0"].must_include == (("甲",), ("乙", "丙"))
    assert not by_type["unanswerable"].answerable
    few = found.selected(limit=1)
    assert {one["id"] for one in few.articles} == set(few.questions[0].within)


@pytest.mark.parametrize("name", ["example_questions.jsonl", "example_questions.csv"])
def test_the_examples_can_be_read(name):
    found = user_dataset(SEED_QUESTIONS.with_name(name))
    assert found.own_archive
    assert not found.questions[-1].answerable
    assert found.questions[1].must_include
