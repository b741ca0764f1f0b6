"""`check-clinic`: what a clinic's record system offers, and so how its infusions will be found and summaries filed."""

from collections.abc import Iterable

import click

from service.cli.simulate_series import known_clinic
from service.cli.trying import Trying
from service.clinic import Clinic, read_clinics
from service.ehr.cautions import cautions, reasons_for
from service.ehr.declared import differences, worth_trying
from service.ehr.finding import FindingWay, way_to_find
from service.ehr.problems import RecordSystemProblem
from service.ehr.profile import profile_named, rung_expected
from service.filing_table import FilingTable
from service.settings import read_settings
from service.smart.clocks import worth_saying
from service.smart.problems import ScopeMissing, SmartProblem
from service.summary.content import CannotRender
from service.wiring import filing_table, wire
from service.workflow.desk import ClinicDesk
from service.workflow.practice_document import CannotProve


@click.command("check-clinic")
@click.option("--clinic", required=True)
@click.option(
    "--prove",
    "tries",
    flag_value="prove",
    help="Send small documents twice to the record of filing.test_patient, and strike them again.",
)
@click.option(
    "--dry-run",
    "tries",
    flag_value="rehearse",
    help="Make and check what would be filed for filing.test_patient, and say each request. Nothing is written there.",
)
def check_clinic(clinic: str, tries: str | None) -> None:
    """Ask the record system what it offers, hold that against the clinic's profile, and say how it will be used."""
    settings = read_settings()
    found = known_clinic(read_clinics(settings.clinics_file), clinic)
    table, profile = filing_table(clinic, found), profile_named(found.filing.profile)
    wiring = wire(settings)
    try:
        statement = wiring.desk.clinic(clinic).for_delivery.capabilities()
        way = way_to_find(statement)
        _echo(_told(found, way, f"{settings.public_url}/{clinic}/fhir/notifications"))
        expected = table.model_copy(update={"rung": rung_expected(profile, found.filing)})
        _echo([f"Filing goes by profile {found.filing.profile}, on rung {table.rung}."])
        lacking = [
            *cautions(found, table),
            *_lacking(found, table, way),
            *differences(statement, expected, profile.offers),
        ]
        lacking += _clock_told(wiring.desk.clinic(clinic))
        _echo([f"warning: {words}" for words in lacking])
        trying = Trying(wiring, clinic, found, table, worth_trying(statement, expected))
        wrong = {"prove": trying.proof, "rehearse": trying.rehearsal}.get(tries or "", trying.nothing)()
    except ScopeMissing as problem:
        raise click.ClickException(_ungranted(problem, found, table)) from None
    except (RecordSystemProblem, SmartProblem, CannotProve, CannotRender) as problem:
        raise click.ClickException(str(problem)) from None
    finally:
        wiring.stop()
    click.echo(f"{len(lacking)} warning(s).")
    if wrong is not None:
        raise click.ClickException(wrong)


def _echo(lines: Iterable[str]) -> None:
    for words in lines:
        click.echo(words)


def _clock_told(clinic: ClinicDesk) -> list[str]:
    """Clocks that differ by more than five minutes (F23)."""
    ahead = worth_saying(clinic.their_clock)
    return (
        []
        if ahead is None
        else [f"the record system's clock is {ahead}: proofs of who we are may be refused"]
    )


def _ungranted(problem: ScopeMissing, clinic: Clinic, table: FilingTable) -> str:
    """Which rights the record system refuses, what needs each, and what the worker does about it (W-60, F14)."""
    told = [
        f"  {scope}: {', '.join(reasons_for(scope, clinic, table)) or 'no setting needs it: leave it out'}"
        for scope in problem.missing
    ]
    return "\n".join(
        [
            "The record system does not grant all of backend.scopes. Until it does, the worker files nothing; what is"
            " owed stays due, and goes by itself then. Not granted:",
            *told,
        ]
    )


def _told(clinic: Clinic, way: FindingWay, address: str) -> list[str]:
    offers = {
        "appointments can be read": way.appointments,
        "procedures can be read": way.procedures,
        "medication administrations can be read": way.medication_administrations,
        "episodes of care can be read": way.episodes,
        "documents can be filed": way.documents,
        "documents can be found by our identifier (rung C)": way.documents_found,
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


def _lacking(clinic: Clinic, table: FilingTable, way: FindingWay) -> list[str]:
    """What the clinic's file asks for and the record system does not offer."""
    rule = clinic.infusions
    asked = {
        "reading a patient's visits": (True, way.by_patient),
        "filing documents": (True, way.documents),
        "infusions.appointment_types": (bool(rule.appointment_types), way.appointments),
        'infusions.proof = "Procedure"': (rule.proof == "Procedure", way.procedures),
        'infusions.proof = "MedicationAdministration"': (
            rule.proof == "MedicationAdministration",
            way.medication_administrations,
        ),
        "series.episodes": (clinic.series.episodes, way.episodes),
        "filing.tasks": (table.tasks, way.tasks),
    }
    return [
        f"the record system does not offer what {name} needs"
        for name, (wanted, offered) in asked.items()
        if wanted and not offered
    ]
