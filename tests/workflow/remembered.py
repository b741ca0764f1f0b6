"""The clinic's log as tests read it."""

from service.audit.record import Record
from service.store import audit_trail
from tests.world import CLINIC, World


def log(world: World, clinic: str = CLINIC) -> list[Record]:
    return [one.record for one in audit_trail.records(world.desk.store, clinic, limit=10_000)]
