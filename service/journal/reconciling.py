"""What was sent, what was filed and what stands in the record, held against each other: every difference has a name.

Pure: whoever reads the three sides hands them over as values (product rule 24).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.journal.entries import EntryStatus, Filing, FilingState


class Difference(StrEnum):
    """How the three sides disagree about one version of an entry."""

    MISSING = "missing-there"  # filed, and not in the record any more
    UNCONFIRMED = "there-unconfirmed"  # in the record, and not known here to be
    SEVERAL = "several-there"  # more than one stands under this version's identifier
    STRUCK = "struck-there"  # marked there as entered in error, and not here
    STANDING = "still-standing"  # entered in error here, and current there
    NOT_SUPERSEDED = "not-superseded"  # a later version is filed, and this one is current there as well
    UNKNOWN_HERE = "unknown-here"  # ours by its identifiers, and no version or entry that we know
    OTHER_PATIENT = "other-patient"  # stands in a record that is not the patient's
    UNDER_WAY = "under-way"  # still to be filed
    HELD_THERE = "held-for-review"  # taken there, and not released yet
    WITH_A_PERSON = "with-a-person"  # refused or parked: somebody must look
    NOT_SEARCHED = "not-searched"  # the record system did not say what it holds


@dataclass(frozen=True, slots=True)
class Submitted:
    """One version of an entry as it was sent, and the filing of its summary; None where it owes none (rule 16)."""

    version: int
    status: EntryStatus
    filing: Filing | None


@dataclass(frozen=True, slots=True)
class SubmittedEntry:
    """An entry: its id, its business identifier, every record that is its patient's, its versions in order."""

    id: str
    identifier: str
    patient_id: str
    records: frozenset[str]
    versions: tuple[Submitted, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A document found in the record under the entry's identifier; `status` in R4's document-reference-status."""

    id: str
    patient_id: str | None
    identifiers: frozenset[str]
    status: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the three sides say of one version; `version` is None for a document of a version nobody knows here,
    and `entry_id` is empty where its entry is not known either."""

    patient_id: str
    entry_id: str
    version: int | None
    submitted: EntryStatus | None
    filed: FilingState | None
    found: tuple[str, ...]
    difference: Difference | None
    reason: str | None = None


def compare(entry: SubmittedEntry, found: Sequence[Standing] | None) -> Iterator[Line]:
    """One line for each version, in order, then one for each unknown document; `found` is None where nobody could look.

    A version that owes nothing is a line without a difference.
    """
    known = {one.filing.version_identifier for one in entry.versions if one.filing is not None}
    for one in entry.versions:
        mine = None if found is None else [each for each in found if _is_of(each, one)]
        yield _line(entry, one, mine)
    for each in found or ():
        if not each.identifiers & known and each.status != _STRUCK:
            yield Line(entry.patient_id, entry.id, None, None, None, (each.id,), Difference.UNKNOWN_HERE)


def unknown(patient_id: str, known: Collection[str], found: Sequence[Standing] | None) -> Iterator[Line]:
    """A line for each document of the patient whose entry is unknown here; `known` are the entries' identifiers.

    After a restore these were written behind the backup (F38). `found` is None where nobody could look.
    """
    if found is None:
        yield Line(patient_id, "", None, None, None, (), Difference.NOT_SEARCHED)
    for each in found or ():
        if each.identifiers.isdisjoint(known) and each.status != _STRUCK:
            yield Line(patient_id, "", None, None, None, (each.id,), Difference.UNKNOWN_HERE)


_STRUCK = "entered-in-error"
_WAITS = {
    FilingState.DUE: Difference.UNDER_WAY,
    FilingState.WAITING: Difference.UNDER_WAY,
    FilingState.HELD_THERE: Difference.HELD_THERE,
    FilingState.PARKED: Difference.WITH_A_PERSON,
    FilingState.REFUSED: Difference.WITH_A_PERSON,
}


def _is_of(found: Standing, version: Submitted) -> bool:
    return version.filing is not None and version.filing.version_identifier in found.identifiers


def _line(entry: SubmittedEntry, one: Submitted, mine: list[Standing] | None) -> Line:
    state = None if one.filing is None else one.filing.state
    difference = None if state is None else _difference(entry, one, state, mine)
    return Line(
        entry.patient_id,
        entry.id,
        one.version,
        one.status,
        state,
        tuple(each.id for each in mine or ()),
        difference,
        one.filing.reason if one.filing is not None and difference in _WAITS.values() else None,
    )


def _difference(
    entry: SubmittedEntry, one: Submitted, state: FilingState, mine: list[Standing] | None
) -> Difference | None:
    if mine is None:
        return _WAITS.get(state, None if state is FilingState.CANCELLED else Difference.NOT_SEARCHED)
    standing = [each for each in mine if each.status != _STRUCK]
    if any(each.patient_id not in entry.records for each in standing):
        return Difference.OTHER_PATIENT
    if len(standing) > 1:
        return Difference.SEVERAL
    if standing:
        return _of_one(entry, one, state, standing[0])
    if state is FilingState.FILED:
        return _of_none(entry, mine)
    return _WAITS.get(state)


def _of_one(entry: SubmittedEntry, one: Submitted, state: FilingState, found: Standing) -> Difference | None:
    """One document stands there, current or superseded."""
    if state is not FilingState.FILED:
        return Difference.UNCONFIRMED
    if _is_in_error(entry):
        return Difference.STANDING
    later = any(
        each.filing is not None and each.filing.state is FilingState.FILED
        for each in entry.versions
        if each.version > one.version
    )
    return Difference.NOT_SUPERSEDED if later and found.status == "current" else None


def _of_none(entry: SubmittedEntry, mine: list[Standing]) -> Difference | None:
    """It was filed, and nothing stands there; where it was struck on both sides, they agree."""
    if mine:
        return None if _is_in_error(entry) else Difference.STRUCK
    # An empty search after a strike proves nothing: servers may leave a struck document out (U-08).
    return None if _is_in_error(entry) else Difference.MISSING


def _is_in_error(entry: SubmittedEntry) -> bool:
    return entry.versions[-1].status is EntryStatus.ENTERED_IN_ERROR
