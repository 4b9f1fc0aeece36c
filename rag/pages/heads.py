"""The parts of a head: section label, kicker, title, subtitle, told by typography or, without it, by form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.pages.labels import word_runs_on
from rag.pages.lines import Line, leaves_open, width
from rag.pages.repair import close_head_spaces, join_lines

_LABEL_WIDTH = 6.0


@dataclass(frozen=True, slots=True)
class Headline:
    """A head, taken apart."""

    title: str
    kicker: str = ""
    subtitle: str = ""


def head_parts(lines: Sequence[Line]) -> list[tuple[Line, ...]]:
    """Return the lines of a head grouped into parts: the lines of one wrapped part together."""
    parts: list[tuple[Line, ...]] = []
    # Where every line has a blank one before it, blank lines say nothing.
    telling = any(not line.blank_before for line in lines[1:])
    for line in lines:
        if parts and same_part(parts[-1], line, telling):
            parts[-1] = (*parts[-1], line)
        else:
            parts.append((line,))
    return parts


def same_part(part: Sequence[Line], line: Line, blank_tells: bool = True) -> bool:
    """Tell whether a line goes on with a wrapped part of a head."""
    before = part[-1]
    if before.size and line.size:
        return abs(before.size - line.size) < 0.08 * max(before.size, line.size)
    if line.text.startswith(("——", "—")) or is_label(before.text) or is_label(line.text):
        return False
    if leaves_open("".join(one.text for one in part)) or word_runs_on(before.text, line.text):
        return True
    if line.blank_before and blank_tells:
        return False
    if before.text.endswith(("：", "、", "，", "·", "和", "与", "及", "的")) or line.text.startswith(
        ("暨", "和", "与", "及")
    ):
        return True
    # Lines of one wrapped headline are about as long as each other, the last one at most so.
    return -1.5 <= before.width - line.width <= 2.5 if len(part) == 1 else line.width <= part[0].width + 1.5


def is_label(text: str) -> bool:
    """Tell whether a line may be a standing head (环球扫描): a few characters and nothing else."""
    return bool(re.fullmatch(r"[\u4e00-\u9fff·]{2,6}", text)) and width(text) <= _LABEL_WIDTH


def read_head(lines: Sequence[Line]) -> Headline:
    """Return kicker, title and subtitle of a head."""
    parts = head_parts(lines)
    if not parts:
        return Headline("")
    texts = [part_text(part) for part in parts]
    main = _main_part(parts, texts)
    return Headline(
        title=texts[main],
        kicker=" ".join(texts[:main]),
        subtitle=" ".join(texts[main + 1 :]),
    )


def part_text(part: Sequence[Line]) -> str:
    """Return the text of one part of a head."""
    return close_head_spaces(join_lines([line.text for line in part]))


def _main_part(parts: Sequence[tuple[Line, ...]], texts: Sequence[str]) -> int:
    sizes = [max(line.size for line in part) for part in parts]
    if any(sizes):
        return sizes.index(max(sizes))
    start = 1 if len(parts) > 1 and is_label(texts[0]) else 0
    rest = len(parts) - start
    if rest <= 1 or texts[start + 1].startswith("—"):
        return start
    if rest >= 3:
        return start + 1
    # Of two parts the first is the kicker, unless the second reads as an afterthought: a slogan in two halves.
    return start if " " in texts[start + 1] and " " not in texts[start] else start + 1
