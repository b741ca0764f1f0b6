"""Every 401 and 403 of our base leaves an audit record, before its answer and without a word of what was sent. [Our
rule; FHIR R4 security, Audit]
"""

from collections.abc import Callable

import pytest

from service.audit.record import Outcome
from tests.conformance.smart.asking import MINE, QR, THEIRS, scoped
from tests.factories import response
from tests.people import App
from tests.workflow.remembered import log
from tests.world import World

REFUSED: dict[str, tuple[Callable[[World], App], str]] = {
    "no token": (App, QR),
    "a bad token": (lambda world: App(world, "marker-77"), QR),
    "a short scope": (lambda world: scoped(world, "patient/Task.rs"), QR),
    "another patient": (lambda world: scoped(world, f"patient/{QR}.rs"), f"{QR}?patient={THEIRS}"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_refusal_is_remembered(world: World, name: str) -> None:
    who, path = REFUSED[name]
    before = len(log(world))
    answer = who(world).get(path)

    assert answer.status_code in (401, 403)
    [told] = log(world)[before:]
    assert told.outcome is Outcome.REFUSED
    assert b"marker-77" not in told.canonical()


def test_so_is_a_refused_write(world: World) -> None:
    before = len(log(world))
    scoped(world, "patient/Task.rs").post(QR, response(world, words={"ai1.1": "marker-77"}))

    [told] = log(world)[before:]
    assert (told.outcome, told.patient) == (Outcome.REFUSED, MINE)
    assert b"marker-77" not in told.canonical()
