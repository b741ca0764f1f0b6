"""What is owed to the record systems, on the command line: which entries are not filed, why, and another try."""

import click

from service.settings import read_settings
from service.wiring import wire
from service.workflow.filings_by_command import owed, resume, try_again


@click.group()
def filings() -> None:
    """What is still owed to the record system."""


@filings.command("list")
@click.argument("clinic")
def list_owed(clinic: str) -> None:
    """Name everything that is due, parked or refused, or amiss in the record system, with its reason."""
    wiring = wire(read_settings())
    try:
        open_now = owed(wiring.desk, clinic)
    finally:
        wiring.stop()
    for one in open_now:
        click.echo(
            f"{one.id}  {one.state.value}  patient {one.patient_id}  {one.trouble or one.reason or 'waiting its turn'}"
        )
    click.echo(f"{len(open_now)} owed.")


@filings.command("retry")
@click.argument("clinic")
@click.argument("filing")
def retry(clinic: str, filing: str) -> None:
    """Try a parked or refused filing again, after its cause was mended."""
    wiring = wire(read_settings())
    wiring.desk.writer.start()
    try:
        try_again(wiring.desk, clinic, filing)
    finally:
        wiring.stop()
    click.echo(f"{filing} is due again.")


@filings.command("resume")
@click.argument("clinic")
@click.option("--reason", required=True, help="The reason that the list names, as: scope.")
def resume_all(clinic: str, reason: str) -> None:
    """Try everything again that waits for one and the same reason, after its cause was mended."""
    wiring = wire(read_settings())
    wiring.desk.writer.start()
    try:
        count = resume(wiring.desk, clinic, reason)
    finally:
        wiring.stop()
    click.echo(f"{count} due again.")
