"""The Tasks that ask a patient for a set, as the patient's own app finds them."""

from tests.conformance.sdc.asking import Value, mine
from tests.people import patient
from tests.world import World

CODES = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"


def task_of(world: World, ordinal: int = 1) -> Value:
    """The Task after this infusion; the patient has opened the journal, so that it is there."""
    patient(world)
    [entry] = mine(world).get(f"Task?encounter=six-done-{ordinal}").json()["entry"]
    found: Value = entry["resource"]
    return found


def said(task: Value, member: str, code: str) -> list[Value]:
    """The inputs or outputs of this kind."""
    kind = {"system": CODES, "code": code}
    return [
        one
        for one in task.get(member, ())
        if any(kind.items() <= coding.items() for coding in one["type"]["coding"])
    ]
