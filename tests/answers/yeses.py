"""A yes that proves nothing: thirty of them, before and after it was carried out (F21)."""

import json
from collections.abc import Callable
from random import Random

import httpx2

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import DAY, Clinic
from tests.answers.line import Call, writes
from tests.answers.tally import Tally
from tests.delivery.house import House
from tests.delivery.ledger import Resource
from tests.delivery.record_system import BASE, DOCUMENT, Said

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_JSON = {"Content-Type": "application/fhir+json"}
_NOWHERE = "no-such-document"
_OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "information", "code": "informational"}],
}

Yes = Callable[[Resource], Said]


def _plain(status: int, body: bytes = b"", **headers: str) -> Yes:
    return lambda _ours: Said(status, body, headers)


def _json(status: int, said: object, **headers: str) -> Yes:
    return lambda _ours: Said(status, json.dumps(said).encode(), _JSON | headers)


def _echo(status: int, location: str | None = None, **changed: object) -> Yes:
    """Our own document back, with these elements changed; one that is None is left out."""

    def said(ours: Resource) -> Said:
        echoed = {name: one for name, one in (ours | changed).items() if one is not None}
        headers = _JSON | ({"Location": location} if location else {})
        return Said(status, json.dumps(echoed).encode(), headers)

    return said


def _at(location: str, status: int = 201) -> Yes:
    return lambda _ours: Said(status, b"", {"Location": location})


YESES: tuple[Yes, ...] = (
    _plain(200),
    _plain(201),
    _plain(204),
    _plain(226),
    _plain(201, b"<html>Thank you!</html>", **{"Content-Type": "text/html"}),
    _plain(200, b"<html><form>Sign in</form></html>", **{"Content-Type": "text/html"}),
    _plain(201, b'{"resourceType":"DocumentReference","id":"cut', **_JSON),
    _plain(201, b"\xff\xfe\x00 no text", **_JSON),
    _plain(201, b"[]", **_JSON),
    _plain(201, b"null", **_JSON),
    _plain(201, b'{"id":"a","id":"b","resourceType":"DocumentReference"}', **_JSON),
    _json(200, _OUTCOME),
    _json(201, _OUTCOME),
    _json(201, {"resourceType": "Bundle", "type": "transaction-response", "entry": []}),
    _json(201, {"resourceType": "Patient", "id": "p1"}),
    _json(201, {"resourceType": DOCUMENT}),
    _json(201, {"resourceType": DOCUMENT, "id": "../../Patient/p1"}),
    _json(201, {"resourceType": DOCUMENT, "id": 7}),
    _echo(201, id=None),
    _echo(201, id=_NOWHERE),
    _echo(200, id=_NOWHERE),
    _echo(201, f"{BASE}/{DOCUMENT}/another-one", id=_NOWHERE),
    _echo(201, id="of-another", subject={"reference": "Patient/p2"}),
    _at(f"{BASE}/{DOCUMENT}/{_NOWHERE}"),
    _at(f"{BASE}/{DOCUMENT}/{_NOWHERE}/_history/1", 200),
    _at(f"{BASE}/Patient/p1"),
    _at(f"{BASE}/{DOCUMENT}"),
    _at(f"https://elsewhere.example/fhir/{DOCUMENT}/1"),
    _at(f"{BASE}/{DOCUMENT}/of-another"),
    _at(f"{BASE}/{DOCUMENT}/bad id"),
)


def without_proof(home: House, number: int, chance: Random, tally: Tally) -> None:
    """One of them, to something that was done or was not, with another patient's document beside it."""
    yes, rest = YESES[number % len(YESES)], number // len(YESES)
    done, rung = rest % 2 == 1, _RUNGS[rest // 2 % 4]
    clinic = Clinic(home, f"yes-{number}", rung)

    def said(call: Call) -> httpx2.Response:
        ours = json.loads(call.request.content)
        clinic.record.stand_beside("of-another", ours | {"subject": {"reference": "Patient/p2"}})
        if done:
            call.carry()
        return yes(ours).answer()

    clinic.line.spoil(writes, said)
    clinic.write()
    about = f"{clinic.key} {rung} done={done}, yes number {number % len(YESES)}"
    while clinic.deliver():
        is_there = bool(clinic.standing)
        is_said = clinic.summary.state in (FilingState.FILED, FilingState.HELD_THERE)
        tally.check(is_there or not is_said, "falsely_done", f"{about}: {clinic.summary}")
    clinic.go_on(DAY)
    if clinic.summary.state is not FilingState.FILED:
        tally.check(bool(clinic.shown), "dropped", f"{about}: {clinic.summary}")
        clinic.again()
        clinic.go_on(DAY)
    tally.check(clinic.summary.state is FilingState.FILED, "never_filed", f"{about}: {clinic.summary}")
    tally.judge(clinic)
    tally.injected += clinic.line.happened
