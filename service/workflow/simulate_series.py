"""A clinic's rules run over past visits: per patient, what would have been assigned and why (product rule 12).

Only the rules speak here: what clinicians decided on the worklist, and what patients wrote, plays no part.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.ehr.client import RecordSystem
from service.ehr.encounters import encounters_of, episodes_of
from service.ehr.problems import Refused, Unreadable
from service.journal.infusions import Doubt
from service.journal.match import EncounterSeen, Why
from service.journal.overview import ClinicRules, Seen, overview
from service.journal.prompts import PromptLibrary
from service.journal.series import Assignment
from service.r4 import encounter
from service.smart.fhir_id import is_id
from service.store import courses
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.remember import before_answering, record

_PAGE = "100"
_MOST_VISITS = 1_000_000  # of a clinic, over which only whose they are is kept
_MOST_PATIENTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the rules make of one patient's visits.

    `assignments` and `doubts` are those to show; `earlier` counts the infusions that count, but lie before the day
    from which things are shown. `left_out` says how many visits do not count, by the first thing against them.
    `encounters` is how many there were in all.
    """

    patient_id: str
    assignments: tuple[Assignment, ...]
    doubts: tuple[Doubt, ...]
    left_out: tuple[tuple[Why, int], ...]
    earlier: int
    encounters: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show of this patient."""
        return not (self.assignments or self.doubts or self.left_out)


@dataclass(frozen=True, slots=True)
class Visits:
    """One patient's visits in the record system, or the reason why they could not be read."""

    patient_id: str
    seen: Seen | None
    problem: str | None = None


def simulate(
    patient_id: str,
    seen: Seen,
    rules: ClinicRules,
    library: PromptLibrary,
    now: datetime,
    since: datetime | None = None,
) -> Simulated:
    """What the rules assign to this patient; `since` shows less, and leaves every ordinal as it is (rules 9, 12)."""
    view = overview(seen, rules, library, now)
    visits = {one.id: one for one in seen.encounters}
    shown = {one.id for one in visits.values() if _is_since(one, since)}
    assignments = tuple(one for one in view.assignments if since is None or one.infusion.start >= since)
    return Simulated(
        patient_id=patient_id,
        assignments=assignments,
        doubts=tuple(one for one in view.course.doubts if not shown.isdisjoint(one.encounter_ids)),
        left_out=tuple(sorted(Counter(why for id_, why in view.course.left_out if id_ in shown).items())),
        earlier=len(view.assignments) - len(assignments),
        encounters=len(visits),
    )


def visits_there(
    desk: Desk, clinic_key: str, since: datetime | None, said: Callable[[str], None]
) -> Iterator[Visits]:
    """Each patient of the record system with all of their visits, by the worker's own token, patient by patient.

    Whose visits there are is asked over the whole clinic; where that is refused, those patients are asked about who
    once came here, and `said` is told. Every look is remembered before it is given. A patient whose visits alone
    cannot be read has a problem instead; RecordSystemProblem where nobody's can.
    """
    clinic, operator = desk.clinic(clinic_key), _operator(desk, clinic_key)
    for patient_id in _patients(desk, operator, clinic, since, said):
        looked = record(desk, operator, Deed.READ, patient=patient_id, what="Encounter")
        before_answering(desk, operator, [looked])
        yield _visits(clinic, patient_id)


def recent_visits(
    desk: Desk, clinic_key: str, since: datetime, most: int, patients: int
) -> tuple[EncounterSeen, ...]:
    """Visits of the whole clinic since then, `most` at most, as the rule needs to see them.

    Where the rule asks for what stands beside a visit, those of the first `patients` patients among them alone.
    Whom it concerned is remembered. RecordSystemProblem or SmartProblem where the record system cannot be asked.
    """
    clinic, operator = desk.clinic(clinic_key), _operator(desk, clinic_key)
    _remember_search(desk, operator, since)
    found = tuple(islice(_clinic_wide(clinic.for_delivery, since), most))
    touched = tuple(dict.fromkeys(one.patient_id for one in found))
    rule = clinic.rules.match
    looks_beside = rule.asks_for_appointments or rule.proof is not None
    read = touched[:patients] if looks_beside else touched
    before_answering(
        desk, operator, [record(desk, operator, Deed.READ, patient=one, what="Encounter") for one in read]
    )
    if not looks_beside:
        return found
    return tuple(visit for one in read for visit in encounters_of(clinic.for_delivery, one, rule))


def _patients(
    desk: Desk,
    operator: AccessContext,
    clinic: ClinicDesk,
    since: datetime | None,
    said: Callable[[str], None],
) -> list[str]:
    _remember_search(desk, operator, since)
    try:
        return sorted({one.patient_id for one in _clinic_wide(clinic.for_delivery, since)})
    except Refused:
        said("The record system does not search over all patients: asking about those known here.")
        return sorted(courses.known_patients(desk.store, clinic.key, desk.now(), _MOST_PATIENTS))


def _visits(clinic: ClinicDesk, patient_id: str) -> Visits:
    rules, there = clinic.rules, clinic.for_delivery
    try:
        seen = encounters_of(there, patient_id, rules.match)
        episodes = episodes_of(there, patient_id, clinic.zone) if rules.series.episodes else ()
    except (Refused, Unreadable) as problem:
        return Visits(patient_id, None, problem.reason)
    return Visits(patient_id, Seen(seen, episodes))


def _clinic_wide(there: RecordSystem, since: datetime | None) -> Iterator[EncounterSeen]:
    asked = {"_count": _PAGE} | ({"date": _from(since)} if since else {})
    for resource in there.search("Encounter", asked, most=_MOST_VISITS):
        try:
            visit = encounter.read(resource)
        except ValueError:
            continue
        if is_id(visit.patient_id) and is_id(visit.id):
            yield visit


def _remember_search(desk: Desk, operator: AccessContext, since: datetime | None) -> None:
    asked = f"date={_from(since)}" if since else None
    before_answering(desk, operator, [record(desk, operator, Deed.SEARCH, what="Encounter", query=asked)])


def _operator(desk: Desk, clinic_key: str) -> AccessContext:
    return AccessContext(
        clinic=clinic_key, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )


def _from(since: datetime) -> str:
    return f"ge{since.isoformat(timespec='seconds')}"


def _is_since(visit: EncounterSeen, since: datetime | None) -> bool:
    """Whether a visit lies at or after this instant; one without a time is never passed over."""
    if since is None:
        return True
    if visit.start is not None:
        return visit.start >= since
    return visit.start_day is None or visit.start_day >= since.date()
