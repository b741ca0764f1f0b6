"""Preparing a clinic: its file checked, the service's keys made, what the record system's app form asks for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from service.cli.configuration_warnings import about_the_rule, warnings
from service.cli.database import why_unready
from service.cli.exported_visits import Faults, Progress, patients_in
from service.cli.second_wall import warnings_about
from service.clinic import Clinic, read_clinics
from service.ehr.problems import RecordSystemProblem
from service.journal.match import EncounterSeen
from service.journal.problems import Problem
from service.keyring import make_keyring, read_keyring
from service.settings import Settings, read_settings
from service.smart.problems import SmartProblem
from service.wiring import Wiring, clinic_rules, filing_table, library, now, wire
from service.workflow.simulate_series import recent_visits

_LOOKED_AT = 500
_PATIENTS = 20  # where each of them has to be asked about
_RECENT = timedelta(days=180)
_ANSWERS_WITHIN = 10.0


@click.command("check-config")
@click.option(
    "--encounters",
    "path",
    type=click.Path(exists=True, path_type=Path),
    help="Try the rules on exported encounters (a folder, NDJSON, a Bundle) instead of asking the record system.",
)
@click.option("--offline", is_flag=True, help="Ask no record system.")
def check_config(path: Path | None, offline: bool) -> None:
    """Say whether settings, clinics file and keys can be used, where not, and what is probably not meant."""
    settings = read_settings()
    clinics = read_clinics(settings.clinics_file)
    read_keyring(settings.secrets_dir)
    sets, count = library(), 0
    with _asking(settings, is_needed=path is None and not offline) as wiring:
        for words in warnings_about(wiring.desk.store) if wiring is not None else ():
            click.echo(f"database: warning: {words}")
            count += 1
        for key, clinic in clinics.items():
            base = f"{settings.public_url}/{key}/fhir"
            click.echo(f"{key}: {clinic.name}, record system {clinic.iss}, FHIR base {base}")
            found = [*warnings(clinic, filing_table(key, clinic), sets), *_unanswerable(wiring, key, clinic)]
            told, is_warning = _tried(wiring, key, clinic, path)
            for words in found + [told] * is_warning:
                click.echo(f"clinic {key}: warning: {words}")
            if told and not is_warning:
                click.echo(f"clinic {key}: {told}")
            count += len(found) + is_warning
    well = "can be used" if count else "nothing wrong"
    click.echo(f"{len(clinics)} clinic(s), {well}, {count} warning(s).")


@contextmanager
def _asking(settings: Settings, *, is_needed: bool) -> Iterator[Wiring | None]:
    """The way to the record systems; None where nobody is to be asked, or there is no folder to work in yet."""
    if not is_needed or (settings.is_embedded and not settings.folder.is_dir()):
        yield None
        return
    wiring = wire(settings)
    wiring.desk.writer.start()
    try:
        yield wiring
    finally:
        wiring.stop()


def _unanswerable(wiring: Wiring | None, key: str, clinic: Clinic) -> list[str]:
    """A warning where tokens are to be asked about and the record system, if it answers, names no place for that."""
    if wiring is None or clinic.api.tokens == "jwt":
        return []
    try:
        told = wiring.desk.clinic(key).configurations.of(clinic.iss, for_launch=False)
    except SmartProblem:
        return []
    if told.introspection_endpoint is not None:
        return []
    return [
        f'api.tokens is "{clinic.api.tokens}", and the record system names no introspection endpoint:'
        " no opaque token can be taken"
    ]


def _tried(wiring: Wiring | None, key: str, clinic: Clinic, path: Path | None) -> tuple[str, bool]:
    """What the rule makes of the encounters at hand, and whether that is a warning."""
    rules = clinic_rules(clinic)
    if path is not None:
        patients = patients_in(path, rules, Faults(), Progress())
        return about_the_rule(rules.match, (visit for _, seen in patients for visit in seen.encounters))
    if wiring is None:
        return "", False
    unready = why_unready(wiring.desk.store)
    if unready is not None:
        return f"not asked: {unready}", False
    asked = _Asked(wiring, key)
    asked.join(_ANSWERS_WITHIN)
    if asked.found is None:
        return f"not asked: {asked.silence}", False
    return about_the_rule(rules.match, asked.found)


class _Asked(threading.Thread):
    """The record system's recent encounters, asked for on the side: a silent one does not hold the check up."""

    def __init__(self, wiring: Wiring, key: str) -> None:
        super().__init__(daemon=True, name=f"asking {key}")
        self.found: tuple[EncounterSeen, ...] | None = None
        self.silence = f"no answer within {_ANSWERS_WITHIN:.0f} seconds"
        self._desk = wiring.desk
        self._clinic = key
        self.start()

    def run(self) -> None:
        """Ask, and keep what came or why nothing did."""
        try:
            self.found = recent_visits(self._desk, self._clinic, now() - _RECENT, _LOOKED_AT, _PATIENTS)
        except (RecordSystemProblem, SmartProblem, Problem) as problem:
            self.silence = str(problem)


@click.command("make-keys")
def make_keys() -> None:
    """Make the service's own keys in the secrets folder; those already there stay."""
    settings = read_settings()
    make_keyring(settings.secrets_dir)
    read_keyring(settings.secrets_dir)
    click.echo(
        f"The keys are in {settings.secrets_dir}. Keep a copy in a safe place: without them nothing opens."
    )


@click.command("registration-sheet")
@click.argument("clinic")
def registration_sheet(clinic: str) -> None:
    """Print what a record system's app registration form asks for, ready to paste."""
    settings = read_settings()
    clinics = read_clinics(settings.clinics_file)
    if clinic not in clinics:
        raise click.BadParameter(
            f"no such clinic; there are: {', '.join(sorted(clinics))}", param_hint="CLINIC"
        )
    found = clinics[clinic]
    apps = {"patient": found.patient_app, "clinician": found.clinician_app, "officer": found.officer_app}
    click.echo(f"FHIR version: R4\nJWKS URL: {settings.public_url}/.well-known/jwks.json")
    click.echo(f"Redirect URL: {settings.public_url}/launch/callback")
    click.echo(f"Audience of our own API: {settings.public_url}/{clinic}/fhir")
    for kind, app in apps.items():
        if app is not None:
            click.echo(
                f"\nApp for the {kind} ({app.kind})\n  Launch URL: {settings.public_url}/launch/{kind}"
            )
            click.echo(f"  Client ID here: {app.client_id}\n  Scopes: {app.scopes}")
    click.echo(f"\nBackend service (private_key_jwt, ES384)\n  Client ID here: {found.backend.client_id}")
    click.echo(f"  Scopes: {found.backend.scopes}")
