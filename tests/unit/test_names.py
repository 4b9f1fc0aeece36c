"""People with their offices: modifiers apart, several names to a title, words that look like names."""

import pytest

from rag.grounding.names import offices, people


@pytest.mark.parametrize(
    ("text", "name", "title", "modifiers"),
    [
        ("副市长卢艳丽出席活动并致辞。", "卢艳丽", "市长", "副"),
        ("市委常委、宣传部部长郭小容出席活动。", "郭小容", "部长", ""),
        ("市工商联主席刘朋说，", "刘朋", "主席", ""),
        ("原局长王建国表示", "王建国", "局长", "原"),
        ("常务副省长李明介绍", "李明", "省长", "常务副"),
        ("董事长许小兰动情地说", "许小兰", "董事长", ""),
    ],
)
def test_name_title_and_modifiers(text, name, title, modifiers):
    found = next(person for person in people(text) if person.name == name)
    assert (found.title, found.modifiers) == (title, modifiers)
    assert text[found.start : found.end] == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("学院院长素立言致辞称，环境在变化。", ["素立言"]),
        ("学院院长介绍说，环境在变化。", []),
        ("学院院长办公会指出，环境在变化。", []),
        ("种了葡萄的村民笑着说。", []),
        ("亚历山大·卢卡申科到访。", ["亚历山大·卢卡申科"]),
        ("“阿卜杜拉·阿不都热依木”", ["阿卜杜拉·阿不都热依木"]),
        ("美国总统唐纳德·特朗普表示反对。", ["唐纳德·特朗普"]),
        ("指控酒店的一名维修工人卡洛斯·德奥利维拉与人串谋。", ["卡洛斯·德奥利维拉"]),
        ("议员约翰·史密斯表示反对。", ["约翰·史密斯"]),
    ],
)
def test_names_that_no_surname_tells(text, names):
    assert [person.name for person in people(text)] == names


def test_who_is_appointed_or_removed_is_named():
    assert [person.name for person in people("免去王清华的武汉市副市长职务。")] == ["王清华"]
    assert [person.name for person in people("商人马云贸易有方")] == ["马云"]


def test_several_names_to_one_title():
    assert [person.name for person in people("（记者陈雪玲、陈理君）")][:2] == ["陈雪玲", "陈理君"]


def test_the_day_before_is_no_former_office():
    (office,) = offices("日前市长调研")
    assert (office.title, office.modifiers) == ("市长", "")


@pytest.mark.parametrize("text", ["主席以及代表", "书记和群众", "部长在会上", "市长从未缺席"])
def test_function_words_after_an_office_are_no_names(text):
    assert people(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "厚植发展沃土",
        "托举百姓的幸福",
        "建设文明城市",
        "迎着阳光出发",
        "暴雨引发山洪",
        "大学生夏季运动会",
        "推动毛中关系发展",
    ],
)
def test_everyday_words_that_the_tagger_takes_for_names_are_none(text):
    assert people(text) == ()


def test_a_name_that_is_also_a_word_is_somebody_where_it_acts():
    assert [one.name for one in people("张扬夺得冠军，李明夺得亚军。")] == ["张扬", "李明"]
    assert [one.name for one in people("鲁迅写了《狂人日记》")] == ["鲁迅"]
