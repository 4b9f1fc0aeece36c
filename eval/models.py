"""Which models a run used, told by their files rather than their folders."""

from __future__ import annotations

from pathlib import Path

from rag.settings import Settings


def model_identity(settings: Settings) -> dict[str, str]:
    """Return the name and size of the language model's file, or the server's address and model; and the embedder's."""
    from rag.llm_servers import embedded_path

    llm = "none"
    if settings.llm == "embedded":
        llm = _file(embedded_path(settings))
    elif settings.llm == "openai":
        llm = f"{settings.llm_model} at {settings.llm_base_url}"
    if settings.embedding_base_url:
        return {"llm": llm, "embedder": f"{settings.embedding_model} at {settings.embedding_base_url}"}
    folder = Path(settings.embedding_model) if settings.embedding_model else settings.models / "multilingual-e5-small"
    weights = folder / "model.safetensors"
    return {"llm": llm, "embedder": f"{folder.name} {_file(weights)}"}


def _file(path: Path) -> str:
    return f"{path.name} {path.stat().st_size}" if path.is_file() else path.name
