"""A demo of one test's own, with somebody at the record system's front desk: everything over real sockets.

Its clinic never asks for changed visits by the clock. What is found there was told by a notification, or found
because somebody came, so that a journey cannot pass by the next poll.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import httpx2
import pytest

from service.cli import demo_stack
from service.cli.demo_clinic import clinics_file, registered_apps
from service.cli.demo_stack import ANY_PORT, Stack, running
from service.sandbox.config import RegisteredApp
from tests.front_desk import FrontDesk, Resource, front_desk_app

if TYPE_CHECKING:
    from tests.world import World

_SECRET = "the-front-desk-and-the-journal-agreed-on-this"
_SECRET_FILE = "notifications"
_POLLING = "poll_minutes = 1\n"
_TOLD = f'poll_minutes = 0\nnotify_secret_file = "{_SECRET_FILE}"\n'


class FrontDeskInTown(FrontDesk):
    """The front desk of a running demo, whose record system it reaches over the network and by its own clock."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(cast("World", _Outside()))
        self._stack = stack

    @property
    def home(self) -> str:
        """The record system's address."""
        return self._stack.sandbox_url

    def asks_to_be_told(self) -> str:
        """Subscribe the journal to changed visits; the answer is the Subscription's id."""
        return self.subscribe(f"{self._stack.fhir_base}/notifications", f"Authorization: Bearer {_SECRET}")

    def current_document(self, patient: str) -> Resource:
        """The one DocumentReference of this patient that stands."""
        (found,) = [one for one in self.documents(patient) if one["status"] == "current"]
        return found

    def told_all(self, timeout: float = 30.0) -> None:
        """Nobody can look into a record system that is elsewhere: its effects have to be awaited."""
        raise AssertionError("wait for what the notification brings about")


class _Outside:
    """What a front desk needs of the world: the time, and a way to the record system."""

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def browser_network(self) -> httpx2.BaseTransport:
        return httpx2.HTTPTransport()


def ago(**span: float) -> datetime:
    """An instant before now."""
    return datetime.now(UTC) - timedelta(**span)


def on_visit(document: Resource) -> list[str]:
    """The ids of the encounters that a document stands on."""
    return [
        one["reference"].removeprefix("Encounter/")
        for one in document.get("context", {}).get("encounter", [])
    ]


def replaced(document: Resource) -> list[str]:
    """The ids of the documents that this one replaces."""
    ties = [one for one in document.get("relatesTo", []) if one["code"] == "replaces"]
    return [one["target"]["reference"].removeprefix("DocumentReference/") for one in ties]


@contextmanager
def _staffed(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Stack]:
    def apps(service_url: str, folder: Path) -> tuple[RegisteredApp, ...]:
        return (*registered_apps(service_url, folder), front_desk_app())

    def clinics(sandbox_url: str, profile: str) -> str:
        written = clinics_file(sandbox_url, profile)
        assert _POLLING in written
        return written.replace(_POLLING, _TOLD)

    secrets = folder / "secrets"
    secrets.mkdir(parents=True)
    (secrets / _SECRET_FILE).write_text(_SECRET)
    patch.setattr(demo_stack, "registered_apps", apps)
    patch.setattr(demo_stack, "clinics_file", clinics)
    with running(folder, ANY_PORT, ANY_PORT) as started:
        yield started


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A demo that only this test walks through."""
    with _staffed(tmp_path / "demo", monkeypatch) as started:
        yield started


@pytest.fixture
def desk(stack: Stack) -> FrontDeskInTown:
    """Who books and corrects the visits of this test's record system."""
    return FrontDeskInTown(stack)
