"""Who is named, and with what office: people with the title and modifiers printed before their name.

The office is what a small model bends first (副市长 becomes 市长), so the modifiers are kept apart from the title.
Names are found by office, by speech verb and by jieba's tags; none of the three is trusted alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.grounding.reading import Word, fine_words, known_word
from rag.text.thesaurus import in_thesaurus
from rag.text.wordlist import listed

SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤"
    "花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄"
    "米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万"
    "支柯昝管卢莫经房裘缪干解应宗丁宣邓单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊甄曲家封芮储靳汲邴糜松井段富巫乌"
    "焦巴弓牧隗山谷车侯宓蓬全班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓"
    "蔺屠蒙池乔阴能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾"
    "鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜"
    "养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉督岳帅缑亢况郈有琴归海墨哈谯笪年爱阳佟言福肖闫付覃兰代仝冼苟亓揭佘"
    "邸原候麦"
)
# Surnames that are also everyday words: they begin a name only where jieba sees one.
_DOUBTFUL = frozenset(
    "东乌乐习于井从代仰位候元充党全公关养冀农冷利劳包印厉原双司后向和国宫家容宿寇富寿居巩巫干平年广应弓弘强归怀慎"
    "成房支时暴有权束查欧步水池沃海游满焦爱率班益相空简管索红终经耿能衡要解贡赖越车边连通那都阴隆须饶麦"
)
COMPOUND_SURNAMES = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "司徒",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "宇文",
    "长孙",
    "夏侯",
    "呼延",
    "端木",
)
MODIFIERS = (
    "常务副",
    "副",
    "代理",
    "代",
    "原",
    "前",
    "时任",
    "见习",
    "实习",
    "助理",
    "候任",
    "名誉",
    "荣誉",
    "执行",
    "首席",
    "常务",
    "总",
    "第一",
    "终身",
    "特约",
    "兼职",
    "候补",
)
_TITLE_WORDS = sorted(
    listed("""
    市长 省长 县长 区长 州长 镇长 乡长 村长 街长 书记 主任 主席 部长 局长 厅长 处长 科长 司长 署长 院长 校长 所长
    会长 理事长 秘书长 董事长 总经理 经理 总裁 首席执行官 CEO 总监 总编辑 总编 主编 编辑 总统 总理 首相 大臣 国务卿
    外长 防长 财长 议长 议员 发言人 教授 副教授 研究员 院士 工程师 总工程师 专家 医生 医师 主任医师 护士
    护士长 教练 主教练 队长 教师 老师 律师 法官 检察长 检察官 审判长 庭长 民警 警官 站长 馆长 台长 社长 行长 厂长
    店长 船长 机长 园长 创始人 负责人 代表 委员 常委 参赞 公使 大使 领事 总领事 司令员 司令 政委 参谋长 将军 上将
    中将 少将 大校 上校 记者 通讯员 主播 主持人 演员 导演 编剧 歌手 作家 诗人 画家 选手 运动员 球员 村民 市民 居民
    学生 女士 先生 大爷 大妈 阿姨 同志 博士 硕士 主管 总管 董事 监事 监事长 理事 干事 组长 班长 股长 团长 旅长 师长
    军长 连长 营长 领队 掌门人 传承人 分析师 经济学家 学者 顾问 参事 审计长 总干事 总书记 总队长 支队长 大队长
    指挥长 总指挥 副官 参议员 众议员 国王 女王 王子 总督 酋长 教皇 主教 院监 船员 司机 店主 老板 农户 种植户 讲解员
    志愿者 网格员 指导员 技术员 驾驶员 设计师 建筑师 会计师 策展人 制片人 制作人
    书记员 巡视员 调研员 督导员 教导员 馆员 讲师 辅导员 班主任 系主任 村支书 支书
    """),
    key=len,
    reverse=True,
)
TITLES = frozenset(_TITLE_WORDS)
_TITLE = "|".join(_TITLE_WORDS)
_OFFICE = re.compile(rf"(?P<modifier>(?:{'|'.join(MODIFIERS)})*)(?P<title>{_TITLE})")
SPEECH = frozenset(
    listed("""
    说 表示 介绍 告诉 感慨 感叹 坦言 回忆 指出 强调 称 道 笑言 认为 透露 坦承 直言 宣布 提出 呼吁 回应 解释 谈到
    提到 写道 讲 评价 警告 建议 补充 补充道 分析 点评 致辞 讲话 表态 承诺 证实 否认 批评 谴责 声称 声明 重申 答道
    问道 希望 要求 提醒
    """)
)
_SPEECH = "|".join(sorted(SPEECH, key=len, reverse=True))
_BOUNDARY = frozenset(
    "说称道讲在率对向就为将已从也还则和与及等、，。；：！？（）()“”《》的是出到带一并曾今昨前后则同会有被把给让以来去不没"
)
# Words that end in the character of a modifier: 日前市长 is no former mayor.
_NOT_MODIFIERS = frozenset(
    listed("""
    日前 目前 此前 当前 之前 年前 以前 月前 天前 从前 生前 提前 赛前 会前 战前 高原 中原 草原 平原 太原 近代 现代
    当代 古代 时代 年代 一代 汇总 老总
    """)
)
_NAME_FLAGS = frozenset(("nr", "nrt", "nrfg", "nrj"))
_HAN = re.compile(r"[\u3400-\u9fff]")
_FOREIGN = re.compile(r"[\u3400-\u9fffA-Za-z]{1,6}(?:·[\u3400-\u9fffA-Za-z]{1,8})+")


@dataclass(frozen=True, slots=True)
class Person:
    """A person named at `text[start:end]`, the office word before the name, and the modifiers that qualify it."""

    name: str
    start: int
    end: int
    title: str = ""
    modifiers: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """An office named at `text[start:end]`, with or without a person."""

    title: str
    modifiers: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def offices(text: str) -> tuple[Office, ...]:
    """Return the offices of `text`, in order (`副市长` -> title 市长, modifiers 副)."""
    found = []
    for match in _OFFICE.finditer(text):
        modifier, start = match["modifier"], match.start()
        if modifier and text[max(0, start - 1) : start + 1] in _NOT_MODIFIERS:
            start, modifier = start + 1, modifier[1:]
        found.append(Office(match["title"], modifier, start, match.end()))
    return tuple(found)


@lru_cache(maxsize=2048)
def people(text: str) -> tuple[Person, ...]:
    """Return the people named in `text`, in order, each once per mention."""
    found: dict[int, Person] = {}
    for office in offices(text):
        at = office.end
        for _ in range(4):  # a title may be followed by several names: 记者马骁、李友华
            end = _name_end(text, at)
            if end <= at and _HEADS.search(office.title):
                end = _spoken_end(text, at)
            if end <= at or _is_time(text, at, end):
                break
            found.setdefault(at, Person(text[at:end], at, end, office.title, office.modifiers))
            if end < len(text) and text[end] in "、 ":
                at = end + 1
                continue
            break
    for match in _FOREIGN.finditer(text):
        start, end = match.start() + _led_by(match[0]), match.start() + _goes_on_at(match[0])
        held = found.get(start)
        found[start] = Person(text[start:end], start, end, *((held.title, held.modifiers) if held else ()))
    spans = [(person.start, person.end) for person in found.values()]
    for word in fine_words(text):
        name = word.text.rstrip("说称道讲") if len(word.text) == 3 else word.text
        named = word.flag in _NAME_FLAGS and 2 <= len(name) <= 4 and _name_like(name) and name[-1] not in _BOUNDARY
        # The tagger takes 文明, 阳光 and 沃土 for names.
        named = named and (not in_thesaurus(name) or _acts(text, word))
        # 毛中关系, 韩美两国: two countries.
        named = named and not (_TWO_STATES.fullmatch(name) and _BETWEEN_THEM.match(text, word.end))
        if named and not any(start < word.end and word.start < end for start, end in spans):
            found[word.start] = Person(name, word.start, word.start + len(name))
    for match in _APPOINTED.finditer(text):
        if certain_surname(match[1]) and not any(a < match.end(1) and match.start(1) < b for a, b in spans):
            found.setdefault(match.start(1), Person(match[1], match.start(1), match.end(1)))
    for match in re.finditer(_SPEECH, text):
        start = _name_start(text, match.start())
        if start >= 0 and not any(a < match.start() and start < b for a, b in spans):
            found.setdefault(start, Person(text[start : match.start()], start, match.start()))
    return tuple(found[start] for start in sorted(found))


def _acts(text: str, word: Word) -> bool:
    """Return whether a rarer word that is also a name (张扬) begins a clause with a certain surname and does something."""
    if not certain_surname(word.text) or known_word(word.text, common=True):
        return False
    begins = not word.start or text[word.start - 1] in "，。；：、和与及“"
    later = next((one for one in fine_words(text) if one.start >= word.end), None)
    return begins and later is not None and later.flag.startswith("v") and later.text not in {"是", "有"}


# 免去某某的……职务, 任命某某为……
_APPOINTED = re.compile(
    r"(?:免去|免除|任命|选举|补选|推选|增补|聘任|接受|提名)([\u3400-\u9fff]{2,4}?)(?:同志)?(?=的|为|担任|辞去|任)"
)
_TWO_STATES = re.compile(r"[中美俄英法德日韩朝欧].|.[中美俄英法德日韩朝欧]")
_BETWEEN_THEM = re.compile(r"关系|两国|双边|双方|友谊|友好|边境|贸易")


def _is_time(text: str, start: int, end: int) -> bool:
    """Return whether what follows an office is a time (大学生夏季运动会)."""
    return any(word.start == start and word.end == end and word.flag == "t" for word in fine_words(text))


def _led_by(name: str) -> int:
    """Return where a foreign name begins in what was taken for it: after the last common noun before the dot (工人卡洛斯·)."""
    ahead = name[: name.index("·")]
    nouns = [
        word.end
        for word in fine_words(ahead)
        if word.text in TITLES or (len(word.text) > 1 and word.flag == "n" and known_word(word.text, common=True))
    ]
    return max((end for end in nouns if end < len(ahead) - 1), default=0)


def _goes_on_at(name: str) -> int:
    """Return where the sentence goes on in what was taken for a foreign name (·德奥利维拉与人, ·史密斯表示)."""
    last = name.rindex("·") + 2
    ends = [at for at in range(last, len(name)) if name[at] in _AFTER_NAME or _SAYS.match(name, at)]
    return min(ends, default=len(name))


# 不 stands in names (阿不都热依木).
_AFTER_NAME = _BOUNDARY - {"不"}


def certain_surname(text: str) -> bool:
    """Return whether `text` begins with a surname that is no everyday word too."""
    return text[:1] in SURNAMES - _DOUBTFUL or text[:2] in COMPOUND_SURNAMES


def _name_like(text: str) -> bool:
    return bool(_HAN.match(text)) and (text[0] in SURNAMES or not known_word(text))


def _name_end(text: str, at: int) -> int:
    """Return where a name that begins at `at` ends, or `at` when none begins there."""
    given = 2 if text[at : at + 2] in COMPOUND_SURNAMES else 1
    if given == 1 and (at >= len(text) or text[at] not in SURNAMES):
        return at
    if given == 1 and text[at] in _DOUBTFUL and not _tagged_name(text, at):
        return at
    end = at + given
    if end >= len(text) or not _HAN.match(text[end]) or text[end] in _BOUNDARY:
        return at
    if known_word(text[at : at + 2]) and known_word(text[at : at + 2], common=True):
        return at
    end += 1
    if end < len(text) and _HAN.match(text[end]) and text[end] not in _BOUNDARY and not known_word(text[end : end + 2]):
        end += 1
    return end


def _spoken_end(text: str, at: int) -> int:
    """Return where a name with a rare surname ends, between an office and a verb of saying (院长素立言致辞); else `at`."""
    for end in range(at + 2, at + 5):
        name = text[at:end]
        if not _SAYS.match(text, end) or any(
            char in _BOUNDARY or char in _MANNER or not _HAN.match(char) for char in name
        ):
            continue
        first = next(iter(fine_words(name)))
        if (
            not known_word(name[:2])
            and not any(name[:size] in SPEECH for size in (1, 2, 3))
            and first.flag[:1] not in "vpdqr"
        ):
            return end
    return at


# 笑着说, 抹泪地说: how it is said is nobody's name.
_MANNER = frozenset("着地边了过泪气手笑哭")
_HEADS = re.compile(r"(?:长|书记|主席|总统|总理|首相|经理|总裁|主任|大使)$")
_SAYS = re.compile(_SPEECH)


def _tagged_name(text: str, at: int) -> bool:
    return any(word.start == at and word.flag.startswith("nr") and len(word.text) > 1 for word in fine_words(text))


def _name_start(text: str, end: int) -> int:
    """Return where a Chinese name that ends at `end` begins, or -1."""
    for length in (3, 2):
        start = end - length
        if start < 0:
            continue
        name = text[start:end]
        likely = name[0] in SURNAMES - _DOUBTFUL and all(_HAN.match(char) and char not in _BOUNDARY for char in name)
        if likely and not known_word(name) and not (length == 3 and known_word(name[1:])):
            return start
    return -1
