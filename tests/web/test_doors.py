"""Every door of the service, made from its URL map: who passes, and what gives nothing away (threats T1 to T8, T26)."""

import re
from uuid import uuid4

import flask
import pytest

from service.access.policies import PATIENT_PAGE, PUBLIC
from service.app import create_app
from service.web import doors
from service.web.doors import Door, RouteWithoutPolicy, hang
from tests.people import (
    App,
    Browser,
    Visitor,
    app_of,
    backend_app,
    clinician,
    officer,
    patient,
    staff_app,
)
from tests.web.probing import PAGES, WORDS, knock, probes, seen
from tests.world import CLINIC, JOURNAL, OTHER, World

# --- policies --------------------------------------------------------------------------------------------------


def test_every_route_has_a_policy(world: World) -> None:
    assert len(probes(world.app)) > 30
    assert {probe.policy for probe in probes(world.app)} == {
        "public",
        "launch",
        "patient-page",
        "clinician-page",
        "officer-page",
        "fhir-QuestionnaireResponse-r",
        "fhir-QuestionnaireResponse-s",
        "fhir-QuestionnaireResponse-c",
        "fhir-QuestionnaireResponse-u",
        "fhir-batch",
        "fhir-Task-r",
        "fhir-Task-s",
        "fhir-Task-u",
        "fhir-Encounter-r",
        "fhir-Encounter-s",
        "fhir-Binary-r",
        "fhir-DocumentReference-r",
        "fhir-DocumentReference-s",
        "fhir-Provenance-r",
        "fhir-Provenance-s",
        "fhir-AuditEvent-r",
        "fhir-AuditEvent-s",
        "client-assertion",
        "subscription",
    }


PUBLIC_ENDPOINTS = {
    "notifications.receive",
    "static",
    "health.live",
    "health.ready",
    "health.room",
    "health.keys",
    "export_base.metadata",
    "export_base.discovery",
    "export_base.token",
    "fhir_api.metadata",
    "fhir_bundles.read",
    "fhir_api.discovery",
    "fhir_api.questionnaires",
    "fhir_api.questionnaire",
    "fhir_questionnaires.read_past",
    "fhir_questionnaires.read_all_versions",
    "launch.ehr",
    "launch.start",
    "launch.callback",
}


def test_the_doors_that_ask_nobody_are_these_and_no_more(world: World) -> None:
    assert {
        probe.endpoint
        for probe in probes(world.app)
        if probe.policy in ("public", "launch", "subscription", "client-assertion")
    } == PUBLIC_ENDPOINTS


def test_a_route_without_a_policy_keeps_the_service_from_starting() -> None:
    app = flask.Flask("test", static_folder=None)
    door = Door("forgetful")
    door.add_url_rule("/forgotten", "forgotten", lambda: "words")

    with pytest.raises(RouteWithoutPolicy, match="/forgotten"):
        hang(app, [door], {})


def test_even_the_frameworks_own_static_route_needs_one() -> None:
    with pytest.raises(RouteWithoutPolicy, match="/static/"):
        hang(flask.Flask("test"), [], {})


def test_create_app_refuses_a_door_that_forgot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = doors.hang

    def forgetful(app: flask.Flask, given: list[Door], own: dict[str, object]) -> None:
        app.add_url_rule("/forgotten", "forgotten", lambda: "words")
        real(app, given, own)  # type: ignore[arg-type]

    monkeypatch.setattr("service.app.hang", forgetful)

    with pytest.raises(RouteWithoutPolicy):
        create_app(world.wiring)


def test_a_door_cannot_be_opened_twice_with_two_policies() -> None:
    door = Door("d")
    door.open("/", PUBLIC)(lambda: "")
    assert door.policies == {"d.<lambda>": PUBLIC}
    door.open("/x", PATIENT_PAGE)(flask.Flask)
    assert door.policies["d.Flask"] is PATIENT_PAGE


# --- who passes ------------------------------------------------------------------------------------------------


def showing(world: World, handle: str, value: str | None) -> Browser:
    """A browser that shows this secret for this visit, and behind a point the clinic's key."""
    browser = Browser(world)
    secret, _, home = (value or "").partition(".")
    browser._http.headers.update({"Cookie": f"__Host-visit-{handle}={secret}; __Host-home-{handle}={home}"})
    return browser


