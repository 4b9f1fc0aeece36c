"""`serve`, `models`, `doctor`, `password`: getting Baowen to run and finding out why it does not."""

from __future__ import annotations

from pathlib import Path

import typer

from rag.cli.library import print_report
from rag.cli.terminal import console, print_json, progress_bars, service
from rag.errors import ModelError

_JSON = typer.Option(False, "--json", help="Print JSON, for programs.")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(serve)
    app.command()(doctor)
    app.command()(password)
    models = typer.Typer(help="The model pack: fetch it, list it, check it.", no_args_is_help=True)
    models.command("pull")(pull)
    models.command("list")(list_models)
    models.command("verify")(verify_models)
    app.add_typer(models, name="models")


def serve(
    host: str = typer.Option("", "--host", help="Address to listen on; default: 127.0.0.1."),
    port: int = typer.Option(-1, "--port", help="Port; default: 7860; 0: any free one."),
    no_llm: bool = typer.Option(False, "--no-llm", help="Work without a language model."),
    ingest: list[Path] = typer.Option([], "--ingest", help="Read these pages into the archive first."),
    open_browser: bool = typer.Option(False, "--open", help="Open the browser."),
) -> None:
    """Start the newsroom desk in the browser."""
    from ui.app import serve as serve_app

    with service(**({"llm": "none"} if no_llm else {})) as opened:
        if ingest:
            with progress_bars() as progress:
                print_report(opened.ingest(ingest, progress))

        def ready(address: str) -> None:
            typer.echo(f"Baowen is at {address}   (Ctrl-C stops it)")
            opened.warm()  # only now: beside the start it would take the processors from it

        serve_app(
            opened,
            host=host or opened.settings.host,
            port=opened.settings.port if port < 0 else port,
            open_browser=open_browser,
            on_ready=ready,
        )


def pull() -> None:
    """Fetch what is missing of the model pack, check it, put it together; goes on where it stopped."""
    from rag.models import PACK, pull
    from rag.settings import read_settings

    settings = read_settings()
    with progress_bars() as progress:
        made = pull(settings.models, progress, source=settings.models_from)
    titles = {model.name: model.title for model in PACK}
    for name in made:
        console().print(f"made {titles.get(name, name)}")
    console().print(f"The model pack is complete in {settings.models}.", markup=False)


def list_models(as_json: bool = _JSON) -> None:
    """List the models in use and whether they are there."""
    from rag.models import PACK, state
    from rag.settings import read_settings

    folder = read_settings().models
    rows = [
        {
            "name": model.name,
            "title": model.title,
            "licence": model.licence,
            "path": str(folder / model.path),
            "state": state(model, folder),
        }
        for model in PACK
    ]
    if as_json:
        print_json({"models": rows})
        return
    for row in rows:
        console().print("{name:9} {state:8} {title} ({licence})\n          {path}".format(**row), markup=False)


def verify_models(as_json: bool = _JSON) -> None:
    """Read every byte of the model pack and compare it with the pinned SHA-256."""
    from rag.models import EMBEDDER, PACK, state
    from rag.onnx_export import is_exported
    from rag.settings import read_settings

    folder = read_settings().models
    found: dict[str, str] = {model.name: state(model, folder, thorough=True) for model in PACK}
    fast = is_exported(folder / EMBEDDER.path, thorough=True)
    found["embedder-int8"] = "present" if fast else "missing or damaged"
    if as_json:
        print_json({"models": found})
    for name, how in found.items():
        if not as_json:
            console().print(f"{name:14} {'sound' if how == 'present' else how}")
    bad = [name for name, how in found.items() if how != "present"]
    if bad:
        raise ModelError(
            f"{', '.join(bad)} in {folder}: not as it should be. Delete what is damaged there and run "
            "`baowen models pull`."
        )


def doctor(as_json: bool = _JSON) -> None:
    """Say what is installed, which models are in use, how the archive is, what is wrong, and the remedy."""
    from rag.doctor import examine
    from rag.settings import read_settings

    findings = examine(read_settings())
    if as_json:
        print_json({"findings": [{"subject": f.subject, "state": f.state, "remedy": f.remedy} for f in findings]})
    else:
        out = console()
        for finding in findings:
            mark = "[red]✗[/red]" if finding.remedy else "[green]✓[/green]"
            out.print(f"{mark} [bold]{finding.subject}[/bold]: ", end="")
            out.print(finding.state, markup=False)
            if finding.remedy:
                out.print(f"  → {finding.remedy}", markup=False)
    if any(finding.remedy for finding in findings):
        raise typer.Exit(1)


def password() -> None:
    """Ask for a password and print its hash, for BAOWEN_PASSWORD_HASH."""
    from rag.passwords import hash_password

    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    typer.echo(hash_password(typed))
