"""Sentences as addresses: where each one starts and ends in an article body.

A sentence ends at 。！？!?, at …… that closes a list, or at the end of its paragraph, and takes the closing quotes and
brackets that follow. Marks inside a quotation do not end it, and a quotation stays with the words that say whose it is
(“……！”他感慨，……), because a reader who clicks a quotation wants to know who said it. Half-width `.` never ends a
sentence: Chinese pages use it in figures.
"""

from __future__ import annotations

import re

_END = "。！？!?"
_DOTS = "…"
_AFTER_END = _END + _DOTS + "”’」』）)】》〉\"'"
_BRACKETS = "（("
# After …… a new sentence begins unless a mark says that this one goes on.
_GOES_ON = re.compile(r"…*[^…，、；：。！？!?”’」』）)等的]")
_PAIRS = {"“": "”", "「": "」", "『": "』", "（": "）", "(": ")"}
_SPEECH = re.compile(
    r"[^，。！？：；\n]{0,45}?(?:说|表示|介绍|告诉|感慨|感叹|坦言|回忆|指出|强调|称|道|笑言)[，。：；！]"
)
# A bracket or quotation that has not closed after this many characters is taken for a misprint.
_MAX_QUOTATION = 300


def sentence_spans(body: str) -> list[tuple[int, int]]:
    """Return the half-open spans of the sentences of `body`, in order, without surrounding white space.

    Every character that is not white space is in exactly one span.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for line in body.splitlines(keepends=True):
        spans.extend(_trimmed(body, a, b) for a, b in _split_line(line, start))
        start += len(line)
    return [span for span in spans if span[0] < span[1]]


def _trimmed(body: str, start: int, end: int) -> tuple[int, int]:
    while start < end and body[start].isspace():
        start += 1
    while end > start and body[end - 1].isspace():
        end -= 1
    return start, end


def _split_line(line: str, offset: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    begin = at = 0
    while at < len(line):
        char = line[at]
        if char in _PAIRS:
            opened, at = at, _after_quotation(line, at)
            complete = at > opened + 1 and line[at - 2] in _END and char not in _BRACKETS
            if complete and not _SPEECH.match(line, at):
                spans.append((offset + begin, offset + at))
                begin = at
            continue
        at += 1
        if char in _END or (char == _DOTS and line[at : at + 1] == _DOTS and _GOES_ON.match(line, at + 1)):
            while at < len(line) and line[at] in _AFTER_END:
                at += 1
            spans.append((offset + begin, offset + at))
            begin = at
    spans.append((offset + begin, offset + len(line)))
    return spans


def _after_quotation(line: str, at: int) -> int:
    """Return the index after the quotation that opens at `at`, or `at + 1` when it never closes."""
    opener, closer = line[at], _PAIRS[line[at]]
    depth = 0
    for index in range(at, min(len(line), at + _MAX_QUOTATION)):
        if line[index] == opener:
            depth += 1
        elif line[index] == closer:
            depth -= 1
            if depth == 0:
                return index + 1
    return at + 1
