"""The command line: `infusion-journal`, or `python -m service.cli`. Each group of commands has a file of its own."""

import sys

import click

from service.cli.audit import audit
from service.cli.configuration import check_config, make_keys, registration_sheet
from service.cli.demo import demo
from service.cli.demo_check import demo_check
from service.cli.serving import migrate, serve, worker
from service.clinic import ClinicsUnreadable
from service.holding import FolderInUse
from service.keyring import KeysMissing
from service.settings import UnknownSetting


@click.group()
def commands() -> None:
    """Post-infusion journal prompts, from the patient's words to the clinic's record."""


for command in (
    demo,
    demo_check,
    serve,
    worker,
    migrate,
    audit,
    check_config,
    make_keys,
    registration_sheet,
):
    commands.add_command(command)


def main() -> None:
    """Run a command; what an operator can mend is said in one sentence, without a traceback."""
    try:
        commands(prog_name="infusion-journal")
    except (ClinicsUnreadable, FolderInUse, KeysMissing, UnknownSetting) as problem:
        sys.exit(f"infusion-journal: {problem}")
