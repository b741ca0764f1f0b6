"""What is known of a patient's course, as tests ask for it."""

from service.access.context import AccessContext, Role
from service.journal.assigned import AssignedSet, AssignedStatus
from service.journal.entries import EntryVersion
from service.store import assigned, entries
from service.workflow.open_course import OpenedCourse, look
from tests.workflow.contexts import ORIGIN, as_clinician
from tests.world import CLINIC, World


def course(world: World, patient: str, clinic: str = CLINIC) -> OpenedCourse:
    """The course as a clinician with this chart sees it."""
    return look(world.desk, as_clinician(patient, clinic))


def asked(world: World, patient: str) -> list[tuple[int, str, str]]:
    """Each assigned set in the order of its window: ordinal, encounter, status."""
    return [(one.ordinal, one.encounter_id, one.status.value) for one in kept(world, patient)]


def living(world: World, patient: str) -> list[tuple[int, str, str]]:
    """The same without what was cancelled."""
    return [one for one in asked(world, patient) if one[2] != AssignedStatus.CANCELLED.value]


def kept(world: World, patient: str) -> list[AssignedSet]:
    found = assigned.assigned_of(world.desk.store, as_worker(patient), [patient])
    return sorted(found, key=lambda one: (one.window_start, one.authored_on))


def versions(world: World, patient: str, key: str) -> list[EntryVersion]:
    """Every version of an entry as a clinician reads it, the first one first."""
    context = as_clinician(patient)
    return entries.versions_of(world.desk.store, context, world.desk.entry_id(CLINIC, key))[::-1]


def as_worker(patient: str, clinic: str = CLINIC) -> AccessContext:
    return AccessContext(clinic, Role.WORKER, ORIGIN, client="worker", patients=frozenset({patient}))
