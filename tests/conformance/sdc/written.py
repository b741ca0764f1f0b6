"""A response as it comes of writing on our own pages."""

from service.cli.demo_clinic import CLINIC
from tests.conformance.sdc.asking import QR, Value, mine
from tests.people import patient
from tests.world import World


def written(
    world: World, ordinal: int = 1, words: dict[str, str] | None = None, private: tuple[str, ...] = ()
) -> Value:
    """What the patient's own app reads of an entry that they wrote and sent by hand after this infusion."""
    said = words if words is not None else {f"ai{ordinal}.1": "written by hand"}
    key = patient(world).write(f"six-done-{ordinal}", said, private)
    found: Value = mine(world).get(f"{QR}/{world.desk.entry_id(CLINIC, key)}").json()
    return found
