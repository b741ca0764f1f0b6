"""The audit log on the command line: checked against itself and against a note kept elsewhere, and exported."""

import sys
from base64 import b64encode
from pathlib import Path
from typing import IO

import click

from service.audit.checkpoint import Checkpoint
from service.audit.checkpoint import verify as verify_note
from service.audit.verify import Verdict
from service.cli.export_file import write_pair
from service.settings import read_settings
from service.wiring import Wiring, wire
from service.workflow.audit_by_command import (
    Exported,
    export_clinic,
    sign_clinic,
    verify_clinic,
    verify_export,
)


@click.group()
def audit() -> None:
    """The log of who did what."""


@audit.command("verify")
@click.option("--clinic", help="One clinic; all of them where none is named.")
@click.option(
    "--export", "file", type=click.File("rb"), help="Check this NDJSON export instead of the database."
)
@click.option(
    "--checkpoint", type=click.Path(exists=True, path_type=Path), help="A signed note kept elsewhere."
)
@click.option("--verifier-key", help="Whose signature the note must carry, as `audit checkpoint` printed it.")
def verify(
    clinic: str | None, file: IO[bytes] | None, checkpoint: Path | None, verifier_key: str | None
) -> None:
    """Recompute the log and say whether every record is there, unchanged and in order."""
    signed = _signed(checkpoint, verifier_key)
    if file is not None:
        _say("export", _checked(file, signed))
        return
    wiring = wire(read_settings())
    try:
        for key in [_known(wiring, clinic)] if clinic else sorted(wiring.desk.clinics):
            _say(key, verify_clinic(wiring.desk, key, signed))
    finally:
        wiring.stop()


@audit.command("export")
@click.option("--clinic", required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The NDJSON file to write.")
def export(clinic: str, out: Path) -> None:
    """Write the clinic's log as FHIR AuditEvents, one a line, with a signed checkpoint beside it."""
    wiring = _started()
    try:
        exported = _write(wiring, _known(wiring, clinic), out)
    finally:
        wiring.stop()
    click.echo(
        f"{exported.count} records in {out}; the signed note is in {out}.checkpoint; sha256 {exported.sha256}"
    )


@audit.command("checkpoint")
@click.option("--clinic", required=True)
def checkpoint(clinic: str) -> None:
    """Sign the log as it stands and print the note; keep it somewhere this service cannot write to."""
    wiring = _started()
    try:
        note, verifier = sign_clinic(wiring.desk, _known(wiring, clinic), wiring.keyring.checkpoint)
    finally:
        wiring.stop()
    click.echo(note, nl=False)
    click.echo(f"Verifier key: {verifier}", err=True)


def _write(wiring: Wiring, clinic: str, out: Path) -> Exported:
    """The export under its name and its note beside it, once both are whole."""
    told: list[Exported] = []

    def write(file: IO[bytes]) -> str:
        told.append(export_clinic(wiring.desk, clinic, file, wiring.keyring.checkpoint))
        return told[0].note

    write_pair(out, write)
    return told[0]


def _started() -> Wiring:
    wiring = wire(read_settings())
    wiring.desk.writer.start()
    return wiring


def _signed(path: Path | None, key: str | None) -> Checkpoint | None:
    if path is None:
        return None
    if key is None:
        raise click.UsageError("--checkpoint needs --verifier-key: whose signature shall count?")
    try:
        return verify_note(path.read_text("utf-8"), key)
    except ValueError as doubt:
        raise click.BadParameter(str(doubt), param_hint="--checkpoint") from None


def _known(wiring: Wiring, clinic: str) -> str:
    """This clinic's key; a name that is none must not pass for an empty log that holds."""
    if clinic not in wiring.desk.clinics:
        there_are = ", ".join(sorted(wiring.desk.clinics))
        raise click.BadParameter(f"no such clinic; there are: {there_are}", param_hint="--clinic")
    return clinic


def _checked(file: IO[bytes], signed: Checkpoint | None) -> Verdict:
    try:
        return verify_export(file, signed)
    except ValueError as doubt:
        raise click.BadParameter(f"this is no export of ours: {doubt}", param_hint="--export") from None


def _say(name: str, verdict: Verdict) -> None:
    root = b64encode(verdict.root).decode()
    click.echo(f"{name}: {verdict.size} records, root {root}, anchored {verdict.anchored}")
    for fault in verdict.faults:
        click.echo(f"{name}: {fault.what.value} at {fault.index}", err=True)
    if not verdict.ok:
        sys.exit(1)
