"""Every word of the interface, in Chinese and English. `say("ask.send", "en")` is the only way to them."""

from __future__ import annotations

from typing import Final, Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    # The frame
    "title": ("报问", "Baowen"),
    "tagline": ("问报纸，句句有出处", "Ask the newspaper; every sentence has its source"),
    "language": ("English", "中文"),
    "language.label": ("切换到英文界面", "Switch the interface to Chinese"),
    "theme": ("深浅", "Light / dark"),
    "close": ("关闭", "Close"),
    "loading": ("正在读取…", "Loading…"),
    "copied": ("已复制", "Copied"),
    "open": ("打开全文", "Open the article"),
    "tab.ask": ("提问", "Ask"),
    "tab.digest": ("要闻", "Digest"),
    "tab.library": ("文库", "Library"),
    "tab.quality": ("评测", "Quality"),
    # Ask
    "ask.placeholder": ("问一句报上的事…", "Ask about the paper…"),
    "ask.question": ("问题", "Question"),
    "ask.send": ("提问", "Ask"),
    "ask.stop": ("停止", "Stop"),
    "ask.new": ("新对话", "New conversation"),
    "ask.history": ("历次对话", "Conversations"),
    "ask.no_history": ("还没有对话。", "No conversation yet."),
    "ask.remove": ("删除这次对话", "Delete this conversation"),
    "ask.turns": ("{n} 问", "{n} questions"),
    "ask.filters": ("限定范围", "Limit the search"),
    "ask.papers": ("报纸", "Papers"),
    "ask.pages": ("版面", "Pages"),
    "ask.from": ("从哪天起", "From"),
    "ask.to": ("到哪天止", "To"),
    "ask.date_hint": ("如 2025-07-11", "e.g. 2025-07-11"),
    "ask.no_llm": ("只摘原文", "Quote only"),
    "ask.no_llm_info": ("不用语言模型，立即摘出原句", "No language model: source sentences at once"),
    "ask.welcome": ("今天想问什么？", "What would you like to know?"),
    "ask.welcome_more": (
        "文库有 {articles} 篇文章。答案的每一句都标着出处，点一下就看到原文。",
        "The archive holds {articles} articles. Every sentence of an answer is marked with its source: tap it to read.",
    ),
    "ask.empty": (
        "文库还是空的。到“文库”里放进几版报纸，就可以提问了。",
        "The archive is empty. Add pages under “Library”, then ask.",
    ),
    "ask.searching": ("正在翻报纸…", "Turning the pages…"),
    "ask.writing": ("正在写，写好一句核一句…", "Writing; each sentence is checked before it is shown…"),
    "ask.waiting": ("前面还有 {n} 个问题，请稍候…", "{n} questions are ahead of yours; please wait…"),
    "ask.draft": ("草稿（未核实）", "Draft, not checked"),
    "ask.stopped": ("已停止。上面是停下之前核实过的。", "Stopped. What was verified by then is above."),
    "ask.retry": ("重试", "Retry"),
    "ask.copy": ("连出处复制", "Copy with sources"),
    "ask.link": ("复制对话地址", "Copy address"),
    "ask.good": ("答得好", "Good answer"),
    "ask.bad": ("答得不好", "Bad answer"),
    "ask.why": ("哪里不对？", "What is wrong?"),
    "ask.reason.figure": ("数字或事实不对", "Wrong fact or figure"),
    "ask.reason.source": ("出处对不上", "The source does not say so"),
    "ask.reason.off": ("没答到点上", "Misses the point"),
    "ask.reason.missed": ("报上有，却没找到", "It is in the paper, but was not found"),
    "ask.reason.other": ("其他", "Something else"),
    "ask.comment": ("补充一句（可不填）", "Anything to add (optional)"),
    "ask.send_feedback": ("提交", "Send"),
    "ask.thanks": ("记下了，谢谢。", "Noted, thank you."),
    "ask.evidence": ("依据", "Evidence"),
    "ask.evidence_of": ("这一问的依据", "Evidence of this answer"),
    "ask.evidence_empty": (
        "提问之后，这里先列出找到的原句。",
        "After you ask, the sentences that were found appear here first.",
    ),
    "ask.evidence_none": ("没有找到相关的句子。", "No sentence that bears on it was found."),
    "ask.evidence_more": ("看过而没有用到的", "Read but not cited"),
    "ask.nearest": ("最接近的文章", "The nearest articles"),
    "ask.withheld": ("拦下 {n} 句没有通过核实的话", "{n} sentences held back: they failed the check"),
    "ask.gone": ("出处文章已从文库中移除。", "The source article has been removed from the archive."),
    "ask.source": ("出处", "Source"),
    "ask.llm_none": ("原句摘录", "Quoted sentences"),
    "ask.seconds": ("{n} 秒", "{n} s"),
    "ask.failed": (
        "这一问没有答成：{reason}",
        "This question could not be answered: {reason}",
    ),
    "ask.too_long": (
        "问题有 {n} 个字，最多 {limit} 个字。请缩短后再问。",
        "The question has {n} characters; at most {limit} are allowed. Shorten it and ask again.",
    ),
    "ask.blank": ("请先写下问题。", "Type a question first."),
    "ask.bad_date": ("“{date}”不是日期，请写成 2025-07-11。", "“{date}” is not a date; write it as 2025-07-11."),
    "ask.busy": (
        "提问的人太多，语言模型排不上。先给出原句摘录，稍后可以重试。",
        "Too many questions are waiting for the language model. Here are the source sentences; retry later.",
    ),
    "ask.slow": (
        "语言模型太慢，超过了时限。先给出原句摘录，稍后可以重试。",
        "The language model took too long. Here are the source sentences; retry later.",
    ),
    "ask.down": (
        "语言模型用不上（{reason}）。先给出原句摘录。",
        "The language model cannot be used ({reason}). Here are the source sentences.",
    ),
    "outcome.answered": ("已核实", "Verified"),
    "outcome.partial": ("部分核实", "Partly verified"),
    "outcome.not_found": ("文库中没有", "Not in the archive"),
    "verdict.supported": ("与出处相符", "The source says so"),
    "verdict.partial": ("只有一部分与出处相符", "The source says only part of it"),
    "verdict.unsupported": ("未通过核实", "Failed the check"),
    # The article
    "article.missing": (
        "这篇文章不在文库里，可能已被移除。",
        "This article is not in the archive; it may have been removed.",
    ),
    "article.siblings": ("同版文章", "On the same page"),
    "article.copy_link": ("复制本文地址", "Copy the address"),
    "article.ask": ("就这篇提问", "Ask about this article"),
    "article.untitled": ("（无题）", "(untitled)"),
    "article.page": ("第 {page} 版", "page {page}"),
    "article.no_date": ("日期不详", "date unknown"),
    "article.no_paper": ("报纸不详", "paper unknown"),
    "kind.news": ("消息", "News"),
    "kind.photo": ("图片", "Photo"),
    "kind.continuation": ("接版", "Continued"),
    "kind.ad": ("广告", "Advertisement"),
    "kind.notice": ("公告", "Notice"),
}


def say(key: str, language: Language, **values: object) -> str:
    """Return the text of `key` in `language`, its `{names}` filled with `values`.

    Raises:
        KeyError: there is no such text, which is a fault of the program.
    """
    text = _TEXTS[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


def keys() -> tuple[str, ...]:
    """Return every key, in order."""
    return tuple(_TEXTS)


def choose_language(accepted: str) -> Language:
    """Return the interface language for a browser's language list (`zh-CN,zh;q=0.9,en;q=0.8`): the first known one."""
    for part in accepted.replace("_", "-").lower().split(","):
        code = part.split(";")[0].strip().split("-")[0]
        if code in ("zh", "en"):
            return "zh" if code == "zh" else "en"
    return "zh" if not accepted.strip() else "en"
