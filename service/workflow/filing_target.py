"""Where a document belongs: whose record, about which infusion, under which name; read anew before anything is sent."""

from dataclasses import replace

from service.access.context import AccessContext
from service.ehr.encounters import encounter_of, encounters_of, patient_of, survivor_of
from service.ehr.outcome import Refused, Why
from service.ehr.patients import closed_for
from service.ehr.problems import Unclear
from service.journal.infusions import still_counts
from service.journal.match import EncounterSeen
from service.journal.rulings import Rulings
from service.r4.patient import PatientSeen
from service.store import rulings
from service.summary.content import PatientHeader
from service.workflow.in_hand import InHand, NotNow, asked


def at_its_target(work: InHand) -> InHand:
    """The same work, now of the record that holds; NotNow where it cannot be filed there (W-61, F52, F53)."""
    work = replace(work, subject=_subject(work))
    work = replace(work, patient=_patient(work))
    _check_open(work)
    _check_encounter(work)
    return work


def header(work: InHand) -> PatientHeader:
    """Who the patient is, as the record system says now."""
    patient = work.patient or _patient(work)
    identifier = patient.identifiers[0][1] if patient.identifiers else None
    return PatientHeader(patient.name, patient.birth_date, identifier)


def _patient(work: InHand) -> PatientSeen:
    patient = asked(lambda: patient_of(work.clinic.for_delivery, work.subject), "patient-not-read")
    if patient is None:
        raise NotNow(Refused(Why.TARGET, 404))
    return patient


def _check_open(work: InHand) -> None:
    """Nothing goes by itself into the record of somebody who died, or into one that is out of use (F53).

    A person decides; what was written stays as it is, and goes once they say so.
    """
    if work.patient is None or work.is_decided:
        return
    closed = closed_for(work.patient)
    if closed is not None:
        raise NotNow(Refused(closed))


def _subject(work: InHand) -> str:
    """Whose record it goes to: the one that replaced the patient's, where it and the old one both say so (F52)."""
    if not work.clinic.merged_patients:
        return work.entry.patient_id
    return asked(lambda: _survivor(work), "patient-not-read")


def _survivor(work: InHand) -> str:
    try:
        return survivor_of(work.clinic.for_delivery, work.entry.patient_id)
    except Unclear:
        raise NotNow(Refused(Why.TARGET, codes=("patient-merge-unclear",))) from None


def _check_encounter(work: InHand) -> None:
    """The infusion's Encounter is read again before anything is sent: the same patient's, still counted (W-61).

    Nothing is filed to a wrong encounter (rule 11); what was withdrawn meanwhile waits for a person.
    """
    encounter_id = work.entry.link.encounter_id
    if encounter_id is None:
        return
    seen = asked(lambda: _seen_now(work, encounter_id), "encounter-not-read")
    decided = Rulings(rulings.rulings_of(work.desk.store, *_whose(work)))
    if seen is None or not still_counts(seen, work.clinic.rules.match, decided):
        raise NotNow(Refused(Why.TARGET, codes=("encounter-withdrawn",)))
    if seen.patient_id != work.subject:
        raise NotNow(Refused(Why.TARGET, codes=("encounter-of-another-record",)))


def _whose(work: InHand) -> tuple[AccessContext, frozenset[str]]:
    """The patient and the record that replaced theirs: what was decided may have been said of either."""
    ids = frozenset({work.entry.patient_id, work.subject})
    return replace(work.context, patients=ids), ids


def _seen_now(work: InHand, encounter_id: str) -> EncounterSeen | None:
    """The encounter, with what the clinic's rule reads beside it where it asks for that."""
    record_system, match = work.clinic.for_delivery, work.clinic.rules.match
    seen = encounter_of(record_system, encounter_id)
    if seen is None or not match.asks_beside:
        return seen
    return next(
        (one for one in encounters_of(record_system, seen.patient_id, match) if one.id == encounter_id), seen
    )
