"""What a series owes the record system once it is over: one document of all of it, kept true from then on (rule 20).

Owed beside what else follows from a patient's course. What was owed and never left is cancelled when more is known;
what stands there is replaced. Opening the series anew takes nothing back: its document stays true of what it tells.
"""

from collections.abc import Collection, Iterator, Sequence

from service.access.context import AccessContext
from service.journal.closing import SeriesTold
from service.journal.entries import Filing, FilingKind, FilingState
from service.store import course_filings, deeds
from service.workflow.desk import Desk

_OPEN = (FilingState.DUE, FilingState.WAITING, FilingState.PARKED, FilingState.REFUSED)


def owe_courses(
    desk: Desk, context: AccessContext, patient_ids: Collection[str], told: Sequence[SeriesTold]
) -> None:
    """Owe what these series do not owe yet, where the clinic wants such documents.

    GuardFailed where somebody else did meanwhile, or a sending began.
    """
    if not desk.clinic(context.clinic).filing.course_summaries:
        return
    owed = course_filings.of_series(desk.store, context.clinic, patient_ids)
    for series in told:
        mine = [one for one in owed if one.series == series.key]
        for deed in _deeds(desk, context.clinic, series, mine):
            desk.writer.perform(deed)


def _deeds(desk: Desk, clinic: str, series: SeriesTold, owed: list[Filing]) -> Iterator[deeds.Deed]:
    lasting = [one for one in owed if one.state is not FilingState.CANCELLED]
    unsent = [one for one in lasting if one.state in _OPEN and not one.may_stand_there]
    stands = [one for one in lasting if one not in unsent]
    is_wanted = bool(stands) or (series.is_over and bool(series.entries))
    if is_wanted and lasting and lasting[-1].says == series.digest:
        return
    new = _owed(desk, series, owed) if is_wanted else None
    if new is None and not unsent:
        return
    now = desk.now()
    whose = (new or unsent[-1]).patient_id
    before = [one.id for one in owed if one.patient_id == whose]
    yield deeds.Deed(
        clinic,
        guards=(
            deeds.SeriesOwedLast(whose, series.key, before[-1] if before else None),
            *(deeds.FilingNeverSent(one.id) for one in unsent),
        ),
        changes=(
            *(
                deeds.SettleFiling(one.id, FilingState.CANCELLED, "replaced-before-filing", None, now)
                for one in unsent
            ),
            *(() if new is None else (deeds.QueueFiling(new),)),
        ),
    )


def _owed(desk: Desk, series: SeriesTold, owed: list[Filing]) -> Filing | None:
    """The next filing of the series. It belongs to its last entry, or where none is told any more to the one before."""
    last = series.last
    if last is not None:
        patient_id, entry_id, version = last.patient_id, last.id, last.version
    elif owed:
        patient_id, entry_id, version = owed[-1].patient_id, owed[-1].entry_id, owed[-1].entry_version
    else:
        return None
    return Filing(
        id=desk.new_id(),
        patient_id=patient_id,
        entry_id=entry_id,
        entry_version=version,
        version_identifier=f"urn:uuid:{desk.new_id()}",
        state=FilingState.DUE,
        due_at=desk.now(),
        kind=FilingKind.COURSE,
        series=series.key,
        says=series.digest,
    )
