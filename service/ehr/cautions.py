"""What of a clinic's own lines keeps filing from going as it was meant: rights nobody asked for, a rung nobody decided.

Read off the file alone, so that the commands that check and the worker that starts say the same (W-60, decision 0037).
"""

from collections.abc import Iterator

from service.clinic import Clinic
from service.ehr.profile import is_decided, profile_named, rung_expected
from service.filing_table import FilingTable
from service.smart.problems import ContextsMixed
from service.smart.scopes import parse


def cautions(clinic: Clinic, filing: FilingTable) -> Iterator[str]:
    """Each in a sentence for the clinic's people; `filing` is what the clinic's table amounts to."""
    yield from undecided(clinic)
    yield from rights_lacking(clinic, filing)


def undecided(clinic: Clinic) -> Iterator[str]:
    """That the clinic's file names no rung, what holds meanwhile, and the line to write."""
    if is_decided(clinic.filing):
        return
    expected = rung_expected(profile_named(clinic.filing.profile), clinic.filing)
    yield (
        "filing.rung is not written: until it is, whatever is not known to have arrived waits for a person, as on D;"
        f" profile {clinic.filing.profile} expects {expected}: once check-clinic --prove has shown it, write"
        f' rung = "{expected}"'
    )


def rights_lacking(clinic: Clinic, filing: FilingTable) -> Iterator[str]:
    """Which scopes the settings need and `backend.scopes` does not ask for, each with its reason."""
    try:
        asked_for = parse(clinic.backend.scopes)
    except ContextsMixed:
        yield "backend.scopes names scopes of a person beside those of a system: no server grants both"
        return
    for reason, needed in _needed(clinic, filing):
        lacking = asked_for.lacks(parse(needed))
        if lacking:
            yield f"{reason} needs {needed}; backend.scopes lacks {', '.join(lacking)}"


def reasons_for(scope: str, clinic: Clinic, filing: FilingTable) -> tuple[str, ...]:
    """What needs this scope: for one that was asked for and not granted. Empty where no setting does."""
    refused = parse(scope)
    return tuple(
        reason
        for reason, needed in _needed(clinic, filing)
        if any(
            refused.allows(one.level, one.resource_type, letter)
            for one in parse(needed).scopes
            for letter in one.letters
        )
    )


def _needed(clinic: Clinic, filing: FilingTable) -> Iterator[tuple[str, str]]:
    """Why a scope of the backend is needed, and the scope."""
    yield "reading visits", "system/Encounter.rs"
    yield "reading who a patient is", "system/Patient.r"
    yield "filing", "system/DocumentReference.crs"
    if filing.rung == "A":
        yield "rung A", "system/DocumentReference.u"
    if filing.updates:
        yield "replacing a filed summary after an amendment", "system/DocumentReference.u"
    if clinic.infusions.appointment_types:
        yield "infusions.appointment_types", "system/Appointment.s"
    if clinic.infusions.proof is not None:
        yield f'infusions.proof = "{clinic.infusions.proof}"', f"system/{clinic.infusions.proof}.s"
    if clinic.series.episodes:
        yield "series.episodes", "system/EpisodeOfCare.s"
    if clinic.finding.merged_patients:
        yield "finding.merged_patients", "system/Patient.rs"
    if filing.response:
        yield "filing.response", "system/QuestionnaireResponse.crus"
    if filing.tasks:
        yield "filing.tasks", "system/Task.crus"
