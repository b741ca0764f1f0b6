"""Access that is taken back at each step of a visit or of an app's work ends there, and not a moment later (T23)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest

from service.store import sessions
from service.web.guards import WIRING
from service.workflow.deliver_entry import deliver_next
from tests.factories import response
from tests.people import App, Browser, Visitor, clinician, officer, patient, sign_in
from tests.web.deviating_servers import token_says
from tests.web.opaque_tokens import opaque, with_opaque_tokens
from tests.world import CLINIC, JOURNAL, World, WorldWith, world_with

__all__ = ["world_with"]  # a fixture that this file alone takes

QR = "QuestionnaireResponse"
SCOPE = "openid fhirUser patient/QuestionnaireResponse.crus"
GRACE = 30  # seconds that an introspected token may still be taken


@dataclass
class Count:
    """How often access was taken back, and how often something opened afterwards."""

    revocations: int = 0
    after: list[str] = field(default_factory=list)

    def taken_back(self, step: str, *answers: httpx2.Response) -> None:
        self.revocations += 1
        self.after += [step for one in answers if one.status_code < 400 and "/launch/" not in str(one.url)]


def end_approvals(world: World, person: str = "Patient/patient-six-done") -> None:
    """The record system ends what this person allowed the apps."""
    world.sandboxes[CLINIC].parts.approvals.end_online(person)


def change_clinic(world: World, **changes: object) -> None:
    home = replace(world.desk.clinic(CLINIC), **changes)  # type: ignore[arg-type]
    changed = replace(world.desk, clinics={**world.desk.clinics, CLINIC: home})
    world.app.extensions[WIRING] = replace(world.wiring, desk=changed)


def everything(visitor: Visitor, key: str) -> list[httpx2.Response]:
    """What a patient could do with an entry."""
    words = {"revision": 1, "answers": [{"linkId": "ai2.1", "text": "After the end.", "private": False}]}
    return [
        visitor.get(),
        visitor.get(f"entry/{key}/prompt/1"),
        visitor.get(f"entry/{key}/check"),
        visitor.put(f"entry/{key}/draft", words),
        visitor.post(f"entry/{key}/send", revision="2"),
        visitor.post("refresh"),
    ]


def _before_the_code_is_exchanged(world: World, count: Count) -> None:
    browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")
    back = browser.way_back(f"{JOURNAL}/launch/{CLINIC}/patient", f"{JOURNAL}/launch/callback")
    end_approvals(world)
    answer = browser.ask("GET", back)
    assert "location" not in answer.headers
    assert answer.status_code in (400, 401)
    count.taken_back("before the exchange", answer)


def _while(world: World, count: Count, step: str, act: Callable[[Visitor, str], object]) -> None:
    """Taken back after some step; the visit lives as long as its token, and no renewal is given."""
    ada = patient(world)
    key = ada.begin("six-done-2")
    act(ada, key)
    csrf = ada.csrf
    end_approvals(world)
    world.clock.pass_time(minutes=61)
    answers = everything(ada, key)
    assert csrf
    assert {one.status_code for one in answers} == {401}, step
    count.taken_back(step, *answers)


def _when_renewed(world: World, count: Count, step: str, **members: Any) -> None:
    """The renewal gives less, or somebody else: the visit ends."""
    ada = patient(world)
    key = ada.begin("six-done-2")
    world.clock.pass_time(minutes=61)

    world.net.meddler = token_says(**members).meddler(world)
    answers = everything(ada, key)
    world.net.meddler = None
    answers += everything(ada, key)
    assert {one.status_code for one in answers} == {401}, (step, [one.status_code for one in answers])
    count.taken_back(step, *answers)


def _by_the_clinic(world: World, count: Count) -> None:
    """Rights that the clinic takes away count at the next request."""
    watching, ada, reading = officer(world), patient(world), clinician(world)
    home = world.desk.clinic(CLINIC)
    change_clinic(world, officers=frozenset())
    count.taken_back("officer", watching.get(), watching.get("export.ndjson"), watching.post("verify"))
    apps = {kind: app for kind, app in home.apps.items() if kind == "officer"}
    change_clinic(world, apps=apps)
    count.taken_back("apps", ada.get(), reading.get(), reading.get("side-by-side"))
    change_clinic(world, officers=home.officers, apps=home.apps)


def _by_signing_out(world: World, count: Count) -> None:
    """What a browser kept opens nothing, whoever it was."""
    for who in (patient, clinician, officer):
        visitor: Visitor = who(world)
        kept = "; ".join(f"{one.name}={one.value}" for one in visitor.browser.jar)
        assert visitor.post("sign-out").status_code == 200
        again = Browser(world).ask("GET", visitor.home.url, headers={"Cookie": kept})
        count.taken_back("signed out", visitor.get(), again)


def test_no_visit_outlives_what_it_rests_on(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    count = Count()
    _before_the_code_is_exchanged(world, count)
    _while(world, count, "begun", lambda ada, key: None)
    _while(world, count, "read", lambda ada, key: ada.get(f"entry/{key}/prompt/1"))
    _while(world, count, "typed", lambda ada, key: ada.type(key, 1, {"ai2.1": "Kept."}))
    _while(world, count, "checked", lambda ada, key: ada.get(f"entry/{key}/check"))
    _when_renewed(world, count, "another patient", patient="patient-two-in")
    _when_renewed(world, count, "wider rights", scope="openid patient/*.cruds")
    _when_renewed(world, count, "another kind of token", token_type="mac")
    _by_the_clinic(world, count)
    _by_signing_out(world, count)

    record_property(
        "figures", f"revoked-visits revocations={count.revocations} accesses_after={len(count.after)}"
    )
    assert count.revocations == 13
    assert count.after == []


def test_what_was_typed_before_the_end_is_still_there_afterwards(world: World) -> None:
    """A denied renewal ends the visit, not the draft."""
    ada = patient(world)
    key = ada.begin("six-done-2")
    assert ada.type(key, 1, {"ai2.1": "Kept over the end."}).status_code == 200
    end_approvals(world)
    world.clock.pass_time(minutes=61)
    assert ada.get().status_code == 401
    assert "Kept over the end." in patient(world).get(f"entry/{key}/prompt/1").text


def test_what_was_sent_before_the_end_is_filed_all_the_same(world: World) -> None:
    """From the receipt on nothing needs the patient's token any more (fault F57)."""
    ada = patient(world)
    key = ada.write("six-done-2", {"ai2.1": "Sent before the end."})
    end_approvals(world)
    assert ada.post("sign-out").status_code == 200
    world.clock.pass_time(minutes=61)
    assert ada.get().status_code in (401, 404)

    assert world.deliver() == 1
    assert "In your record" in patient(world).get(f"entry/{key}/receipt").text


