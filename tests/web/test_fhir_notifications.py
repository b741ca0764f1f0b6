"""A record system's word that a visit changed: proven by its secret, read for encounters alone, told nothing (0014)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.audit.record import Deed, Outcome
from service.store import finding
from service.summary.rendering import RenderingChild
from service.web.reading import JSON_BYTES
from tests.front_desk import FrontDesk
from tests.people import App
from tests.web.fhir_answers import issues
from tests.web.test_strict_input import BODIES
from tests.workflow.remembered import log
from tests.world import CLINIC, JOURNAL, NOON, OTHER, World, copy_world, start

SECRET = "a-secret-that-both-sides-know"
RIGHT = {"Authorization": f"Bearer {SECRET}"}
ENDPOINT = f"{JOURNAL}/{CLINIC}/fhir/notifications"
Value = dict[str, Any]


@pytest.fixture
def told(
    tmp_path: Path, template: Path, rendering_child: RenderingChild, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A world whose first clinic takes notifications; the second one takes none."""
    folder = tmp_path / "world"
    copy_world(template, folder)
    clinics = folder / "clinics.toml"
    head = f"[clinic.{CLINIC}.finding]\n"
    text = clinics.read_text("utf-8")
    assert text.count(head) == 1
    clinics.write_text(text.replace(head, f'{head}notify_secret_file = "notify"\n'), "utf-8")
    (folder / "secrets" / "notify").write_text(f"{SECRET}\n", "utf-8")
    made = start(folder, rendering_child, monkeypatch)
    with made.closing:
        yield made


def notification(*encounters: str, kind: str = "event-notification", events: int | str | None = 1) -> Value:
    """A notification as the R4 backport writes it, ids only."""
    count = (
        [] if events is None else [{"name": "events-since-subscription-start", "valueString": str(events)}]
    )
    status: Value = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": "Subscription/7"}},
            {
                "name": "topic",
                "valueCanonical": "http://maplegrove.example/SubscriptionTopic/encounter-changed",
            },
            {"name": "status", "valueCode": "active"},
            {"name": "type", "valueCode": kind},
            *count,
            *(_event(one) for one in encounters),
        ],
    }
    request = {"method": "GET", "url": "Subscription/7/$status"}
    entry = {"resource": status, "request": request, "response": {"status": "200"}}
    return {"resourceType": "Bundle", "type": "history", "entry": [entry]}


def _event(reference: str) -> Value:
    parts = [
        {"name": "event-number", "valueString": "1"},
        {"name": "focus", "valueReference": {"reference": reference}},
    ]
    return {"name": "notification-event", "part": parts}


def notify(world: World, body: object, clinic: str = CLINIC, **headers: str) -> httpx2.Response:
    return App(world, clinic=clinic).post("notifications", body, **(RIGHT | headers))


def noted(world: World) -> list[str]:
    """The encounters to look at."""
    return [one.encounter_id for one in finding.take_notices(world.desk.store, CLINIC, 10_000)]


def last_event(world: World) -> int | None:
    stands = finding.finding_of(world.desk.store, CLINIC)
    return stands.last_event if stands else None


def is_due(world: World) -> bool:
    """Whether a gap made the next poll due at once."""
    stands = finding.finding_of(world.desk.store, CLINIC)
    return stands is not None and stands.due_at is not None


def test_what_changed_is_noted_and_nothing_is_told_in_return(told: World) -> None:
    known, unknown = (
        notify(told, notification("Encounter/six-done-1")),
        notify(told, notification("Encounter/never-heard-of", events=2)),
    )

    for answer in (known, unknown):
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["cache-control"] == "no-store"
    kept = [
        {n: v for n, v in one.headers.items() if n not in ("date", "x-request-id")}
        for one in (known, unknown)
    ]
    assert kept[0] == kept[1]
    assert noted(told) == ["six-done-1", "never-heard-of"]
    assert last_event(told) == 2


@pytest.mark.parametrize("kind", ["handshake", "heartbeat", "query-status"])
def test_what_only_shows_that_somebody_is_there_is_answered_alike(told: World, kind: str) -> None:
    answer = notify(told, notification(kind=kind, events=0))

    assert (answer.status_code, answer.content) == (200, b"")
    assert noted(told) == []


