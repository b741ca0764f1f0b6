"""Preparing a clinic: its file checked, the service's keys made, what the record system's app form asks for."""

import click

from service.clinic import read_clinics
from service.keyring import make_keyring, read_keyring
from service.settings import read_settings


@click.command("check-config")
def check_config() -> None:
    """Say whether settings, clinics file and keys can be used, and where not."""
    settings = read_settings()
    clinics = read_clinics(settings.clinics_file)
    read_keyring(settings.secrets_dir)
    for key, clinic in clinics.items():
        click.echo(
            f"{key}: {clinic.name}, record system {clinic.iss}, FHIR base {settings.public_url}/{key}/fhir"
        )
    click.echo(f"{len(clinics)} clinic(s), nothing wrong.")


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
