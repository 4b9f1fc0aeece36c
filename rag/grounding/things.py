"""What in a sentence could fill the hole of 什么 (a thing, not a figure or a person): what is named beside the noun asked for."""

from __future__ import annotations

import re

from rag.grounding.asked import Asked
from rag.grounding.reading import tagged


def things(asked: Asked, text: str) -> tuple[tuple[int, int, float], ...]:
    """Return what is named beside the noun asked for: quoted, after 是 or 为, or right before the noun (骁龙888处理器).

    Each as (start, end, fit): where it stands in `text`, and in 0..1 how well it fits the hole; all of `text` where nothing
    is named.
    """
    noun = _asked_noun(asked)
    found: list[tuple[int, int, float]] = []
    for match in _QUOTED.finditer(text):
        if match[1] not in asked.question:
            beside = text[max(0, match.start() - 3) : match.start()] + text[match.end() : match.end() + 3]
            follows = _AFTER.match(asked.after)
            whole = follows is not None and text.startswith(follows[1], match.end())
            fits = whole or (bool(noun) and (noun in beside or _is_work(asked, noun, text, match)))
            found.append((match.start(), match.end(), BESIDE if fits else 0.4))
    if noun:
        for match in re.finditer(re.escape(noun), text):
            tail = _COPULA.match(text, match.end())
            if tail and _TOLD.match(text, tail.end()):
                found.append((tail.end(), min(len(text), tail.end() + 16), 1.0))
            head = re.search(r"[A-Za-z0-9\u3400-\u9fff·+\- ]{2,14}$", text[: match.start()])
            if head and not set(head[0][-2:]) <= set(asked.question):
                found.append((match.start() - len(head[0]), match.start(), 0.6))
    found += _governed(asked, text)
    if _DOING_ASKED.search(asked.question):
        found += [(match.start(1), match.end(1), 0.9) for match in _DOING.finditer(text)]
    return tuple(sorted(found)) or ((0, len(text), 0.3),)


def _governed(asked: Asked, text: str) -> list[tuple[int, int, float]]:
    """Return what stands between the preposition and the word after 什么 (从一家小店起步 of 从什么起步)."""
    led = _PREPOSITION.search(asked.before)
    verb = next(iter(tagged(asked.after)), None)
    if led is None or verb is None or (len(verb.text) == 1 and verb.flag != "v"):
        return []
    pattern = re.compile(rf"{led[0]}([^，。；！？、]{{2,14}}?){re.escape(verb.text)}")
    return [(match.start(1), match.end(1), 1.0) for match in pattern.finditer(text)]


def _is_work(asked: Asked, noun: str, text: str, quoted: re.Match[str]) -> bool:
    """Return whether a title in book marks is what is asked for: right after the verb (出台《……措施》 of 出台了什么文件)."""
    verb = next(iter(reversed(tagged(asked.before.rstrip("了过")))), None)
    if quoted[0][0] != "《" or verb is None or verb.flag[:1] != "v" or len(verb.text) < _A_WORD:
        return False
    if not re.search(rf"{re.escape(verb.text)}[了过的]*$", text[: quoted.start()]):
        return False
    return bool(_WORK.search(noun)) or (bool(_DOCUMENT.search(noun)) and bool(_DOCUMENT.search(quoted[1])))


_A_WORD = 2
# How well a quoted name fits that stands with the noun asked for.
BESIDE = 0.9
_WORK = re.compile(r"[诗词曲书剧]$|图书|著作|专著|小说|文章|论文|电影|影片|歌曲?$|节目|专辑")
_DOCUMENT = re.compile(
    r"文件|政策|办法|条例|法规?$|规定|方案|意见|通知|公告|公报|声明|措施|规划|计划|纲要|指南|标准|报告|协议|备忘录|倡议|章程|细则"
)
_DOING_ASKED = re.compile(r"[干做忙搞](?:些|着|点)?什么(?:活儿?|事|工作|呢)?$")
_DOING = re.compile(r"(?:正在?|忙着|忙于|进行|从事|开展|负责)([^，。；！？]{3,40})")
_PREPOSITION = re.compile(r"[从由向往朝以把将靠凭]$")
_QUOTED = re.compile(r"[“「《『]([^“”「」《》『』]{1,40})[”」》』]")
_TOLD = re.compile(r"[“「《『]?(?!什么|哪|谁|多少|怎)[\w·]{2,}")
_COPULA = re.compile(
    r"[\u3400-\u9fff（）()“”\w]{0,8}?(?:是(?!什么|否)|为(?!什么)|叫做?|名为|名叫|称为|即|指|定为|有|包括|采用|搭载|使用|：|:|——|“|「)"
)


_AFTER = re.compile(r"(?:一个|的|种|类型?)*([\u3400-\u9fff]{2,6})$")


def _asked_noun(asked: Asked) -> str:
    """Return the noun whose value is asked for: 主题 of 主题是什么, 工艺 of 采用什么工艺."""
    after = _AFTER.match(asked.after)
    if after and tagged(after[1]):
        return tagged(after[1])[-1].text
    before = re.sub(r"(?:是|叫|为|做|的|名字|名称|称|被|都|有|指|又|俗|一个|一种|一条|叫作)+$", "", asked.before)
    words = [word for word in tagged(before) if word.flag[:1] in {"n", "v", "l", "i", "j"} and len(word.text) > 1]
    return words[-1].text if words else ""
