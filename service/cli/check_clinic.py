"""`check-clinic`: what a clinic's record system offers, and so how its infusions will be found and summaries filed."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import click

from service.cli.database import why_unready
from service.cli.proof_words import objection, words_of
from service.cli.simulate_series import known_clinic
from service.clinic import Clinic, read_clinics
from service.ehr.cautions import cautions, reasons_for
from service.ehr.declared import differences, worth_trying
from service.ehr.finding import FindingWay, way_to_find
from service.ehr.outcome import Rung
from service.ehr.problems import RecordSystemProblem
from service.ehr.profile import is_decided, profile_named, rung_expected
from service.filing_table import FilingTable
from service.settings import read_settings
from service.smart.clocks import WORTH_SAYING, in_words
from service.smart.problems import ScopeMissing, SmartProblem
from service.summary.content import CannotRender
from service.wiring import Wiring, filing_table, wire
from service.workflow.probe_clinic import CannotProve, prove


@click.command("check-clinic")
@click.option("--clinic", required=True)
@click.option(
    "--prove",
    "proves",
    is_flag=True,
    help="Send small documents twice to the record of filing.test_patient, and strike them again.",
)
def check_clinic(clinic: str, proves: bool) -> None:
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
        lacking += _clock_told(wiring.desk.clinic(clinic).for_delivery.clock_ahead)
        _echo([f"warning: {words}" for words in lacking])
        proof = _Proof(wiring, clinic, found, table, worth_trying(statement, expected))
        unproven = proof.told() if proves else _not_tried(found, table)
    except ScopeMissing as problem:
        raise click.ClickException(_ungranted(problem, found, table)) from None
    except (RecordSystemProblem, SmartProblem, CannotProve, CannotRender) as problem:
        raise click.ClickException(str(problem)) from None
    finally:
        wiring.stop()
    click.echo(f"{len(lacking)} warning(s).")
    if unproven is not None:
        raise click.ClickException(unproven)


def _echo(lines: Iterable[str]) -> None:
    for words in lines:
        click.echo(words)


def _clock_told(ahead: timedelta | None) -> list[str]:
    """Clocks that differ by more than five minutes (F23)."""
    if ahead is None or abs(ahead) < WORTH_SAYING:
        return []
    return [f"the record system's clock is {in_words(ahead)}: proofs of who we are may be refused"]


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


def _not_tried(clinic: Clinic, table: FilingTable) -> str | None:
    """Says that nothing was proven, and how it could be; never an error."""
    named = clinic.filing.test_patient
    how = "run check-clinic --prove" if named else "name a filing.test_patient for that"
    if is_decided(clinic.filing) and table.rung != "D":
        click.echo(f"Rung {table.rung} is not proven: until it is, count on D ({how}).")
    return None


@dataclass(frozen=True, slots=True)
class _Proof:
    """One try on the test patient, and what is said of it."""

    wiring: Wiring
    key: str
    clinic: Clinic
    table: FilingTable
    tries: frozenset[Rung]

    def told(self) -> str | None:
        """Try, print what was seen, and why the clinic's rung cannot be kept, if so."""
        patient = self.clinic.filing.test_patient
        if patient is None:
            return (
                "Nothing can be proven without filing.test_patient: rung D holds until the clinic names one."
            )
        desk = self.wiring.desk
        unready = why_unready(desk.store)
        if unready is not None:
            return unready
        desk.writer.start()
        seen = prove(desk, self.key, patient.removeprefix("Patient/"), time.sleep, self.tries)
        _echo([f"Tried on {patient}:", *(f"  {words}" for words in words_of(seen, self.table))])
        return objection(seen, self.table)


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
