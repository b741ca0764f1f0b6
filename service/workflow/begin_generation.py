"""An operator says that the database was put back to an older state: no number means two texts from then on (F38)."""

from dataclasses import dataclass

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.store import audit_trail, deeds
from service.store.generations import generation
from service.workflow.desk import Desk
from service.workflow.remember import record


@dataclass(frozen=True, slots=True)
class Begun:
    """The generation that began, and how many records the log had kept: the next one tells of the restore."""

    number: int
    records_kept: int


def begin_generation(desk: Desk, clinic_key: str) -> Begun:
    """Begin the clinic's next generation: counts go on far ahead, everybody signs in anew, and the log remembers it.

    NotYours where there is no such clinic. To be said while nothing else serves from the database.
    """
    clinic = desk.clinic(clinic_key).key
    context = AccessContext(
        clinic=clinic, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )
    begun = Begun(generation(desk.store, clinic) + 1, audit_trail.head(desk.store, clinic).size)
    remembered = record(desk, context, Deed.RESTORE, reason=f"generation-{begun.number}")
    change = deeds.BeginGeneration(begun.number, desk.now())
    desk.writer.perform(deeds.Deed(clinic, changes=(change,), records=(remembered,)))
    return begun