def test_the_record_system_itself_is_understood(told: World) -> None:
    """The whole way: its handshake makes the subscription active, and a visit that it books is noted here."""
    desk = FrontDesk(told)
    name = desk.subscribe(ENDPOINT, f"Authorization: Bearer {SECRET}")
    desk.told_all()
    assert desk.read("Subscription", name)["status"] == "active"

    visit = desk.book("patient-two-in", NOON - timedelta(minutes=50), 40)
    desk.change(visit, status="cancelled")
    desk.told_all()

    assert noted(told) == [visit]
    assert last_event(told) == 2
    assert not is_due(told)


def test_with_a_wrong_secret_the_subscription_never_becomes_active(told: World) -> None:
    desk = FrontDesk(told)

    name = desk.subscribe(ENDPOINT, "Authorization: Bearer guessed")
    desk.told_all()

    assert desk.read("Subscription", name)["status"] == "error"


FORGED = [
    None,
    "",
    "Bearer",
    "Bearer ",
    SECRET,
    f"Bearer  {SECRET}",
    f"bearer {SECRET}",
    f"Basic {SECRET}",
    f"Bearer {SECRET}x",
    f"Bearer {SECRET[:-1]}",
    f"Bearer {SECRET.upper()}",
    f"Bearer {SECRET}, Bearer {SECRET}",
    "Bearer " + "x" * 10_000,
]


@pytest.mark.parametrize("shown", FORGED)
def test_a_forged_secret_is_refused_remembered_and_changes_nothing(told: World, shown: str | None) -> None:
    count = len(log(told))
    raw = json.dumps(notification("Encounter/six-done-1")).encode()
    headers: list[tuple[bytes, bytes]] = [(b"Content-Type", b"application/fhir+json")]
    if shown is not None:
        headers.append((b"Authorization", shown.encode()))
    with httpx2.Client(transport=told.browser_network(), trust_env=False) as http:
        answer = http.post(ENDPOINT, content=raw, headers=headers)

    assert (answer.status_code, issues(answer)) == (403, ["forbidden"])
    assert SECRET not in answer.text
    assert (noted(told), last_event(told)) == ([], None)
    (record,) = log(told)[count:]
    assert (record.deed, record.outcome, record.what) == (Deed.REFUSAL, Outcome.REFUSED, "Subscription")


def test_a_clinic_that_takes_none_looks_like_one_that_is_not(told: World) -> None:
    body = notification("Encounter/six-done-1")

    answers = [notify(told, body, clinic=one) for one in (OTHER, "no-such-clinic")]

    assert [(one.status_code, issues(one)) for one in answers] == [(404, ["not-found"])] * 2
    assert answers[0].content == answers[1].content
    assert finding.take_notices(told.desk.store, OTHER, 10) == ()


@pytest.mark.parametrize("name", BODIES)
def test_no_hostile_body_is_a_fault_of_ours_and_none_is_kept(told: World, name: str) -> None:
    answer = notify(told, BODIES[name])

    assert answer.status_code in (400, 411, 413, 422), answer.text
    assert issues(answer)
    assert (noted(told), last_event(told)) == ([], None)


def test_a_huge_body_is_refused_unread(told: World) -> None:
    answer = notify(told, b'{"a":"' + b"x" * JSON_BYTES + b'"}')

    assert (answer.status_code, issues(answer)) == (413, ["too-long"])


def _without(value: Value, *names: str) -> Value:
    status = value["entry"][0]["resource"]
    kept = [one for one in status["parameter"] if one["name"] not in names]
    return value | {"entry": [value["entry"][0] | {"resource": status | {"parameter": kept}}]}


NO_NOTIFICATIONS: dict[str, Value] = {
    "a count beyond 64 bits": notification("Encounter/six-done-1", events="9" * 19),
    "nothing": {},
    "an encounter": {"resourceType": "Encounter", "id": "six-done-1"},
    "another bundle": notification("Encounter/six-done-1") | {"type": "collection"},
    "no entries": {"resourceType": "Bundle", "type": "history"},
    "empty entries": {"resourceType": "Bundle", "type": "history", "entry": []},
    "entries of another kind": {"resourceType": "Bundle", "type": "history", "entry": ["x", 1, None]},
    "the status last": {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [{"fullUrl": "Encounter/six-done-1"}, *notification()["entry"]],
    },
    "no subscription": _without(notification("Encounter/six-done-1"), "subscription"),
    "no type": _without(notification("Encounter/six-done-1"), "type"),
    "an unknown type": notification("Encounter/six-done-1", kind="gossip"),
    "a count in words": notification("Encounter/six-done-1", events="many"),
    "a negative count": notification("Encounter/six-done-1", events="-1"),
    "a broken count": notification("Encounter/six-done-1", events="1.5"),
    "a count beyond all": notification("Encounter/six-done-1", events="9" * 30),
}


