"""A rehearsal of filing: the very requests of the real thing, and nothing there afterwards (W-62)."""

from collections.abc import Callable
from dataclasses import replace

import httpx2
import pytest

from service.cli.demo_clinic import PROFILES
from service.ehr.outcome import Filed
from service.ehr.rehearsal import Rehearsal
from service.sandbox.imitations import IMITATIONS
from service.workflow.rehearse_filing import Rehearsed, rehearse
from tests.workflow.filing import by_profile, documents, sent, with_rules
from tests.world import CLINIC, EHR, World, WorldWith

TEST_PATIENT = "patient-test"
Asked = list[tuple[str, str]]


def made_like(world_with: WorldWith, kind: str) -> World:
    world = world_with(f"[clinic.{CLINIC}.filing]\n{by_profile(PROFILES[kind])}")
    world.sandboxes[CLINIC].imitation = replace(IMITATIONS[kind], held=False)
    return world


def overheard(world: World) -> Asked:
    """Every request about documents that reaches the record system from now on: method, and path without ids."""
    heard: Asked = []

    def listen(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        if "/DocumentReference" in request.url.path and str(request.url).startswith(EHR):
            heard.append(
                (request.method, request.url.path.split("/")[2] + ("?" if request.url.query else ""))
            )
        return carry()

    world.net.meddler = listen
    return heard


def told(seen: Rehearsed, step: int) -> Asked:
    """The requests of one step, in the same words."""
    return [
        (one.method, one.address.partition("?")[0].partition("/")[0] + ("?" if "?" in one.address else ""))
        for one in seen.steps[step].requests
    ]


@pytest.mark.parametrize("kind", ["us-core", "hapi", "medplum", "epic"])
def test_its_requests_are_those_of_filing_and_nothing_is_left_there(world_with: WorldWith, kind: str) -> None:
    world = made_like(world_with, kind)
    heard = overheard(world)

    seen = rehearse(world.desk, CLINIC, TEST_PATIENT)

    assert [one for one in heard if one[0] != "GET"] == []
    assert documents(world) == []
    assert seen.faults == ()
    assert all(isinstance(one.outcome, Filed) for one in seen.steps)

    heard.clear()
    sent(world)
    world.deliver()
    assert heard == told(seen, 0)


def test_forms_that_do_not_fit_are_passed_over_and_where_none_does_nothing_is_sent(world: World) -> None:
    none = rehearse(with_rules(world, most_bytes=10), CLINIC, TEST_PATIENT)
    assert ([one.fits for one in none.forms], none.steps) == ([False], ())


def test_a_rehearsal_lets_nothing_through_that_writes(world: World) -> None:
    heard = overheard(world)
    rehearsal = Rehearsal(world.desk.clinic(CLINIC).for_delivery)
    made = rehearsal.create("DocumentReference", b'{"resourceType":"DocumentReference"}')
    assert made.id is not None
    assert rehearsal.read("DocumentReference", made.id) == made.resource
    rehearsal.update("DocumentReference", made.id, b'{"resourceType":"DocumentReference","status":"current"}')
    assert heard == []
    assert [(one.method, one.length) for one in rehearsal.requests] == [
        ("POST", 36),
        ("GET", None),
        ("PUT", 55),
    ]
