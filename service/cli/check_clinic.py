"""`check-clinic`: what a clinic's record system offers, and so how its infusions will be found and summaries filed."""

import click

from service.cli.simulate_series import known_clinic
from service.clinic import Clinic, read_clinics
from service.ehr.finding import FindingWay, way_to_find
from service.ehr.problems import RecordSystemProblem
from service.settings import read_settings
from service.smart.problems import SmartProblem
from service.wiring import wire


@click.command("check-clinic")
@click.option("--clinic", required=True)
def check_clinic(clinic: str) -> None:
    """Ask the record system what it offers and say how infusions will be found there."""
    settings = read_settings()
    found = known_clinic(read_clinics(settings.clinics_file), clinic)
    wiring = wire(settings)
    there = wiring.desk.clinic(clinic).for_delivery
    try:
        way = way_to_find(there.capabilities())
    except (RecordSystemProblem, SmartProblem) as problem:
        raise click.ClickException(str(problem)) from None
    finally:
        wiring.stop()
    for words in _told(found, way, f"{settings.public_url}/{clinic}/fhir/notifications"):
        click.echo(words)
    lacking = _lacking(found, way)
    for words in lacking:
        click.echo(f"warning: {words}")
    click.echo(f"{len(lacking)} warning(s).")


def _told(clinic: Clinic, way: FindingWay, address: str) -> list[str]:
    offers = {
        "appointments can be read": way.appointments,
        "procedures can be read": way.procedures,
        "medication administrations can be read": way.medication_administrations,
        "episodes of care can be read": way.episodes,
        "documents can be filed": way.documents,
        "documents can be created on a condition (rung B)": way.conditional_create_of_documents,
        "documents can be changed": way.documents_updated,
        "tasks can be written": way.tasks,
        "subscriptions can be made": way.subscriptions,
    }
    return [
        f"{clinic.name}, {clinic.iss}",
        f"Infusions will be found {_found_by(clinic, way)}.",
        *(f"  {'yes' if offered else 'no ':<3}  {words}" for words, offered in offers.items()),
        *_subscription(clinic, address),
    ]


def _found_by(clinic: Clinic, way: FindingWay) -> str:
    """How new infusions come to be known, as find_infusions goes about it."""
    if not clinic.finding.poll_minutes:
        return "at a launch, and by notifications: polling is off (finding.poll_minutes = 0)"
    every = f"every {clinic.finding.poll_minutes} minute(s)"
    if way.by_last_updated:
        return f"{every} over the whole clinic, by what changed since (_lastUpdated)"
    if way.by_patient:
        by = "patient and date" if way.by_patient_and_date else "patient"
        return f"{every} for each patient who came here once, by {by}"
    return "only at a launch: visits can be searched neither over the clinic nor by patient"


def _subscription(clinic: Clinic, address: str) -> list[str]:
    name = clinic.finding.notify_secret_file
    if name is None:
        return ["Notifications are refused: set finding.notify_secret_file to take them."]
    return [
        f"For a Subscription to Encounter (R4 backport, rest-hook, id-only): endpoint {address}",
        f"  header  Authorization: Bearer <what stands in the secrets folder's file {name}>",
    ]


def _lacking(clinic: Clinic, way: FindingWay) -> list[str]:
    """What the clinic's file asks for and the record system does not offer."""
    rule = clinic.infusions
    asked = {
        "reading a patient's visits": (True, way.by_patient),
        "filing documents": (True, way.documents),
        'filing.rung = "B"': (clinic.filing.rung == "B", way.conditional_create_of_documents),
        "infusions.appointment_types": (bool(rule.appointment_types), way.appointments),
        'infusions.proof = "Procedure"': (rule.proof == "Procedure", way.procedures),
        'infusions.proof = "MedicationAdministration"': (
            rule.proof == "MedicationAdministration",
            way.medication_administrations,
        ),
        "series.episodes": (clinic.series.episodes, way.episodes),
        "filing.tasks": (clinic.filing.tasks, way.tasks),
    }
    return [
        f"the record system does not offer what {name} needs"
        for name, (wanted, offered) in asked.items()
        if wanted and not offered
    ]