@pytest.mark.parametrize("name", NO_NOTIFICATIONS)
def test_what_is_no_notification_is_named_as_such_and_not_kept(told: World, name: str) -> None:
    answer = notify(told, NO_NOTIFICATIONS[name])

    assert answer.status_code == 400, answer.text
    assert issues(answer) == ["invalid"]
    assert (noted(told), last_event(told)) == ([], None)


def test_resources_that_came_along_are_not_looked_at(told: World) -> None:
    """A full-resource payload is a hint like any other: what is in it is asked for anew, with our own token."""
    full = notification("Encounter/six-done-1")
    visit = {
        "resourceType": "Encounter",
        "id": "six-done-2",
        "status": "cancelled",
        "subject": {"reference": "Patient/patient-six-done"},
    }
    address = f"http://localhost:8090/fhir/Encounter/{visit['id']}"
    full["entry"].append({"fullUrl": address, "resource": visit})
    full["entry"].append({"resource": visit | {"id": "named-in-its-resource-alone"}})
    asked = len(told.net.asked)

    answer = notify(told, full)

    assert (answer.status_code, answer.content) == (200, b"")
    assert noted(told) == ["six-done-1", "six-done-2"]
    assert told.net.asked[asked:] == []


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/patient-six-done",
        "urn:uuid:0d0c1a52-6d0e-4d0b-9a53-5d6f3c1be0a7",
        "#contained",
        "Encounter/",
        "Encounter/..",
        "Encounter/a/b",
        "Encounter/a b",
        "Encounter/" + "x" * 65,
        "Encounter?patient=patient-six-done",
        "encounter/six-done-1",
    ],
)
def test_what_names_no_encounter_is_passed_over(told: World, reference: str) -> None:
    answer = notify(told, notification(reference, "Encounter/six-done-1"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert noted(told) == ["six-done-1"]


def test_the_same_word_again_changes_nothing(told: World) -> None:
    body = notification("Encounter/six-done-1", "Encounter/six-done-1", events=4)

    for _ in range(3):
        assert notify(told, body).status_code == 200

    assert noted(told) == ["six-done-1"]
    assert last_event(told) == 4
    assert not is_due(told)


@pytest.mark.parametrize(
    ("second", "gap"),
    [
        (notification("Encounter/b", events=6), False),
        (notification("Encounter/b", events=7), True),
        (notification("Encounter/b", "Encounter/c", events=7), False),
        (notification(kind="heartbeat", events=5), False),
        (notification(kind="heartbeat", events=6), True),
        (notification("Encounter/b", events=None), False),
        (notification("Encounter/b", events=3), False),
    ],
)
def test_a_gap_in_the_numbers_of_events_makes_the_next_poll_due(
    told: World, second: Value, gap: bool
) -> None:
    notify(told, notification("Encounter/a", events=5))
    assert not is_due(told)

    assert notify(told, second).status_code == 200

    assert is_due(told) is gap
    assert (last_event(told) or 0) >= 5


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/xml"])
def test_only_json_is_taken(told: World, kind: str) -> None:
    answer = notify(told, notification("Encounter/six-done-1"), **{"Content-Type": kind})

    assert (answer.status_code, issues(answer)) == (415, ["not-supported"])
    assert noted(told) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_there_is_nothing_to_read_here(told: World, method: str) -> None:
    answer = App(told).ask(method, "notifications", headers=RIGHT, content=b"{}")

    assert (answer.status_code, issues(answer)) == (405, ["not-supported"])


def test_a_token_of_ours_opens_nothing_here_and_the_secret_nothing_elsewhere(told: World) -> None:
    for path in ("Task", "Provenance", "QuestionnaireResponse"):
        assert App(told, SECRET).get(path).status_code == 401
