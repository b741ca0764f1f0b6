"""What an operator decides: environment variables with the prefix INFUSION_JOURNAL_, read once at start.

Every setting is explained in docs/settings.md; a variable with our prefix that is not a setting is an error, so
that a typing mistake is found before anything runs.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "INFUSION_JOURNAL_"
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class UnknownSetting(ValueError):
    """An environment variable carries our prefix but is no setting of ours."""


class Settings(BaseSettings):
    """The service's settings, validated; see docs/settings.md for each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    public_url: str = "http://127.0.0.1:8080"
    folder: Path = Path("data")
    database_url: SecretStr | None = None
    clinics_file: Path = Path("clinics.toml")
    secrets_dir: Path = Path("secrets")
    mode: Literal["production", "demo"] = "production"
    worker: Literal["embedded", "separate", "off"] = "embedded"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trusted_hops: int = Field(default=0, ge=0, le=5)
    free_space_floor_mib: int = Field(default=256, ge=0)

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ValueError("must be an origin such as https://journal.clinic.example")
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            raise ValueError("must be https anywhere but on this machine")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _demo_stays_here(self) -> "Settings":
        """Invented people and a pretend record system are for this machine alone (threat T49)."""
        if self.mode == "demo" and urlsplit(self.public_url).hostname not in _THIS_MACHINE:
            raise ValueError(
                "mode demo serves on this machine only: set mode to production, or public_url to 127.0.0.1"
            )
        return self

    @property
    def database(self) -> str:
        """The SQLAlchemy URL: what was set, else a SQLite file in the folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.folder.resolve() / 'journal.sqlite'}"

    @property
    def is_embedded(self) -> bool:
        """Whether SQLite serves: one process, one writer."""
        return self.database.startswith("sqlite")


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; UnknownSetting or pydantic's ValidationError say what is wrong."""
    names = os.environ if environment is None else environment
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in names if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise UnknownSetting(f"not a setting of ours: {', '.join(unknown)}")
    if environment is None:
        return Settings()
    given = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.model_fields
        if PREFIX + name.upper() in environment
    }
    return Settings.model_validate(given)
