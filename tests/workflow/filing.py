"""Troubles on the wire between the worker and a record system, and what is owed and held in the end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2

from service.ehr.outcome import Rung
from service.ehr.profile import profile_named
from service.journal.entries import Filing, FilingState
from service.sandbox.imitations import Imitation
from service.store import filings
from service.web.guards import WIRING
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import Desk
from tests.factories import response
from tests.people import app_of
from tests.workflow.contexts import as_patient
from tests.world import CLINIC, EHR, World

Carry = Callable[[], httpx2.Response]
NAME = "patient-six-done"


def sent(world: World, number: int = 1) -> None:
    """One entry, sent by the patient's own app: the quickest way there is."""
    answer = app_of(world).post(
        "QuestionnaireResponse", response(world, number, encounter=f"six-done-{number}")
    )
    assert answer.status_code == 201, answer.text


def owed(world: World) -> list[Filing]:
    return filings.of_patient(world.desk.store, as_patient(), NAME)


class Killed(BaseException):
    """Ends a worker as SIGKILL would: nothing of ours catches it."""


def dying_at(desk: Desk, point: str) -> Desk:
    """A desk whose worker dies when it reaches this point of the protocol (K0 to K9)."""

    def dies(reached: str) -> None:
        if reached == point:
            raise Killed

    return replace(desk, at=dies)


def documents(world: World) -> list[dict[str, Any]]:
    """What the record system really holds."""
    found: list[dict[str, Any]] = world.records().search("DocumentReference", []).resources
    return found


def change_there(world: World, **elements: Any) -> None:
    """Somebody at the record system changes the one document that stands there."""
    (there,) = documents(world)
    world.records().update("DocumentReference", there["id"], there | elements)


def every_document(world: World) -> list[dict[str, Any]]:
    """Each document that was ever made there, as it stands now: by the ledger, however many there are."""
    made = (line.resource for line in world.records().ledger())
    return list({one["id"]: one for one in made if one["resourceType"] == "DocumentReference"}.values())


def by_profile(name: str) -> str:
    """The clinic's lines of [filing] for this profile, on the rung that it expects."""
    return f'profile = "{name}"\nrung = "{profile_named(name).filing.rung}"\n'


def on_rung(world: World, rung: Rung) -> Desk:
    """The desk of a clinic whose record system stands on this rung."""
    return with_rules(world, rung=rung)


def with_rules(world: World, **rules: Any) -> Desk:
    """The desk of a clinic with these filing rules."""
    clinic = world.desk.clinics[CLINIC]
    changed = replace(clinic, filing=replace(clinic.filing, **rules))
    return replace(world.desk, clinics=dict(world.desk.clinics) | {CLINIC: changed})


def delivered(desk: Desk) -> int:
    """Let the worker do what is due now; how many attempts it made."""
    attempts = 0
    while deliver_next(desk, CLINIC, "worker"):
        attempts += 1
    return attempts


def on_any_rung(world: World) -> World:
    """The record system takes updates at ids of ours, too. To be said before anybody asked it for anything."""
    world.sandboxes[CLINIC].imitation = Imitation(put_creates=True)
    return world


def keep_rules(world: World, **rules: Any) -> None:
    """From now on this is how the clinic of this world files, whoever asks."""
    world.wiring = replace(world.wiring, desk=with_rules(world, **rules))
    world.app.extensions[WIRING] = world.wiring


def until_quiet(world: World, desk: Desk | None = None, days: float = 2) -> int:
    """Deliver for so long, as time goes by; how many attempts were made."""
    attempts, end = 0, world.clock() + timedelta(days=days)
    while world.clock() < end:
        while deliver_next(desk or world.desk, CLINIC, "worker"):
            attempts += 1
        world.clock.pass_time(minutes=10)
        if owed(world)[0].state is not FilingState.DUE:
            break
    return attempts


class Trouble:
    """Stands on the wire and spoils the first so many writes of a document."""

    def __init__(self, spoil: Callable[[Carry], httpx2.Response], times: int = 1) -> None:
        self._spoil = spoil
        self.left = times
        self.writes = 0

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith("/DocumentReference"):
            return carry()
        self.writes += 1
        if self.left == 0:
            return carry()
        self.left -= 1
        return self._spoil(carry)


def told(status: int, **headers: str) -> Callable[[Carry], httpx2.Response]:
    """This answer instead of the record system's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda carry: answer(status, b"", **named)


def answer(status: int, body: bytes = b"", **headers: str) -> httpx2.Response:
    """As a transport gives it: not read yet."""
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))


def after(spoil: Callable[[Carry], httpx2.Response]) -> Callable[[Carry], httpx2.Response]:
    """The record system carries it out, and then this is what comes back."""

    def both(carry: Carry) -> httpx2.Response:
        carry()
        return spoil(carry)

    return both


def fails(error: type[httpx2.TransportError | Killed]) -> Callable[[Carry], httpx2.Response]:
    def broken(carry: Carry) -> httpx2.Response:
        raise error("on the wire")

    return broken


HEALING = {
    "503 before it was written": told(503),
    "503 after it was written": after(told(503)),
    "500 after it was written": after(told(500)),
    "502 from a proxy": told(502),
    "504 after it was written": after(told(504)),
    "not connected": fails(httpx2.ConnectError),
    "no connection in time": fails(httpx2.ConnectTimeout),
    "cut before the answer": fails(httpx2.ReadError),
    "cut after it was written": after(fails(httpx2.ReadError)),
    "no answer in time": fails(httpx2.ReadTimeout),
    "no answer in time, but written": after(fails(httpx2.ReadTimeout)),
    "half an answer, but written": after(fails(httpx2.RemoteProtocolError)),
    "a redirect": told(307, location="https://evil.example/"),
    "a redirect after it was written": after(told(302, location="/elsewhere")),
    "408 after it was written": after(told(408)),
    "429": told(429, Retry_After="30"),
    "200 and no word of it, but written": after(told(200)),
    "201 at another place, but written": after(told(201, location=f"{EHR}/fhir/Patient/1")),
    "an answer that is no JSON, but written": after(lambda _: answer(201, b"<html>ok</html>")),
}
