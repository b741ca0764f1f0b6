"""Serving for real: the web process, the delivery worker, the database's tables."""

import os
import signal
import sys
import threading
import time
from types import FrameType

import click

from service import worker as delivery
from service.app import configure_logs
from service.cli.second_wall import warnings_about
from service.cli.server import gunicorn
from service.holding import hold_folder
from service.settings import read_settings
from service.store.engine import Store
from service.store.migrating import upgrade
from service.store.serving_role import UnfitRole
from service.store.soundness import check_file
from service.wiring import wire


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
@click.option("--threads", default=8, show_default=True, help="Requests answered at once.")
def serve(host: str, port: int, threads: int) -> None:
    """Serve the pages and the FHIR API (settings from the environment, see docs/settings.md).

    A SQLite file is looked at first, for a minute at the most; from a damaged one nothing is served.
    """
    settings = read_settings()
    if settings.is_embedded:
        hold_folder(settings.folder, only_ask=True)
        check_file(settings.database, time.monotonic)
    wiring = wire(settings)
    _warn(wiring.desk.store)
    wiring.stop()
    command = gunicorn(host, port, threads)
    os.execv(command[0], command)


@click.command()
def worker() -> None:
    """Deliver what is owed to the record systems, until stopped; for PostgreSQL, beside the web process."""
    settings = read_settings()
    configure_logs(settings)
    if settings.is_embedded:
        sys.exit(
            "infusion-journal: with SQLite the web process delivers by itself; a worker needs PostgreSQL."
        )
    wiring = wire(settings)
    _warn(wiring.desk.store)
    wiring.desk.writer.start()
    workers = delivery.start(wiring)
    _until_told()
    workers.stop()
    wiring.stop()


@click.command()
@click.option(
    "--serving-role",
    metavar="ROLE",
    help="PostgreSQL: the role that serves; it is granted what it needs, and row-level security is forced.",
)
def migrate(serving_role: str | None) -> None:
    """Bring the database's tables to this version; safe to run twice, and by several at once."""
    settings = read_settings()
    if settings.is_embedded:
        if serving_role is not None:
            raise click.BadParameter("SQLite knows no roles", param_hint="--serving-role")
        hold_folder(settings.folder)
    try:
        upgrade(settings.database, serving_role)
    except UnfitRole as unfit:
        raise click.BadParameter(str(unfit), param_hint="--serving-role") from None


def _warn(store: Store) -> None:
    for words in warnings_about(store):
        click.echo(f"infusion-journal: warning: {words}", err=True)


def _until_told() -> None:
    told = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    told.wait()
