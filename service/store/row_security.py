"""The second wall: what PostgreSQL itself is told about the reach of a question, before the question is asked (T7).

The first wall are the predicates in the SQL of every question (`store.reach`). Here the same reach is said in
settings of the transaction, and policies on every table (migrations 0004 and 0006) let no other row be seen or written.
The settings end with their transaction: a connection that was told nothing sees nothing. SQLite has no such wall.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from service.access.context import AccessContext, Role


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one transaction reaches. `kind` is the policies' word: nothing, patients, clinic, mark or house.

    `patients` counts where the kind is patients, `mark` (a visit's handle, a launch's digest) where it is mark.
    Drafts are their patient's alone (rule 13): `drafts` says that this question is the patient's or our own. What is
    held shows from its release on (rule 15): `at` is the instant of asking, None where nothing held may show, `held`
    says that all of it may.
    """

    kind: str = "nothing"
    clinic: str = ""
    patients: frozenset[str] = frozenset()
    drafts: bool = False
    held: bool = False
    at: datetime | None = None
    mark: str = field(default="", repr=False)


NOTHING = Reach()

_TELL = text(
    """
    SELECT set_config('journal.reach', :kind, true), set_config('journal.clinic', :clinic, true),
        set_config('journal.patients', CAST(CAST(:patients AS text[]) AS text), true),
        set_config('journal.drafts', :drafts, true), set_config('journal.mark', :mark, true),
        set_config('journal.at', :at, true)
    """
)


def within(context: AccessContext) -> Reach:
    """As far as this asker reaches: the patients named, or all of the clinic's where none are."""
    if context.role is Role.NOBODY:
        return NOTHING
    kind = "clinic" if context.patients is None else "patients"
    own, held = context.sees_drafts, context.sees_held
    return Reach(kind, context.clinic, context.patients or frozenset(), own, held, context.at)


def of_patients(clinic: str, patients: frozenset[str]) -> Reach:
    """These patients of this clinic, their drafts as well: for the service itself."""
    return Reach("patients", clinic, patients, drafts=True, held=True)


def whole_clinic(clinic: str) -> Reach:
    """Every row of one clinic: for the writer, the worker, the finder and the log."""
    return Reach("clinic", clinic, drafts=True, held=True)


def known_by(mark: str) -> Reach:
    """The one visit or launch under this handle or digest, before anybody knows whose it is."""
    return Reach("mark", mark=mark)


def whole_house() -> Reach:
    """Every clinic at once: for upkeep that belongs to no clinic, and for migrations. A test lists who may."""
    return Reach("house", drafts=True, held=True)


def tell(connection: Connection, reach: Reach) -> None:
    """Say to PostgreSQL how far this transaction reaches from here on; SQLite is not asked."""
    if connection.dialect.name != "postgresql":
        return
    said = {
        "kind": reach.kind,
        "clinic": reach.clinic,
        "patients": sorted(reach.patients),
        "drafts": "on" if reach.drafts else "off",
        "mark": reach.mark,
        "at": "infinity" if reach.held else reach.at.isoformat() if reach.at else "",
    }
    connection.execute(_TELL, said)
