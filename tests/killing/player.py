"""What runs in a child process: the very worker and the very server, ended by a signal where the order says.

Processes are forked from one that has imported everything (multiprocessing's fork server), so a thousand of them are
soon started; each opens its own database connections and its own way to the record system.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any, Protocol

from pydantic import SecretStr
from sqlalchemy import event
from werkzeug.serving import make_server

from service.app import create_app
from service.cli.demo_clinic import CLINIC
from service.ehr.outcome import Rung
from service.settings import Settings
from service.store.deeds import Deed
from service.store.filings import held_lanes
from service.store.writer import Writer
from service.summary.renditions import Rendition, render
from service.wiring import Wiring, now, steady, wire
from service.workflow.deliver_entry import deliver_next, take_over
from service.workflow.desk import LEASE, Desk
from tests.killing.orders import Order, Place

_MOST_ROUNDS = 60


class Shift(Protocol):
    """By how many seconds the processes' clocks run ahead; shared between all of them."""

    value: float


class Trap:
    """Counts the visits of points, and ends or stops this very process at the one that was ordered."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._visits = 0

    def __call__(self, point: str) -> None:
        if point != self._order.point:
            return
        self._visits += 1
        if self._visits == self._order.visit:
            os.kill(os.getpid(), signal.SIGSTOP if self._order.stands_still else signal.SIGKILL)


def deliver(place: Place, shift: Shift, order: Order) -> None:
    """A worker: deliver until nothing is due, and end."""
    trap = Trap(order)
    with _wired(place, shift) as wiring:
        desk = replace(wiring.desk, at=trap)
        desk.writer.start()
        if wiring.settings.is_embedded and not order.stands_still:
            take_over(desk)
        trap("K0")
        _until_nothing_is_due(desk)
        if desk.writer.run_alone(lambda connection: held_lanes(connection, CLINIC)):
            # Whoever died over a lane is known to be gone after a whole lease of watching (F55).
            shift.value += LEASE.total_seconds() + 1
            _until_nothing_is_due(desk)


def _until_nothing_is_due(desk: Desk) -> None:
    rounds = 0
    while deliver_next(desk, CLINIC, f"worker-{os.getpid()}") and rounds < _MOST_ROUNDS:
        rounds += 1


def serve(place: Place, shift: Shift, order: Order, ready: Connection) -> None:
    """A server of entries on the place's port; says so, and serves until it is ended from outside or by its order."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    trap = Trap(order)
    with _wired(place, shift) as wiring:
        desk = replace(wiring.desk, writer=_watched(wiring, trap))
        desk.writer.start()
        app = create_app(replace(wiring, desk=desk))
        event.listen(wiring.desk.store.writer_engine, "before_cursor_execute", lambda *_: trap("statement"))
        event.listen(wiring.desk.store.writer_engine, "commit", lambda *_: trap("commit"))
        server = make_server("127.0.0.1", place.port, _between(app.wsgi_app, trap), threaded=True)
        ready.send("ready")
        server.serve_forever()


class _Watched(Writer):
    """The writer, seen from behind: what it says done is committed."""

    trap: Callable[[str], None]

    def perform(self, deed: Deed) -> None:
        super().perform(deed)
        self.trap("committed")


def _watched(wiring: Wiring, trap: Trap) -> Writer:
    writer = _Watched(wiring.desk.store)
    writer.trap = trap
    return writer


def _between(app: Any, trap: Trap) -> Any:
    """The application with a trap before it hears a create, and one before its answer leaves."""

    def called(environ: dict[str, Any], start_response: Any) -> Any:
        is_create = environ["REQUEST_METHOD"] == "POST"
        if is_create:
            trap("asked")
        answer = app(environ, start_response)
        if is_create:
            trap("answered")
        return answer

    return called


@contextmanager
def _wired(place: Place, shift: Shift) -> Iterator[Wiring]:
    """Our service's parts over the place's database, its clock ahead by the shift, its PDFs made in this process."""
    settings = Settings(
        public_url=f"http://127.0.0.1:{place.port}",
        folder=place.folder,
        clinics_file=place.folder / "clinics.toml",
        secrets_dir=place.folder / "secrets",
        database_url=SecretStr(place.database),
        mode="demo",
    )
    wiring = wire(settings)
    desk = _shifted(wiring.desk, place, shift)
    try:
        yield replace(wiring, desk=desk)
    finally:
        wiring.stop()


def _shifted(desk: Desk, place: Place, shift: Shift) -> Desk:
    def ahead() -> datetime:
        return now() + timedelta(seconds=shift.value)

    clinic = desk.clinics[CLINIC]
    on_rung = replace(clinic, filing=replace(clinic.filing, rung=Rung(place.rung)))
    return replace(
        desk,
        clinics={CLINIC: on_rung},
        now=ahead,
        steady=lambda: steady() + shift.value,
        render=lambda summary, rendition=Rendition.PDF: render(summary, rendition),
    )
