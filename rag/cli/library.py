"""`ingest`, `pages`, `remove`, `archive`: what goes into the archive and what comes out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from rag.cli.terminal import console, print_json, progress_bars, service
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.schema import IngestReport, Page

_JSON = typer.Option(False, "--json", help="Print JSON, for programs.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(ingest)
    app.command()(remove)
    pages = typer.Typer(help="Look at pages as they are segmented.", no_args_is_help=True)
    pages.command("inspect")(inspect)
    app.add_typer(pages, name="pages")
    archive = typer.Typer(help="Check, count, rebuild, back up and restore the archive.", no_args_is_help=True)
    for command in (stats, verify, rebuild, backup, restore):
        archive.command()(command)
    app.add_typer(archive, name="archive")


def ingest(
    paths: list[Path] = typer.Argument(help="Page files or folders."),
    engine: Literal["local", "ray"] | None = typer.Option(
        None, "--engine", help="Who reads and embeds: this process, or Ray. Default: the setting INGEST_ENGINE."
    ),
    address: str = typer.Option("", "--address", help="A Ray cluster, as HOST:PORT. Default: workers on this machine."),
    workers: int | None = typer.Option(None, "--workers", min=1, help="Ray workers, a core each. Default: 2."),
    as_json: bool = _JSON,
) -> None:
    """Read newspaper pages into the archive; what is there already costs nothing."""
    from rag.contract import ingest_json
    from rag.settings import read_settings

    given = {"ingest_engine": engine, "ray_address": address, "ray_workers": workers}
    chosen = {name: value for name, value in given.items() if value}
    chosen |= {} if read_settings().second_look else {"llm": "none"}
    with service(**chosen) as opened, progress_bars(quiet=as_json) as progress:
        if (address or workers) and opened.settings.ingest_engine != "ray":
            raise typer.BadParameter("--address and --workers go with --engine ray", param_hint="--engine")
        report = opened.ingest(paths, progress)
    if as_json:
        print_json(ingest_json(report))
    else:
        print_report(report)
    if report.skipped and not (report.pages_added or report.pages_unchanged or report.pages_replaced):
        raise typer.Exit(1)


def print_report(report: IngestReport) -> None:
    """Say what an ingest did, and everything it passed over."""
    out = console()
    out.print(
        f"{report.pages_added} pages added, {report.pages_replaced} replaced, {report.pages_unchanged} unchanged; "
        f"{report.articles} articles, {report.passages} passages."
    )
    for note in report.notes:
        out.print(f"note: {note}", markup=False)
    for skip in report.skipped:
        out.print(f"skipped {skip.source}: {skip.reason}", markup=False)


def inspect(
    file: Path = typer.Argument(help="A page file."),
    as_json: bool = _JSON,
    full: bool = typer.Option(False, "--full", help="Print whole bodies, not their beginnings."),
) -> None:
    """Print a page as Baowen segments it, with its confidence in each article."""
    from rag.pages import find_files, read_file
    from rag.pages.inspect import inspection
    from rag.schema import Skip

    if not file.is_file():
        raise InputError(f"{file} is not a file: name one page file.")
    for source in find_files([file]):
        for found in read_file(source.path, given=source.edition, root=source.root):
            if isinstance(found, Skip):
                console(error=True).print(f"skipped {found.source}: {found.reason}", markup=False)
            elif as_json:
                print_json(inspection(found))
            else:
                _print_page(found, full)


def _print_page(page: Page, full: bool) -> None:
    out = console()
    edition = page.edition
    told = " · ".join(
        f"{name} {value or '?'} ({how})"
        for name, value, how in (
            ("paper", edition.paper, edition.paper_from),
            ("date", edition.date, edition.date_from),
            ("page", edition.page, edition.page_from),
        )
    )
    out.print(f"{page.source}: {told}", markup=False)
    for note in page.notes:
        out.print(f"note: {note}", markup=False)
    for number, article in enumerate(page.articles, 1):
        out.rule(f"{number} {article.kind} {article.confidence:.2f}", align="left")
        for style, text in (
            ("", article.kicker),
            ("bold", article.title or "（无标题）"),
            ("", article.subtitle),
            ("dim", article.byline),
            ("dim", article.dateline),
        ):
            if text:
                out.print(text, style=style, markup=False)
        body = article.body if full or len(article.body) <= 160 else f"{article.body[:160]}…"
        out.print(body, markup=False)
        for doubt in article.doubts:
            out.print(f"? {doubt}", style="yellow", markup=False)


def remove(
    articles: list[str] = typer.Argument(None, help="Article ids."),
    paper: str = typer.Option("", "--paper", help="Everything of this paper."),
    date: str = typer.Option("", "--date", help="Everything of this day, as 2025-07-11."),
    page: str = typer.Option("", "--page", help="Everything of this page."),
    source: str = typer.Option("", "--source", help="Everything that came from this file."),
    as_json: bool = _JSON,
) -> None:
    """Remove articles: by id, or all that match every option given (paper + date = one edition)."""
    from rag.contract import check_date

    if not (articles or paper or date or page or source):
        raise typer.BadParameter("give article ids, or --paper, --date, --page or --source", param_hint="ARTICLES")
    with service(llm="none") as opened:
        count = opened.remove(articles or [], paper=paper, date=check_date(date), page=page, source=source)
    if as_json:
        print_json({"removed": count})
    else:
        console().print(f"{count} articles removed.")
    if not count:
        raise InputError("nothing in the archive matches: see `baowen archive stats`.")


def stats(as_json: bool = _JSON) -> None:
    """Say what the archive holds."""
    from rag.archive import open_archive
    from rag.archive.maintenance import archive_stats
    from rag.settings import read_settings

    settings = read_settings()
    archive = open_archive(settings.database or settings.home)
    counted, editions = asdict(archive_stats(archive)), archive.editions()
    archive.close()
    if as_json:
        print_json(counted | {"editions": [asdict(edition) for edition in editions]})
        return
    out = console()
    for name, value in counted.items():
        out.print(f"{name.replace('_', ' ')}: {value}", markup=False)
    for edition in editions:
        out.print(f"  {edition.date or '?'}  {edition.paper or '?'}: {edition.articles} articles", markup=False)


def verify(as_json: bool = _JSON) -> None:
    """Check the archive and its index against each other, byte by byte."""
    from rag.archive.maintenance import verify_archive

    with service(llm="none") as opened:
        problems = verify_archive(opened.archive, opened.index)
    if as_json:
        print_json({"problems": list(problems)})
    else:
        for problem in problems:
            console().print(problem, markup=False)
        if not problems:
            console().print("The archive and its index are sound.")
    if problems:
        raise typer.Exit(1)


def rebuild() -> None:
    """Make all vectors and the search index anew, as after a change of the embedding model."""
    from rag.archive import open_archive
    from rag.archive.maintenance import rebuild_archive
    from rag.embedding import open_embedder
    from rag.settings import read_settings

    settings = read_settings()
    archive = open_archive(settings.database or settings.home)
    with progress_bars() as progress:
        count = rebuild_archive(archive, settings.home / "index", open_embedder(settings), progress)
    archive.close()
    console().print(f"{count} passages embedded and indexed anew.")


def backup(target: Path = typer.Argument(help="The file to write.")) -> None:
    """Write the whole archive to one file, while it is in use."""
    from rag.archive import open_archive
    from rag.archive.maintenance import backup_archive
    from rag.settings import read_settings

    settings = read_settings()
    archive = open_archive(settings.database or settings.home)
    backup_archive(archive, target)
    archive.close()
    console().print(f"{target}: {target.stat().st_size / 1e6:.1f} MB", markup=False)


def restore(source: Path = typer.Argument(help="A file that `archive backup` wrote.")) -> None:
    """Put a backup in the place of the archive; the present one is kept beside it."""
    from rag.archive.maintenance import restore_archive
    from rag.settings import read_settings

    kept = restore_archive(source, read_settings().home)
    console().print(f"Restored.{f' The former archive is {kept}.' if kept else ''}", markup=False)
