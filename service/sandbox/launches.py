"""Launches under way: the opaque value that a launch button puts into an app's address, and what it stands for."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from service.sandbox.config import RegisteredApp, SandboxConfig
from service.sandbox.database import Database, digest

LAUNCH_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Launch:
    """Who pressed the launch button (a relative reference), for which app, and on whose chart (bare ids)."""

    client_id: str
    fhir_user: str
    patient: str | None = None
    encounter: str | None = None
    banner: bool = True


class Launches:
    """The memory of launches; each is good once and for ten minutes."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def begin(self, launch: Launch) -> str:
        """Keep the launch and hand out its opaque value."""
        value = secrets.token_urlsafe(24)
        now = int(self._clock().timestamp())
        with self._database.writing() as rows:
            rows.execute("delete from launch where expires < ?", (now,))
            rows.execute(
                "insert into launch values (?, ?, ?, ?, ?, ?, ?, 0)",
                (digest(value), *_columns(launch), now + int(LAUNCH_LIFE.total_seconds())),
            )
        return value

    def find(self, value: str, client_id: str) -> Launch | None:
        """The unused launch of this client, or None; it stays unused."""
        with self._database.reading() as rows:
            return self._live(rows, value, client_id)

    def spend(self, value: str, client_id: str) -> Launch | None:
        """The unused launch of this client, used up from now on; None when there is none or somebody was quicker."""
        with self._database.writing() as rows:
            launch = self._live(rows, value, client_id)
            rows.execute(
                "update launch set used = 1 where digest = ? and client_id = ?", (digest(value), client_id)
            )
            return launch

    def _live(self, rows: sqlite3.Connection, value: str, client_id: str) -> Launch | None:
        row = rows.execute(
            "select * from launch where digest = ? and client_id = ? and used = 0 and expires >= ?",
            (digest(value), client_id, int(self._clock().timestamp())),
        ).fetchone()
        if row is None:
            return None
        return Launch(
            row["client_id"], row["fhir_user"], row["patient"], row["encounter"], bool(row["banner"])
        )


def launch_address(config: SandboxConfig, app: RegisteredApp, value: str) -> str:
    """The app's launch URL with `iss` and `launch` (SMART App Launch, EHR launch); other parameters stay."""
    address = app.launch_url or ""
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode({'iss': app.iss or config.fhir_base, 'launch': value})}"


def _columns(launch: Launch) -> tuple[object, ...]:
    return (launch.client_id, launch.fhir_user, launch.patient, launch.encounter, launch.banner)
