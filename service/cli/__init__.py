"""The command line: `infusion-journal`, or `python -m service.cli`. Each group of commands has a file of its own.

A command's file is read when the command is called: a start must not wait for what it does not use.
"""

import sys
from importlib import import_module

import click

_COMMANDS = {
    "audit": "service.cli.audit:audit",
    "check-clinic": "service.cli.check_clinic:check_clinic",
    "check-config": "service.cli.configuration:check_config",
    "demo": "service.cli.demo:demo",
    "demo-check": "service.cli.demo_check:demo_check",
    "filings": "service.cli.filings:filings",
    "make-keys": "service.cli.configuration:make_keys",
    "migrate": "service.cli.serving:migrate",
    "reconcile": "service.cli.reconcile:reconcile",
    "registration-sheet": "service.cli.configuration:registration_sheet",
    "restored": "service.cli.restored:restored",
    "serve": "service.cli.serving:serve",
    "simulate-series": "service.cli.simulate_series:simulate_series",
    "worker": "service.cli.serving:worker",
}


class _OnDemand(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command's name, in order."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """The command of this name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found


@click.group(cls=_OnDemand)
def commands() -> None:
    """Post-infusion journal prompts, from the patient's words to the clinic's record."""


def main() -> None:
    """Run a command; what an operator can mend is said in one sentence, without a traceback."""
    try:
        commands(prog_name="infusion-journal")
    except Exception as problem:
        sentence = import_module("service.cli.trouble").sentence(problem)
        if sentence is None:
            raise
        sys.exit(f"infusion-journal: {sentence}")