@pytest.mark.parametrize("point", [f"K{number}" for number in (0, 1, 2, 3, 4, 5, 7, 8, 9)])
def test_what_was_sent_is_filed_whichever_step_the_end_of_access_falls_into(world: World, point: str) -> None:
    """Signed out, and the app removed at the clinic, while the worker stands at this point (fault F57)."""
    ada = patient(world)
    key = ada.write("six-done-2", {"ai2.1": "Sent before the end."})
    ended = []

    def at(reached: str) -> None:
        if reached == point and not ended:
            ended.append(reached)
            end_approvals(world)
            assert ada.post("sign-out").status_code == 200
            world.clock.pass_time(seconds=5)

    assert deliver_next(replace(world.desk, at=at), CLINIC, "worker")

    assert ended == [point]
    assert ada.get().status_code in (401, 404)
    assert len(world.records().search("DocumentReference", []).resources) == 1
    assert "In your record" in patient(world).get(f"entry/{key}/receipt").text


def _steps(world: World) -> dict[str, Callable[[App], httpx2.Response]]:
    return {
        "search": lambda app: app.get(QR),
        "read": lambda app: app.get(f"{QR}/none"),
        "history": lambda app: app.get(f"{QR}/none/_history/1"),
        "create": lambda app: app.post(QR, response(world)),
        "posted search": lambda app: app.ask(
            "POST",
            f"{QR}/_search",
            content=b"",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
    }


def test_an_apps_token_ends_thirty_seconds_after_it_was_taken_back(
    world_with: WorldWith, record_property: Callable[[str, object], None]
) -> None:
    """Before each of its requests, with the answer of the introspection fresh or some seconds old."""
    world = with_opaque_tokens(world_with)
    revocations = after = opened = longest = 0
    for name, ask in _steps(world).items():
        for seconds in (0, 1, 15, 28, GRACE, GRACE + 1, 300):
            app = App(world, opaque(world, exp=int(world.clock().timestamp()) + 3600, scope=SCOPE))
            assert ask(app).status_code != 401, name
            tokens = world.sandboxes[CLINIC].parts.tokens
            tokens.revoke(app.token, tokens.standing(app.token))
            revocations += 1
            world.clock.pass_time(seconds=seconds)
            taken = ask(app).status_code != 401
            after += taken and seconds >= GRACE
            opened += taken
            longest = max(longest, seconds) if taken else longest

    record_property(
        "figures",
        f"revoked-tokens revocations={revocations} accesses_after_grace={after} grace={longest}s<={GRACE}s",
    )
    assert revocations == 35
    assert after == 0
    assert longest < GRACE
    assert opened > 0  # else the cache would not be in play at all


@pytest.mark.parametrize("who", [patient, clinician])
def test_a_visit_without_a_way_to_renew_ends_with_its_token(
    world: World, who: Callable[[World], Visitor]
) -> None:
    visitor = who(world)
    visit = sessions.visit(world.desk.store, visitor.handle)
    assert visit is not None
    end_approvals(world, visit.person)
    left = (visit.contents.token_expires_at - world.clock()).total_seconds()

    world.clock.pass_time(seconds=left - 90)
    before = visitor.get().status_code
    world.clock.pass_time(seconds=91)

    assert (before, visitor.get().status_code) == (200, 401)