def test_a_visit_is_opened_by_its_own_secret_alone_and_else_is_like_one_that_never_was(world: World) -> None:
    """No cookie, a wrong one, another visit's, a visit that ended: each door answers as for an unknown visit."""
    ada, bob, gone = patient(world), patient(world, "patient-two-in"), patient(world)
    gone.post("sign-out")
    secret = next(c for c in bob.browser.jar if c.name == f"__Host-visit-{bob.handle}").value
    names = (ada.handle, never := str(uuid4()))
    for probe in (one for one in probes(world.app) if one.policy in PAGES):
        unknown = seen(knock(Browser(world), probe, visit=str(uuid4())))
        assert unknown[0] == 401, probe
        for value in ("x" * 43, "", f"{'x' * 43}.{CLINIC}", secret):
            told = {name: seen(knock(showing(world, name, value), probe, visit=name)) for name in names}
            assert told[ada.handle] == told[never], (probe, value)
            assert told[never][0] == 401, (probe, value)
            assert "." in (value or "") or told[never] == unknown, (probe, value)
        assert seen(knock(Browser(world), probe, visit=ada.handle)) == unknown, probe
        assert seen(knock(bob.browser, probe, visit=ada.handle)) == unknown, probe
        assert seen(knock(gone.browser, probe, visit=gone.handle)) == unknown, probe


def test_each_kind_of_visit_opens_its_own_pages_alone(world: World) -> None:
    visitors: dict[str, Visitor] = {
        "patient-page": patient(world),
        "clinician-page": clinician(world),
        "officer-page": officer(world),
    }
    for probe in (one for one in probes(world.app) if one.policy in PAGES):
        for kind, visitor in visitors.items():
            if kind == probe.policy:
                continue
            answer = knock(visitor.browser, probe, visitor.csrf, visit=visitor.handle)
            assert answer.status_code == 403, (kind, probe)
            assert "NotAllowed" in answer.text or answer.json()["problem"] == "NotAllowed"


def test_a_foreign_entry_looks_exactly_like_one_that_is_not(world: World) -> None:
    """Another patient's keys and ids at every door that takes one: status, body and headers as for none at all."""
    theirs = patient(world, "patient-two-in")
    sent = theirs.write("two-in-1", {"ai1.1": WORDS})
    begun = theirs.begin("two-in-2")
    theirs.type(begun, 1, {"ai2.1": WORDS})
    ada, doctor = patient(world), clinician(world)
    sent_id, begun_id = (world.desk.entry_id(CLINIC, key) for key in (sent, begun))
    apps = [app_of(world), staff_app(world, chart="patient-six-done"), staff_app(world, "clinician-2")]

    for probe in probes(world.app):
        if "{key}" in probe.path and probe.policy == "patient-page":
            for absent, foreign in ((str(uuid4()), sent), (str(uuid4()), begun)):
                told = [
                    seen(knock(ada.browser, probe, ada.csrf, visit=ada.handle, key=key))
                    for key in (absent, foreign)
                ]
                assert told[0] == told[1], probe
                assert told[0][0] == 404, probe
        elif "{entry_id}" in probe.path and probe.policy == "clinician-page":
            told = [
                seen(knock(doctor.browser, probe, doctor.csrf, visit=doctor.handle, entry_id=entry))
                for entry in (str(uuid4()), sent_id, begun_id)
            ]
            assert told[0] == told[1] == told[2], probe
            assert told[0][0] == 404
        elif "{entry_id}" in probe.path:
            for app in apps:
                told = [
                    seen(app.get(f"QuestionnaireResponse/{one}")) for one in (str(uuid4()), sent_id, begun_id)
                ]
                assert told[0] == told[1] == told[2], probe
                assert told[0][0] == 404


