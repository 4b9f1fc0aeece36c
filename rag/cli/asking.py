"""`ask`, `search`, `digest`, `article`: what readers do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rag.cli.terminal import console, print_json, service
from rag.errors import BaowenError, InputError

if TYPE_CHECKING:
    from rag.schema import Answer, Claim, Digest, Filters
    from rag.service import Service

_PAPER = typer.Option([], "--paper", help="Only this paper; may be given several times.")
_SINCE = typer.Option("", "--from", help="Only editions from this day on, as 2025-07-11.")
_UNTIL = typer.Option("", "--to", help="Only editions up to this day.")
_PAGE = typer.Option([], "--page", help="Only this page; may be given several times.")
_JSON = typer.Option(False, "--json", help="Print JSON, for programs.")
_BATCH = typer.Option(None, "--batch", help="JSON Lines file: question, optional id, history, filters.")
_OUTCOMES = {"answered": "已回答", "partial": "部分回答", "not_found": "文库中没有"}


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(ask)
    app.command()(search)
    app.command()(digest)
    app.command()(article)


def ask(
    question: str = typer.Argument("", help="The question."),
    no_llm: bool = typer.Option(False, "--no-llm", help="Answer with source sentences only; instant."),
    batch: Path | None = _BATCH,
    as_json: bool = _JSON,
    paper: list[str] = _PAPER,
    since: str = _SINCE,
    until: str = _UNTIL,
    page: list[str] = _PAGE,
) -> None:
    """Answer a question; every sentence is checked against the sentence it cites."""
    from rag.contract import answer_json

    filters = _filters(paper, since, until, page)
    _either(question, batch)
    with service(**({"llm": "none"} if no_llm else {})) as opened:
        if batch is not None:
            _run_batch(batch, as_json, lambda line: answer_json(_ask_line(opened, line, filters)), _print_batch_answer)
        elif as_json:
            print_json(answer_json(opened.ask(question, filters=filters)))
        else:
            _ask_aloud(opened, question, filters)


def search(
    question: str = typer.Argument("", help="What to look for."),
    top: int = typer.Option(10, "--top", min=1, max=1000, help="How many articles."),
    batch: Path | None = _BATCH,
    as_json: bool = _JSON,
    paper: list[str] = _PAPER,
    since: str = _SINCE,
    until: str = _UNTIL,
    page: list[str] = _PAGE,
) -> None:
    """Find the articles that bear on a question, best first."""
    from rag.contract import read_filters, search_json

    filters = _filters(paper, since, until, page)
    _either(question, batch)

    def one(line: dict[str, Any]) -> dict[str, Any]:
        wanted = read_filters(line["filters"]) if line.get("filters") else filters
        return search_json(opened.search(_question(line), top=top, filters=wanted))

    with service(llm="none") as opened:
        if batch is not None:
            _run_batch(batch, as_json, one, _print_hits)
            return
        found = one({"question": question})
        if as_json:
            print_json(found)
        else:
            _print_hits(found)


def digest(
    date: str = typer.Option("", "--date", help="The edition's day, as 2025-07-11; default: the newest."),
    paper: str = typer.Option("", "--paper", help="One paper; default: all of the day."),
    topic: str = typer.Option("", "--topic", help="Only stories on this topic or in this section."),
    no_llm: bool = typer.Option(False, "--no-llm", help="Source sentences only; instant."),
    as_json: bool = _JSON,
    form: str = typer.Option("text", "--format", help="text, markdown, html, json or atom."),
    out: Path | None = typer.Option(None, "--out", help="Write to this file instead of the terminal."),
    watch: Path | None = typer.Option(None, "--watch", help="Every day: ingest this folder, then write the digest."),
    at: str = typer.Option("07:00", "--at", help="The hour for --watch."),
) -> None:
    """Write the digest of a day: every line cited, with a ledger of what is left out."""
    from rag.contract import check_date

    form = "json" if as_json else form
    if form not in {"text", "markdown", "html", "json", "atom"}:
        raise typer.BadParameter(f"{form!r} is not one of text, markdown, html, json, atom", param_hint="--format")
    with service(**({"llm": "none"} if no_llm else {})) as opened:
        if watch is not None:
            from rag.digest.watch import watch_folder

            watch_folder(opened, watch, at, out or opened.settings.home / "digests", console(error=True).print)
            return
        if form == "text" and out is None:
            _digest_aloud(opened, check_date(date), paper, topic)
            return
        made = opened.digest(check_date(date), paper, topic)
    text = _formatted(made, form)
    if out is None:
        typer.echo(text)
    else:
        try:
            out.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error.strerror}") from None


def article(
    article_id: str = typer.Argument(help="The article's id, as citations give it."), as_json: bool = _JSON
) -> None:
    """Print one article whole."""
    from rag.archive import open_archive
    from rag.contract import article_json
    from rag.settings import read_settings

    settings = read_settings()
    archive = open_archive(settings.database or settings.home)
    found = archive.article(article_id)
    archive.close()
    if found is None:
        raise InputError(f"there is no article {article_id} in {settings.home}: it was removed, or the id is mistyped.")
    if as_json:
        print_json(article_json(found))
        return
    out = console()
    edition = found.edition
    for line in (found.kicker, found.title, found.subtitle):
        if line:
            out.print(line, style="bold" if line == found.title else "", markup=False)
    out.print(
        " ".join(part for part in (edition.paper, edition.date, edition.page, found.byline) if part), markup=False
    )
    out.print(f"\n{found.body}", markup=False)


def _filters(papers: list[str], since: str, until: str, pages: list[str]) -> Filters:
    from rag.contract import check_date
    from rag.schema import Filters

    return Filters(papers=tuple(papers), date_from=check_date(since), date_to=check_date(until), pages=tuple(pages))


def _either(question: str, batch: Path | None) -> None:
    if bool(question.strip()) == (batch is not None):
        raise typer.BadParameter("give a question, or --batch FILE, and not both", param_hint="QUESTION")
    if batch is not None and not batch.is_file():
        raise InputError(f"{batch} is not a file: give a JSON Lines file, one question a line.")


def _question(line: dict[str, Any]) -> str:
    question = line.get("question")
    if not isinstance(question, str):
        raise InputError("it has no `question`")
    return question


def _ask_line(opened: Service, line: dict[str, Any], filters: Filters) -> Answer:
    from rag.contract import read_filters, read_history

    wanted = read_filters(line["filters"]) if line.get("filters") else filters
    return opened.ask(_question(line), history=read_history(line.get("history")), filters=wanted)


def _batch_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            if raw.strip():
                yield number, raw


def _run_batch(
    path: Path,
    as_json: bool,
    answer: Callable[[dict[str, Any]], dict[str, Any]],
    show: Callable[[dict[str, Any]], None],
) -> None:
    """Answer line by line, in order; a bad line is reported with its number and the rest go on."""
    failed = 0
    for number, raw in _batch_lines(path):
        line: Any = {}
        try:
            line = json.loads(raw.decode("utf-8-sig"))
            if not isinstance(line, dict):
                raise InputError("it is not a JSON object")
            found = answer(line)
            result = ({"id": line["id"]} if "id" in line else {}) | found
        except (BaowenError, ValueError) as error:
            failed += 1
            reason = str(error) if isinstance(error, BaowenError) else f"it is not JSON in UTF-8 ({error})"
            console(error=True).print(f"{path.name}, line {number}: {reason}", markup=False)
            result = {"id": line.get("id") if isinstance(line, dict) else None, "line": number, "error": reason}
            if not as_json:
                continue
        if as_json:
            print_json(result)
        else:
            show(result)
    if failed:
        raise typer.Exit(1)


def _ask_aloud(opened: Service, question: str, filters: Filters) -> None:
    from rag.schema import AnswerReady, ClaimReady, EvidenceFound

    out = console()
    for event in opened.ask_events(question, filters=filters):
        if isinstance(event, EvidenceFound):
            for item in event.evidence:
                source = " ".join(part for part in (item.article.title, item.article.date) if part)
                out.print(f"[dim]\\[{item.number}] {_safe(item.quote)} —— {_safe(source)}[/dim]")
            out.print()
        elif isinstance(event, ClaimReady):
            _print_claim(event.claim)
        elif isinstance(event, AnswerReady):
            _print_end(event.answer)


def _print_claim(claim: Claim) -> None:
    out = console()
    out.print(claim.text, markup=False, style="" if claim.verdict == "supported" else "yellow")
    for citation in claim.citations:
        place = f"{citation.article_id}:{citation.start}-{citation.end}"
        out.print(f"  [dim]↳ 《{_safe(citation.title)}》 {citation.date} {place} “{_safe(citation.quote)}”[/dim]")


def _print_end(answer: Answer) -> None:
    out = console()
    if not answer.claims:
        out.print(answer.answer, markup=False)
    for note in answer.notes:
        out.print(f"[dim]{_safe(note)}[/dim]")
    if answer.outcome == "not_found":
        for near in answer.nearest:
            out.print(f"[dim]  最接近：《{_safe(near.title)}》 {near.date} {near.id}[/dim]")
    seconds = answer.timings.total_ms / 1000
    out.print(f"[dim]{_OUTCOMES[answer.outcome]} · {answer.llm} · {seconds:.1f} s[/dim]")


def _print_batch_answer(answer: dict[str, Any]) -> None:
    out = console()
    out.print(f"[bold]{_safe(answer['question'])}[/bold]")
    out.print(answer["answer"], markup=False)
    out.print()


def _print_hits(found: dict[str, Any]) -> None:
    out = console()
    for note in found["notes"]:
        out.print(f"[dim]{_safe(note)}[/dim]")
    for number, hit in enumerate(found["hits"], 1):
        out.print(f"{number:>2}. [bold]{_safe(hit['title'])}[/bold] {hit['date']} [dim]{hit['article_id']}[/dim]")
        out.print(f"    {_safe(hit['passage'][:120])}")
    if not found["hits"]:
        out.print("没有找到相关报道。")


def _digest_aloud(opened: Service, date: str, paper: str, topic: str) -> None:
    with console(error=True).status("正在写摘要……"):
        made = opened.digest(date, paper, topic)
    text = _formatted(made, "markdown")
    out = console()
    if not out.is_terminal:
        typer.echo(text)
        return
    from rich.markdown import Markdown

    out.print(Markdown(text))


def _formatted(made: Digest, form: str) -> str:
    from rag.contract import digest_json
    from rag.digest import export

    if form == "json":
        return json.dumps(digest_json(made), ensure_ascii=False)
    if form == "html":
        return export.html(made)
    if form == "atom":
        return export.atom([made])
    return export.markdown(made)


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)
