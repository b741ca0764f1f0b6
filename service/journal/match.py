"""What counts as an infusion: the clinic's rule over what the record system says of a visit (product rule 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

COUNTED_STATUSES = frozenset({"arrived", "in-progress", "onleave", "finished"})
NEVER_COUNTED = frozenset({"planned", "cancelled", "entered-in-error"})
_GIVEN = frozenset({"in-progress", "completed", "stopped", "on-hold"})
_NOT_GIVEN = frozenset({"not-done"})


@dataclass(frozen=True, slots=True)
class Coding:
    """A code and the system that gives it its meaning."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A Procedure or MedicationAdministration that the record system ties to a visit, with its own status."""

    kind: str
    id: str
    status: str
    codes: tuple[Coding, ...] = ()


@dataclass(frozen=True, slots=True)
class EncounterSeen:
    """One Encounter as the record system showed it: only what the rules look at.

    `start` and `end` are instants with a zone. A start that names only a day stands in `start_day` instead.
    References (`part_of`, `appointments`, `episodes`, `locations`) are kept as written, e.g. "Appointment/7".
    `appointment_types` and `proofs` come from resources beside it, where the clinic's rule asks for them.
    """

    id: str
    patient_id: str
    status: str
    class_: Coding | None = None
    types: tuple[Coding, ...] = ()
    service_types: tuple[Coding, ...] = ()
    reasons: tuple[Coding, ...] = ()
    locations: tuple[str, ...] = ()
    start: datetime | None = None
    start_day: date | None = None
    end: datetime | None = None
    part_of: str | None = None
    appointments: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    version: str | None = None
    appointment_types: tuple[Coding, ...] = ()
    proofs: tuple[Proof, ...] = ()


class Why(StrEnum):
    """Why a visit counts as an infusion, or does not: what a dry run prints."""

    COUNTS = "counts"
    STATUS = "status"  # planned, cancelled, entered in error, or one the clinic does not count
    EXCLUDED = "excluded"  # named by one of the clinic's exclusions
    TYPE = "type"
    SERVICE_TYPE = "service-type"
    CLASS = "class"
    REASON = "reason"
    LOCATION = "location"
    APPOINTMENT_TYPE = "appointment-type"
    NOT_DONE = "not-done"  # the proof says that it was not given
    NO_PROOF = "no-proof"  # the clinic asks for a proof, and there is none (yet)
    NOT_GIVEN = "not-given"  # a clinician said so


@dataclass(frozen=True, slots=True)
class MatchRule:
    """What the clinic says an infusion looks like: every list that is not empty must be met once.

    The lists of exclusions take out again what the others let in. `proof_codes` asks for a `proof` (a Procedure or
    MedicationAdministration with such a code) beside the visit. `usual_stay` bounds how far an open end reaches.
    """

    version: str
    zone: str
    types: tuple[Coding, ...] = ()
    service_types: tuple[Coding, ...] = ()
    classes: tuple[Coding, ...] = ()
    reasons: tuple[Coding, ...] = ()
    locations: tuple[str, ...] = ()
    appointment_types: tuple[Coding, ...] = ()
    excluded_types: tuple[Coding, ...] = ()
    excluded_service_types: tuple[Coding, ...] = ()
    excluded_classes: tuple[Coding, ...] = ()
    excluded_reasons: tuple[Coding, ...] = ()
    excluded_locations: tuple[str, ...] = ()
    proof: str | None = None
    proof_codes: tuple[Coding, ...] = ()
    statuses: frozenset[str] = COUNTED_STATUSES
    ready_after: timedelta = timedelta(minutes=60)
    usual_stay: timedelta = timedelta(hours=6)

    def judge(self, encounter: EncounterSeen) -> Why:
        """Whether this visit counts as (part of) an infusion, or the first thing that speaks against it."""
        if encounter.status not in self.statuses or encounter.status in NEVER_COUNTED:
            return Why.STATUS
        missed = self._missed(encounter)
        if missed is not None:
            return missed
        if self._is_excluded(encounter):
            return Why.EXCLUDED
        return self._by_proof(encounter)

    def counts(self, encounter: EncounterSeen) -> bool:
        """Whether this visit counts as (part of) an infusion."""
        return self.judge(encounter) is Why.COUNTS

    @property
    def asks_for_appointments(self) -> bool:
        """Whether the visits' appointments have to be read as well."""
        return bool(self.appointment_types)

    @property
    def asks_beside(self) -> bool:
        """Whether a visit cannot be judged by its Encounter alone."""
        return self.asks_for_appointments or self.proof is not None

    def _missed(self, encounter: EncounterSeen) -> Why | None:
        classes = (encounter.class_,) if encounter.class_ else ()
        lists: tuple[tuple[Why, tuple[object, ...], tuple[object, ...]], ...] = (
            (Why.TYPE, self.types, encounter.types),
            (Why.SERVICE_TYPE, self.service_types, encounter.service_types),
            (Why.CLASS, self.classes, classes),
            (Why.REASON, self.reasons, encounter.reasons),
            (Why.LOCATION, self.locations, encounter.locations),
            (Why.APPOINTMENT_TYPE, self.appointment_types, encounter.appointment_types),
        )
        asked = [(why, wanted, seen) for why, wanted, seen in lists if wanted]
        if not asked:
            return Why.TYPE  # a rule that names nothing would match every visit; it matches none instead
        return next((why for why, wanted, seen in asked if not _meet(wanted, seen)), None)

    def _is_excluded(self, encounter: EncounterSeen) -> bool:
        classes = (encounter.class_,) if encounter.class_ else ()
        return (
            _meet(self.excluded_types, encounter.types)
            or _meet(self.excluded_service_types, encounter.service_types)
            or _meet(self.excluded_classes, classes)
            or _meet(self.excluded_reasons, encounter.reasons)
            or _meet(self.excluded_locations, encounter.locations)
        )

    def _by_proof(self, encounter: EncounterSeen) -> Why:
        if self.proof is None:
            return Why.COUNTS
        statuses = {
            one.status
            for one in encounter.proofs
            if one.kind == self.proof and (not self.proof_codes or _meet(self.proof_codes, one.codes))
        }
        if statuses & _GIVEN:
            return Why.COUNTS
        return Why.NOT_DONE if statuses & _NOT_GIVEN else Why.NO_PROOF


def _meet(wanted: Iterable[object], seen: Iterable[object]) -> bool:
    return not set(wanted).isdisjoint(seen)