def test_nothing_of_the_other_clinic_is_reached_with_the_same_patient_ids(world: World) -> None:
    mine, there = patient(world), patient(world, clinic=OTHER)
    sent = there.write("six-done-1", {"ai1.1": WORDS})
    begun = there.begin("six-done-2")
    there.type(begun, 1, {"ai2.1": WORDS})
    world.deliver(OTHER)
    sent_id = world.desk.entry_id(OTHER, sent)

    for path in ("receipt", "copy.pdf", "prompt/1", "all", "check"):
        for key in (sent, begun):
            assert mine.get(f"entry/{key}/{path}").status_code == 404
    assert WORDS not in mine.get().text
    assert WORDS not in clinician(world).get("side-by-side").text
    assert clinician(world).get(f"entry/{sent_id}").status_code == 404
    assert WORDS not in officer(world).get("export.ndjson").text
    assert sent_id not in officer(world).get("export.ndjson").text
    for app in (app_of(world), staff_app(world), backend_app(world)):
        assert app.get(f"QuestionnaireResponse/{sent_id}").status_code == 404
        assert WORDS not in app.get("QuestionnaireResponse").text
    # And back: the one clinic's token at the other's base.
    assert App(world, app_of(world).token, OTHER).get("QuestionnaireResponse").status_code == 401
    assert world.records().search("DocumentReference", []).resources == []


def test_a_clinician_reads_no_draft_and_no_words_that_were_put_off(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": WORDS})
    doctor = clinician(world)

    for answer in (
        doctor.get(),
        doctor.get("side-by-side"),
        doctor.get(f"entry/{world.desk.entry_id(CLINIC, key)}"),
    ):
        assert WORDS not in answer.text
    for path in (f"entry/{key}/prompt/1", f"entry/{key}/check"):
        assert doctor.browser.ask("GET", f"{JOURNAL}/journal/{doctor.handle}/{path}").status_code == 403


def test_an_officer_sees_no_words_wherever_they_look(world: World) -> None:
    ada = patient(world)
    ada.write("six-done-1", {"ai1.1": WORDS})
    key = ada.begin("six-done-2")
    ada.type(key, 1, {"ai2.1": WORDS})
    world.deliver()
    clinician(world)
    auditor = officer(world)

    pages = [
        auditor.get(),
        auditor.get("patient/patient-six-done"),
        auditor.get("export.ndjson"),
        auditor.post("verify"),
    ]

    for page in pages:
        assert page.status_code == 200
        assert WORDS not in page.text
        assert "Harrowgate" not in page.text


# --- forms -----------------------------------------------------------------------------------------------------


def test_a_form_that_did_not_come_from_our_own_page_changes_nothing(world: World) -> None:
    """Every unsafe route: no token, an old one, another visit's, and a browser that says it came from elsewhere."""
    visitors: dict[str, Visitor] = {
        "patient-page": patient(world),
        "clinician-page": clinician(world),
        "officer-page": officer(world),
    }
    other = patient(world).csrf
    key = visitors["patient-page"].post("begin", key=str(uuid4()), encounter="six-done-2").headers["location"]
    filled = {"key": key.split("/")[4]}
    for probe in (one for one in probes(world.app) if one.policy in PAGES and one.method != "GET"):
        visitor = visitors[probe.policy]
        for token in ("", "x" * 64, other):
            answer = knock(visitor.browser, probe, token, visit=visitor.handle, **filled)
            # Without a token in its header a body that is no form cannot hold one either.
            assert answer.status_code in (403, 415), (probe, token)
        for header in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example"},
            {"Origin": "http://localhost:8090"},
        ):
            visitor.browser._http.headers.update(header)
            answer = knock(visitor.browser, probe, visitor.csrf, visit=visitor.handle, **filled)
            for name in header:
                del visitor.browser._http.headers[name]
            assert answer.status_code == 403, (probe, header)
    # Nobody was signed out, and nothing was written.
    assert all(visitor.get().status_code == 200 for visitor in visitors.values())
    assert "x" not in re.findall(
        r"<textarea[^>]*>\n(.*?)</textarea>",
        visitors["patient-page"].get(f"entry/{filled['key']}/prompt/1").text,
    )


@pytest.mark.parametrize(
    "header", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "null"}, {"Origin": JOURNAL}]
)
def test_a_form_of_our_own_page_is_taken(world: World, header: dict[str, str]) -> None:
    """ "null" is what browsers write for the forms of a page that sends no referrer, as ours do."""
    assert patient(world).post("refresh", headers=header).status_code == 303


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_any_page_may_send_without_asking_is_no_save(world: World, kind: str) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    answer = ada.put(f"entry/{key}/draft", {"revision": 1, "answers": []}, **{"Content-Type": kind})

    assert answer.status_code == 415
