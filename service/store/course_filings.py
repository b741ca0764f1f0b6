"""Questions about what is owed of whole series: for the service itself, which owes and files it.

Apart from the filings of entries, whose order is that of an entry's versions: these follow each other in their series.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, select

from service.journal.entries import Filing, FilingKind, FilingState
from service.store.courses import lock_patient
from service.store.engine import Store
from service.store.filings import as_filing
from service.store.row_security import of_patients, whole_clinic
from service.store.tables import filings

_THERE = (FilingState.FILED.value, FilingState.HELD_THERE.value)


def of_series(store: Store, clinic: str, patient_ids: Collection[str]) -> list[Filing]:
    """Every filing of a series of these patients, in the order in which they were owed."""
    mine = (*_courses(clinic), filings.c.patient_id.in_(sorted(patient_ids)))
    with store.asking(of_patients(clinic, frozenset(patient_ids))) as connection:
        rows = connection.execute(select(filings).where(*mine).order_by(filings.c.number)).all()
    return [as_filing(row) for row in rows]


def predecessor(store: Store, clinic: str, filing: Filing) -> Filing | None:
    """The filing of the same series whose document this one replaces: the newest that is there; None for none."""
    these = (
        *_courses(clinic),
        filings.c.patient_id == filing.patient_id,
        filings.c.series == filing.series,
        filings.c.id != filing.id,
        filings.c.state.in_(_THERE),
        filings.c.document_id.is_not(None),
    )
    newest = select(filings).where(*these).order_by(filings.c.number.desc()).limit(1)
    with store.asking(whole_clinic(clinic)) as connection:
        row = connection.execute(newest).one_or_none()
    return None if row is None else as_filing(row)


def is_followed(store: Store, clinic: str, filing: Filing) -> bool:
    """Whether a later document of the same series stands there."""
    this = select(filings.c.number).where(filings.c.clinic == clinic, filings.c.id == filing.id)
    these = (
        *_courses(clinic),
        filings.c.patient_id == filing.patient_id,
        filings.c.series == filing.series,
        filings.c.number > this.scalar_subquery(),
        filings.c.state == FilingState.FILED.value,
    )
    with store.asking(whole_clinic(clinic)) as connection:
        return connection.execute(select(filings.c.id).where(*these).limit(1)).first() is not None


def identifiers(store: Store, clinic: str) -> frozenset[str]:
    """The identifiers of every version of a series' document that was ever owed at this clinic."""
    with store.asking(whole_clinic(clinic)) as connection:
        found = connection.scalars(select(filings.c.version_identifier).where(*_courses(clinic)))
        return frozenset(found)


def newest_of(connection: Connection, clinic: str, patient_id: str, series: str) -> str | None:
    """The id of the filing that was owed last of this series, which stays so until the commit."""
    lock_patient(connection, clinic, patient_id)
    these = (*_courses(clinic), filings.c.patient_id == patient_id, filings.c.series == series)
    newest: str | None = connection.scalar(
        select(filings.c.id).where(*these).order_by(filings.c.number.desc()).limit(1)
    )
    return newest


def _courses(clinic: str) -> tuple[ColumnElement[bool], ...]:
    return filings.c.clinic == clinic, filings.c.kind == FilingKind.COURSE.value
