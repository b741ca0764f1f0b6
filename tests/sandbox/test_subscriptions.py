"""Subscriptions to changed Encounters: asked for, proven by a handshake, told in order, their headers kept secret."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.subscription import Subscription
from joserfc.jwk import ECKey

from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp
from service.sandbox.grant import Grant
from service.sandbox.records.subscription_shape import TOPIC
from tests.sandbox.actors import SmartApp
from tests.sandbox.conftest import BASE, Clinic, public
from tests.sandbox.receiver import Receiver
from tests.sandbox.records_builders import ANN, CLINICIAN, Resource, encounter, opened, serving

ENDPOINT = "http://127.0.0.1:9/told"
SECRET = "a-secret-of-the-receiver"
HEADER = f"Authorization: Bearer {SECRET}"
GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
SCOPES = "system/Subscription.cruds system/Encounter.cruds system/Patient.rs system/EpisodeOfCare.cru"


def asked(header: str | None = HEADER, **more: Any) -> Resource:
    """A right subscription, with elements put differently; `channel` is merged."""
    channel = {
        "type": "rest-hook",
        "endpoint": ENDPOINT,
        "payload": "application/fhir+json",
        "_payload": {"extension": [{"url": f"{GUIDE}/backport-payload-content", "valueCode": "id-only"}]},
        **({"header": [header]} if header else {}),
    }
    right: Resource = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "To hear of visits",
        "criteria": TOPIC,
    }
    channel |= more.pop("channel", {})
    return right | {"channel": {k: v for k, v in channel.items() if v is not None}} | more


@dataclass
class Listener:
    """A backend client that may subscribe."""

    app: SmartApp

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        scope = {"grant_type": "client_credentials", "scope": self.app.scope}
        token = self.app.ask_token(dict(scope)).json()["access_token"]
        said = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json", **headers}
        content = None if body is None else json.dumps(body)
        return self.app.http.request(method, f"{BASE}/fhir/{path}", content=content, headers=said)

    def subscribe(self, **more: Any) -> str:
        answer = self.ask("POST", "Subscription", asked(**more))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def read(self, id_: str) -> Resource:
        found: Resource = self.ask("GET", f"Subscription/{id_}").json()
        return found

    def put(self, id_: str, **more: Any) -> httpx2.Response:
        return self.ask("PUT", f"Subscription/{id_}", {**self.read(id_), **more})

    def visit(self, of: str = "patient-two-in", **more: Any) -> str:
        made = {k: v for k, v in encounter("", of, **more).items() if k != "id"}
        return str(self.ask("POST", "Encounter", made).json()["id"])


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def house(clinic: Clinic, receiver: Receiver) -> Clinic:
    """The clinic with two backend clients that may subscribe; what it sends arrives at the receiver."""
    clinic.parts.close()
    keys = {name: ECKey.generate_key("P-384", auto_kid=True) for name in ("listener", "other")}
    apps = tuple(
        RegisteredApp(client_id=name, name=name, kind="backend", scopes=SCOPES, jwks=public(key))
        for name, key in keys.items()
    )
    config = replace(clinic.config, apps=(*clinic.config.apps, *apps), notification_pauses=(0.0, 0.0))
    clinic.keys |= keys
    return clinic.beside(create_sandbox(config, receiver), config)


@pytest.fixture
def listener(house: Clinic) -> Listener:
    return Listener(house.smart_app("listener"))


def flushed(house: Clinic) -> None:
    assert house.parts.notifier.flush(20)


def test_a_handshake_makes_a_subscription_active(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    answer = listener.ask("POST", "Subscription", asked())
    assert (answer.status_code, answer.json()["status"]) == (201, "requested")
    flushed(house)
    (hello,) = receiver.told
    assert hello.url == ENDPOINT
    assert hello.headers["Content-Type"] == "application/fhir+json"
    assert hello.headers["Authorization"] == f"Bearer {SECRET}"
    assert hello.status == {
        "subscription": {"reference": f"Subscription/{answer.json()['id']}"},
        "topic": TOPIC,
        "status": "requested",
        "type": "handshake",
        "events-since-subscription-start": "0",
    }
    assert len(hello.bundle["entry"]) == 1
    assert listener.read(answer.json()["id"])["status"] == "active"


def test_every_new_version_of_an_encounter_is_told_in_order(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    listener.subscribe()
    visit = listener.visit()
    for status in ("cancelled", "finished"):
        kept = listener.ask("GET", f"Encounter/{visit}").json()
        assert listener.ask("PUT", f"Encounter/{visit}", {**kept, "status": status}).status_code == 200
        listener.ask("PUT", f"Encounter/{visit}", {**kept, "status": status})
    other = listener.visit("patient-six-done")
    flushed(house)
    assert [(one.number, one.focus) for one in receiver.events] == [
        (1, f"Encounter/{visit}"),
        (2, f"Encounter/{visit}"),
        (3, f"Encounter/{visit}"),
        (4, f"Encounter/{other}"),
    ]
    first, second = receiver.events[:2]
    assert first.status["status"] == "active"
    assert first.status["events-since-subscription-start"] == "1"
    assert first.event["timestamp"] == "2026-11-20T12:00:00.000Z"
    assert first.bundle["entry"][1] == {
        "fullUrl": f"{BASE}/fhir/Encounter/{visit}",
        "request": {"method": "PUT", "url": f"Encounter/{visit}"},
        "response": {"status": "201"},
    }
    assert second.bundle["entry"][1]["response"] == {"status": "200"}
    assert first.bundle["entry"][0]["request"]["url"].endswith("/$status")


def test_what_is_sent_and_kept_is_fhir_r4(house: Clinic, listener: Listener, receiver: Receiver) -> None:
    """Read by somebody else's model of R4B, which forbids unknown elements; ids only, nobody's name."""
    id_ = listener.subscribe()
    listener.visit()
    flushed(house)
    for one in receiver.told:
        assert Bundle.model_validate(one.bundle).type == "history"
        Parameters.model_validate(one.bundle["entry"][0]["resource"])
        assert one.bundle["entry"][0]["fullUrl"] == f"urn:uuid:{one.bundle['entry'][0]['resource']['id']}"
        assert all("resource" not in entry for entry in one.bundle["entry"][1:])
        assert "patient" not in json.dumps(one.bundle)
    assert Subscription.model_validate(listener.read(id_)).status == "active"


def test_a_change_is_told_without_anybody_waiting_for_it(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    listener.subscribe()
    flushed(house)
    arrived = threading.Event()
    receiver.before = arrived.set
    listener.visit()
    assert arrived.wait(20)
    assert len(receiver.events) == 1


def test_only_encounters_are_told(house: Clinic, listener: Listener, receiver: Receiver) -> None:
    listener.subscribe()
    episode = {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": {"reference": "Patient/patient-two-in"},
    }
    assert listener.ask("POST", "EpisodeOfCare", episode).status_code == 201
    flushed(house)
    assert receiver.events == []


@pytest.mark.parametrize("refusal", [500, 302, 404, httpx2.ConnectError("no"), httpx2.ReadTimeout("slow")])
def test_an_endpoint_that_does_not_answer_the_handshake_is_in_error(
    house: Clinic, listener: Listener, receiver: Receiver, refusal: Any
) -> None:
    receiver.answers = [refusal] * 3
    id_ = listener.subscribe()
    flushed(house)
    listener.visit()
    flushed(house)
    kept = listener.read(id_)
    assert kept["status"] == "error"
    assert kept["error"].startswith("The endpoint ")
    assert [one.status["type"] for one in receiver.told] == ["handshake"] * 3


def test_a_notification_is_tried_again_and_nothing_overtakes_it(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    id_ = listener.subscribe()
    flushed(house)
    receiver.answers = [503, httpx2.ConnectError("no"), 200]
    listener.visit()
    listener.visit()
    flushed(house)
    assert [one.number for one in receiver.events] == [1, 1, 1, 2]
    assert listener.read(id_)["status"] == "active"


def test_events_are_counted_while_nobody_can_be_told_so_that_the_gap_is_seen(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    id_ = listener.subscribe()
    flushed(house)
    receiver.answers = [500, 500, 500]
    listener.visit()
    flushed(house)
    assert listener.read(id_)["status"] == "error"
    listener.visit()
    receiver.told.clear()
    assert listener.put(id_, status="requested").status_code == 200
    flushed(house)
    kept = listener.read(id_)
    assert (kept["status"], "error" in kept) == ("active", False)
    listener.visit()
    flushed(house)
    assert [one.status["events-since-subscription-start"] for one in receiver.told] == ["2", "3"]
    assert receiver.events[0].number == 3
    assert receiver.events[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_subscription_can_be_turned_off(house: Clinic, listener: Listener, receiver: Receiver) -> None:
    id_ = listener.subscribe()
    flushed(house)
    assert listener.put(id_, status="off").json()["status"] == "off"
    listener.visit()
    flushed(house)
    assert receiver.events == []
    assert listener.read(id_)["status"] == "off"


def test_turned_off_while_a_handshake_is_on_its_way_it_stays_off(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    arrived, go_on = threading.Event(), threading.Event()
    receiver.before = lambda: (arrived.set(), go_on.wait(20))
    id_ = listener.subscribe()
    assert arrived.wait(20)
    assert listener.put(id_, status="off").status_code == 200
    go_on.set()
    flushed(house)
    assert listener.read(id_)["status"] == "off"


def test_nothing_is_sent_while_the_records_are_locked(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    """The receiver asks the record system, from a thread of its own, before it answers."""
    answered: list[bool] = []

    def look() -> None:
        asking = threading.Thread(target=lambda: list(house.parts.records.ledger()), daemon=True)
        asking.start()
        asking.join(10)
        answered.append(not asking.is_alive())

    receiver.before = look
    listener.subscribe()
    listener.visit()
    flushed(house)
    assert answered == [True, True]


def test_the_header_is_a_secret(
    house: Clinic, listener: Listener, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [500]
    with caplog.at_level(logging.DEBUG):
        answer = listener.ask("POST", "Subscription", asked())
        id_ = answer.json()["id"]
        flushed(house)
        shown = [
            answer.text,
            *(
                listener.ask("GET", path).text
                for path in (
                    f"Subscription/{id_}",
                    f"Subscription/{id_}/_history",
                    f"Subscription/{id_}/$status",
                    "Subscription",
                )
            ),
            *(json.dumps(line.resource) for line in house.parts.records.ledger()),
            repr(house.parts.notifier),
        ]
    assert len(receiver.told) == 2
    assert not any(SECRET in text for text in [*shown, caplog.text])
    refused = listener.ask("POST", "Subscription", asked(f"Authorization {SECRET}"))
    assert (refused.status_code, SECRET in refused.text) == (422, False)


def test_headers_stay_unless_they_are_sent_anew(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    id_ = listener.subscribe()
    flushed(house)
    listener.put(id_, status="requested")
    flushed(house)
    renewed = asked("Authorization: Bearer another")["channel"]
    listener.put(id_, status="requested", channel=renewed)
    flushed(house)
    assert [one.headers["Authorization"] for one in receiver.told] == [
        f"Bearer {SECRET}",
        f"Bearer {SECRET}",
        "Bearer another",
    ]


def test_a_subscription_is_nothing_to_another_client(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    """Else it could turn the endpoint to itself and be sent the secret."""
    id_ = listener.subscribe()
    flushed(house)
    other = Listener(house.smart_app("other"))
    for ending in ("", "/_history", "/_history/1", "/$status"):
        refused = other.ask("GET", f"Subscription/{id_}{ending}")
        assert refused.status_code == 404
        assert refused.json() == other.ask("GET", f"Subscription/nobody{ending}").json()
    stolen = asked(None, channel={"endpoint": "http://127.0.0.1:9/mine"})
    assert other.ask("PUT", f"Subscription/{id_}", {**stolen, "id": id_}).status_code == 405
    assert other.ask("GET", "Subscription").json()["total"] == 0
    assert listener.ask("GET", f"Subscription?url={ENDPOINT}&status=active").json()["total"] == 1
    own = other.ask("POST", "Subscription", asked(), **{"If-None-Exist": f"url={ENDPOINT}"})
    again = other.ask("POST", "Subscription", asked(), **{"If-None-Exist": f"url={ENDPOINT}"})
    assert (own.status_code, again.status_code, again.json()["id"]) == (201, 200, own.json()["id"])


@pytest.mark.parametrize(
    "grant",
    [replace(CLINICIAN, scopes=frozenset({"user/*.cruds"})), ANN],
    ids=["a clinician's", "a patient's"],
)
def test_only_a_systems_scope_opens_subscriptions(tmp_path: Path, grant: Grant) -> None:
    records = opened(tmp_path)
    doors = serving(records, grant)
    answers = {
        "c": doors.post("/fhir/Subscription", json=asked()),
        "r": doors.get("/fhir/Subscription/any"),
        "u": doors.put("/fhir/Subscription/any", json=asked(id="any")),
        "s": doors.get("/fhir/Subscription"),
    }
    for letter, answer in answers.items():
        assert answer.status_code == 403
        assert f'scope="system/Subscription.{letter}"' in answer.headers["WWW-Authenticate"]
    assert serving(records).get("/fhir/Subscription").get_json()["total"] == 0
    records.close()


def _content(code: Any) -> Resource:
    return {"_payload": {"extension": [{"url": f"{GUIDE}/backport-payload-content", "valueCode": code}]}}


def _filter(*texts: Any) -> Resource:
    wanted = [{"url": f"{GUIDE}/backport-filter-criteria", "valueString": one} for one in texts]
    return {"_criteria": {"extension": wanted}}


def _heartbeat(period: Any) -> Resource:
    return {
        "channel": {"extension": [{"url": f"{GUIDE}/backport-heartbeat-period", "valueUnsignedInt": period}]}
    }


REFUSED: dict[str, Resource] = {
    "active from the start": {"status": "active"},
    "off from the start": {"status": "off"},
    "another topic": {"criteria": "http://maplegrove.example/SubscriptionTopic/other"},
    "a query instead of a topic": {"criteria": "Encounter?status=finished"},
    "an end": {"end": "2027-01-01T00:00:00Z"},
    "another channel": {"channel": {"type": "websocket"}},
    "no endpoint": {"channel": {"endpoint": None}},
    "an endpoint in the open": {"channel": {"endpoint": "http://receiver.example/told"}},
    "an endpoint that is no address": {"channel": {"endpoint": "told"}},
    "an endpoint that is no text": {"channel": {"endpoint": 7}},
    "no payload": {"channel": {"payload": None}},
    "xml": {"channel": {"payload": "application/fhir+xml"}},
    "no content": {"channel": {"_payload": None}},
    "empty": {"channel": _content("empty")},
    "full-resource": {"channel": _content("full-resource")},
    "a filter of another type": _filter("Patient?active=true"),
    "a filter that is not known": _filter("Encounter?nonsense=1"),
    "a filter without a value": _filter("Encounter?status="),
    "a filter that shapes answers": _filter("Encounter?_count=1"),
    "an empty filter": _filter("Encounter"),
    "a filter that is no text": _filter(7),
    "a heartbeat of nothing": _heartbeat(0),
    "a heartbeat that is a word": _heartbeat("often"),
    "a header without a name": {"header": ": x"},
    "a header of two lines": {"header": "X-A: b\r\nX-C: d"},
    "a header that says the host": {"header": "Host: elsewhere.example"},
    "no reason": {"reason": None},
}


@pytest.mark.parametrize("flaw", REFUSED)
def test_what_would_not_be_done_as_asked_is_refused(
    house: Clinic, listener: Listener, receiver: Receiver, flaw: str
) -> None:
    wrong = {name: value for name, value in asked(**REFUSED[flaw]).items() if value is not None}
    answer = listener.ask("POST", "Subscription", wrong)
    assert (answer.status_code, answer.json()["resourceType"]) == (422, "OperationOutcome")
    flushed(house)
    assert receiver.told == []


@pytest.mark.parametrize("status", ["active", "error", "nonsense"])
def test_a_client_does_not_say_how_the_server_stands(house: Clinic, listener: Listener, status: str) -> None:
    id_ = listener.subscribe()
    flushed(house)
    assert listener.put(id_, status=status, reason="Another").status_code == 422


def test_a_filter_is_asked_of_the_new_version(house: Clinic, listener: Listener, receiver: Receiver) -> None:
    listener.subscribe(**_filter("Encounter?status=finished", "Encounter?patient=patient-two-in"))
    listener.visit(status="planned")
    listener.visit("patient-six-done")
    seen = listener.visit()
    flushed(house)
    assert [(one.number, one.focus) for one in receiver.events] == [(1, f"Encounter/{seen}")]


def test_a_heartbeat_follows_silence(house: Clinic, listener: Listener, receiver: Receiver) -> None:
    listener.subscribe(**_heartbeat(3600))
    listener.visit()
    flushed(house)
    house.clock.now += timedelta(seconds=3599)
    flushed(house)
    assert receiver.of_type("heartbeat") == []
    house.clock.now += timedelta(seconds=1)
    flushed(house)
    flushed(house)
    (beat,) = receiver.of_type("heartbeat")
    assert (beat.status["events-since-subscription-start"], beat.event) == ("1", {})


def test_the_status_can_be_asked_for(house: Clinic, listener: Listener) -> None:
    id_ = listener.subscribe()
    listener.visit()
    flushed(house)
    bundle = listener.ask("GET", f"Subscription/{id_}/$status").json()
    assert bundle["type"] == "searchset"
    Bundle.model_validate(bundle)
    said = {one["name"]: one for one in bundle["entry"][0]["resource"]["parameter"]}
    assert said["type"]["valueCode"] == "query-status"
    assert said["status"]["valueCode"] == "active"
    assert said["events-since-subscription-start"]["valueString"] == "1"
    assert listener.ask("GET", "Encounter/six-done-1/$status").status_code == 404
    assert listener.ask("POST", f"Subscription/{id_}/$status", {}).status_code == 405


def test_what_was_owed_before_a_restart_is_told_after_it(
    house: Clinic, listener: Listener, receiver: Receiver
) -> None:
    listener.subscribe()
    flushed(house)
    house.parts.notifier.close()
    visit = listener.visit()
    assert receiver.events == []
    house.parts.close()
    arrived = threading.Event()
    receiver.before = arrived.set
    house.beside(create_sandbox(house.config, receiver), house.config)
    assert arrived.wait(20)
    assert [one.focus for one in receiver.events] == [f"Encounter/{visit}"]


def test_many_writers_are_told_of_once_each(house: Clinic, listener: Listener, receiver: Receiver) -> None:
    listener.subscribe()
    make: Callable[[], str] = listener.visit
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flushed(house)
    assert [one.number for one in receiver.events] == list(range(1, 9))
    assert len({one.focus for one in receiver.events}) == 8


def test_the_capability_statement_names_topic_profile_and_operation(house: Clinic) -> None:
    statement = house.http().get(f"{BASE}/fhir/metadata").json()
    (said,) = (one for one in statement["rest"][0]["resource"] if one["type"] == "Subscription")
    assert TOPIC in [one["valueCanonical"] for one in said["extension"]]
    assert said["supportedProfile"] == [f"{GUIDE}/backport-subscription"]
    assert [one["name"] for one in said["operation"]] == ["status"]
