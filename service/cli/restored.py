"""`restored`: said once after a backup was put back, before anything serves again (fault F38, docs/restoring.md)."""

import sys

import click

from service.cli.database import why_unready
from service.holding import hold_folder
from service.settings import read_settings
from service.wiring import wire
from service.workflow.begin_generation import begin_generation

_NEXT = """Start the service. Then, for each clinic:
  infusion-journal audit verify --clinic {clinic} --checkpoint NOTE --verifier-key KEY   which records are gone
  infusion-journal reconcile {clinic}   what stands in the record and is not known here ("unknown-here")
What to do about either stands in docs/restoring.md."""


@click.command()
def restored() -> None:
    """Say that the database was put back to an older state, while the service is stopped.

    Numbers that others saw since are never given out again, everybody signs in anew, and the log remembers it.
    """
    settings = read_settings()
    if settings.is_embedded:
        hold_folder(settings.folder)
    wiring = wire(settings)
    unready = why_unready(wiring.desk.store)
    if unready is not None:
        wiring.stop()
        sys.exit(f"infusion-journal: {unready}")
    wiring.desk.writer.start()
    try:
        for clinic in sorted(wiring.desk.clinics):
            begun = begin_generation(wiring.desk, clinic)
            click.echo(f"{clinic}: generation {begun.number} begins behind {begun.records_kept} records.")
    finally:
        wiring.stop()
    click.echo(_NEXT.format(clinic="CLINIC"))
