"""`demo`: the service beside a pretend record system, ready for a person at a browser."""

import signal
import sys
from pathlib import Path

import click

from service.cli.demo_clinic import PROFILES
from service.cli.demo_stack import CannotStart, Stack, running


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path(".demo"), envvar="FOLDER")
@click.option("--port", type=int, envvar="PORT", help="Port of the service; 8080 or a free one.")
@click.option("--sandbox-port", type=int, envvar="SANDBOX_PORT", help="Port of the record system.")
@click.option(
    "--imitate",
    type=click.Choice(sorted(PROFILES)),
    envvar="IMITATE",
    help="Let the record system take documents as another kind does.",
)
def demo(folder: Path, port: int | None, sandbox_port: int | None, imitate: str | None) -> None:
    """Start the service and a pretend record system with invented people; Ctrl-C ends both."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(folder, port, sandbox_port, imitate=imitate) as stack:
            click.echo(_told(stack))
            stack.service.wait()
        sys.exit("infusion-journal: the service ended; the end of service.log says why.")
    except CannotStart as problem:
        sys.exit(f"infusion-journal: {problem}")
    except KeyboardInterrupt:
        click.echo("Stopped. Everything is kept for the next start.")


def _told(stack: Stack) -> str:
    """At most ten lines: where to go as whom, what to try, how to end it."""
    sandbox = stack.sandbox_url
    return f"""\
The pretend record system:  {sandbox}
As a patient:               {sandbox}/sign-in?next=/portal/   (choose a patient, open Infusion Journal)
As a clinician:             {sandbox}/sign-in?next=/chart   (choose Clinician, a patient, open Infusion Journal)
As a compliance officer:    {sandbox}/sign-in?next=/staff   (choose the officer, open the access log)
The prompts as FHIR:        curl {stack.fhir_base}/Questionnaire
Stop with Ctrl-C. Start afresh: remove {stack.folder}"""
