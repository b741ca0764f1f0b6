"""Events are found by date, patient, agent, agent-role, entity, entity-type, type, subtype, action, outcome, address,
_id and _lastUpdated. [FHIR R4 AuditEvent, Search Parameters; search, all resources; decision 0020]
"""

from urllib.parse import quote

import pytest

from tests.conformance.rest.alike import Told, by, coded, everything, finds_alike, finds_in_time
from tests.conformance.rest.asking import NAME, QR, Value, found_in, mine
from tests.people import App, patient, staff_app
from tests.world import World

EQUAL: dict[str, Told] = {
    "_id": by("id"),
    "type": coded("type"),
    "action": by("action"),
    "outcome": by("outcome"),
    "address": by("agent.network.address"),
}
PERSON = f"Patient/{NAME}"


def references(one: Value, where: str) -> set[str]:
    return {str(each[key].get("reference")) for each in one[where] for key in ("who", "what") if key in each}


def codes(value: object) -> set[str]:
    """Every system|code in here."""
    if isinstance(value, list):
        return set().union(*(codes(one) for one in value))
    if not isinstance(value, dict):
        return set()
    own = {f"{value['system']}|{value['code']}"} if {"system", "code"} <= set(value) else set()
    return own.union(*(codes(one) for one in value.values()))


@pytest.fixture
def log(world: World) -> App:
    """The officer's tool, over a short day."""
    patient(world).write("six-done-1", {"ai1.1": "words"})
    for path in (QR, f"{QR}/nothing", "Observation"):
        mine(world).get(path)
    return staff_app(world, "officer-1", scope="user/AuditEvent.rs")


@pytest.mark.parametrize("parameter", EQUAL)
def test_it_finds_those_that_say_so(log: App, parameter: str) -> None:
    finds_alike(log, "AuditEvent", parameter, EQUAL[parameter])


def test_it_finds_those_of_that_time(log: App) -> None:
    for parameter in ("date", "_lastUpdated"):
        finds_in_time(log, "AuditEvent", parameter, by("recorded"))


@pytest.mark.parametrize(
    ("parameter", "where"), [("agent", "agent"), ("entity", "entity"), ("patient", "entity")]
)
def test_it_finds_those_that_name_somebody(log: App, parameter: str, where: str) -> None:
    there = everything(log, "AuditEvent")
    found = {one["id"] for one in found_in(log.get(f"AuditEvent?{parameter}={quote(PERSON)}&_count=200"))}
    wanted = {one["id"] for one in there if PERSON in references(one, where)}

    assert wanted
    assert wanted <= found
    if parameter != "patient":
        assert found & {one["id"] for one in there} == wanted


def kinds(one: Value, parameter: str) -> set[str]:
    if parameter == "subtype":
        return codes(one.get("subtype", []))
    return codes([each["type"] for each in one.get("entity", ()) if "type" in each])


@pytest.mark.parametrize("parameter", ["subtype", "entity-type"])
def test_it_finds_those_of_a_kind(log: App, parameter: str) -> None:
    there = everything(log, "AuditEvent")
    values: set[str] = set().union(*(kinds(one, parameter) for one in there))

    assert values
    for value in sorted(values):
        found = {one["id"] for one in found_in(log.get(f"AuditEvent?{parameter}={quote(value)}&_count=200"))}
        wanted = {one["id"] for one in there if value in kinds(one, parameter)}
        assert found & {one["id"] for one in there} == wanted, value


def test_it_finds_those_of_a_role(log: App) -> None:
    patients = found_in(log.get("AuditEvent?agent-role=patient&_count=200"))

    assert patients
    assert len(patients) < len(everything(log, "AuditEvent"))
    assert found_in(log.get("AuditEvent?agent-role=stranger-than-that")) == []
