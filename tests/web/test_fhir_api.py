"""What an app may send and read at the clinic's FHIR base, and what is refused with which issue (fhir-rest C, D)."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from service.store import drafts, entries
from tests.factories import keyed, response
from tests.people import App, app_of, backend_app, clinician, patient, staff_app
from tests.web.fhir_answers import QR, Value, ids, issues
from tests.workflow.contexts import as_clinician, as_patient
from tests.world import CLINIC, JOURNAL, World

# --- create ----------------------------------------------------------------------------------------------------


def test_a_completed_response_is_kept_and_answered_as_it_stands(world: World) -> None:
    key = str(uuid4())
    sent = response(
        world,
        identifier=keyed(key),
        id="mine",
        meta={"versionId": "77", "lastUpdated": "1999-01-01T00:00:00Z"},
    )

    answer = app_of(world).post(QR, sent)

    kept = answer.json()
    assert answer.status_code == 201
    assert kept["id"] == world.desk.entry_id(CLINIC, key) != "mine"
    assert kept["meta"]["versionId"] == "1"
    assert kept["meta"]["lastUpdated"].startswith("2026-11-20")
    assert kept["item"] == sent["item"]
    assert kept["authored"] == sent["authored"]
    assert answer.headers["location"] == f"{world.base}/{QR}/{kept['id']}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert app_of(world).get(f"{QR}/{kept['id']}").json() == kept


def test_the_bytes_that_came_are_the_bytes_that_are_kept(world: World) -> None:
    """Decimals, instants and spacing stay: nothing is written anew by a model."""
    raw = json.dumps(response(world, identifier=keyed(str(uuid4()))), ensure_ascii=False, indent=3).encode()

    app_of(world).post(QR, raw)

    (kept,) = entries.newest_first(world.desk.store, as_clinician())
    for line in (b'"valueString": "from my own app"', b'"reference": "Encounter/six-done-1"'):
        assert line in kept.shared


def test_what_the_app_left_out_is_filled_in(world: World) -> None:
    kept = app_of(world).post(QR, response(world)).json()

    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", kept["identifier"]["value"])
    assert kept["author"] == kept["source"] == {"reference": "Patient/patient-six-done"}


def test_what_the_api_took_shows_on_the_pages_and_is_filed_like_the_pages_own(world: World) -> None:
    app_of(world).post(QR, response(world, words={"ai1.1": "planted-words"}))
    world.deliver()
    ada = patient(world)

    assert 'class="infusion filed"' in ada.get().text
    assert "planted-words" in clinician(world).home.text
    (filed,) = world.records().search("DocumentReference", []).resources
    assert filed["context"]["encounter"] == [{"reference": "Encounter/six-done-1"}]
    assert filed["content"][0]["attachment"]["contentType"] == "application/pdf"


def test_an_unfinished_response_is_a_draft_and_its_patients_alone(world: World) -> None:
    key = str(uuid4())
    kept = app_of(world).post(QR, response(world, status="in-progress", identifier=keyed(key)))

    found = kept.json()
    assert (kept.status_code, found["status"]) == (201, "in-progress")
    assert app_of(world).get(f"{QR}/{found['id']}").json() == found
    assert ids(app_of(world).get(QR)) == [found["id"]]
    for other in (staff_app(world, chart="patient-six-done"), staff_app(world), backend_app(world)):
        assert other.get(f"{QR}/{found['id']}").status_code == 404
        assert ids(other.get(QR)) == []
    assert "from my own app" in patient(world).get(f"entry/{key}/prompt/1").text
    assert world.deliver() == 0


def test_a_draft_may_be_incomplete_and_a_sent_entry_not(world: World) -> None:
    """The same empty response passes as in-progress and fails as completed (sheet G3)."""
    assert app_of(world).post(QR, response(world, words={}, status="in-progress")).status_code == 201
    assert (
        app_of(world).post(QR, response(world, words={}, encounter="six-done-2", ordinal=2)).status_code
        == 422
    )


def test_an_app_does_not_complete_what_the_journals_page_wrote_in(world: World) -> None:
    """Words of the page, private ones above all, are not in what an app can send: they must not go with the draft."""
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "written on the page", "ai1.2": "for me alone"}, ("ai1.2",))

    answer = app_of(world).post(QR, response(world, identifier=keyed(key)))

    assert answer.status_code == 412
    page = ada.get(f"entry/{key}/all").text
    assert ("written on the page" in page, "for me alone" in page) == (True, True)


def test_beyond_the_last_set_an_app_finds_no_set_either(world: World) -> None:
    told = response(world, 1, "patient-eight-done", "eight-done-7")
    assert app_of(world, "patient-eight-done").post(QR, told).status_code == 422


def test_an_app_completes_what_it_began_under_the_same_identifier(world: World) -> None:
    sent = response(world, status="in-progress", identifier=keyed(str(uuid4())))
    begun = app_of(world).post(QR, sent).json()

    done = app_of(world).post(QR, sent | {"status": "completed"})

    assert (done.status_code, done.json()["id"], done.json()["status"]) == (201, begun["id"], "completed")
    assert drafts.drafts_of(world.desk.store, as_patient()) == []
    assert ids(app_of(world).get(QR)) == [begun["id"]]


def test_an_identifier_serves_once(world: World) -> None:
    sent = response(world, identifier=keyed(str(uuid4())))
    first, second = app_of(world).post(QR, sent), app_of(world).post(QR, sent)
    another = app_of(world).post(
        QR, response(world, 2, encounter="six-done-2", identifier=sent["identifier"])
    )

    assert first.status_code == 201
    assert (second.status_code, issues(second)) == (409, ["conflict"])
    assert another.status_code == 409
    assert len(entries.newest_first(world.desk.store, as_patient())) == 1


def test_an_infusion_takes_one_entry_whichever_door_it_comes_through(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": "on the page"})

    answer = app_of(world).post(QR, response(world))

    assert (answer.status_code, issues(answer)) == (409, ["conflict"])


def test_an_infusion_that_the_record_shows_only_now_is_looked_up(world: World) -> None:
    """Nobody ever opened the pages: the record system is asked for the encounter when the app names it."""
    assert app_of(world).post(QR, response(world)).status_code == 201
    assert any("/Encounter?patient=patient-six-done" in asked for asked in world.net.asked)


def test_without_an_encounter_it_is_kept_and_filed_without_one(world: World) -> None:
    answer = app_of(world).post(QR, response(world, encounter=None))
    world.deliver()

    (filed,) = world.records().search("DocumentReference", []).resources
    assert answer.status_code == 201
    assert "encounter" not in filed.get("context", {})


@pytest.mark.parametrize("prefer", ["return=minimal", "return=minimal; respond-async"])
def test_an_app_that_wants_no_body_gets_none(world: World, prefer: str) -> None:
    answer = app_of(world).post(QR, response(world), Prefer=prefer)

    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["location"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/fhir+xml", ""]
)
def test_a_body_of_another_kind_is_refused(world: World, kind: str) -> None:
    answer = app_of(world).post(QR, response(world), **{"Content-Type": kind})

    assert (answer.status_code, issues(answer)) == (415, ["not-supported"])


def item(**more: Any) -> list[Value]:
    return [{"linkId": "ai1.1", "answer": [{"valueString": "x"}]} | more]


R5_SOURCE = {
    "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-QuestionnaireResponse.source",
    "valueReference": {"reference": "Patient/patient-six-done"},
}
# Each fault, the status and the code of its one issue (questionnaires-sdc C).
FAULTS: dict[str, tuple[Value, int, str]] = {
    "V1 unknown set": ({"questionnaire": "http://x.example/Questionnaire/x|1"}, 422, "not-found"),
    "V1 no version": ({"questionnaire": "SAME"}, 422, "not-found"),
    "V1 none": ({"questionnaire": None}, 422, "not-found"),
    "V2 unknown linkId": ({"item": item(linkId="ai9.9")}, 422, "invalid"),
    "V3 order": ({"item": [*item(linkId="ai1.2"), *item()]}, 422, "structure"),
    "V4 answer and item": ({"item": item(item=[{"linkId": "ai1.2"}])}, 422, "invariant"),
    "V5 twice": ({"item": [*item(), *item()]}, 422, "invariant"),
    "V6 two answers": ({"item": item(answer=[{"valueString": "x"}, {"valueString": "y"}])}, 422, "structure"),
    "V7 other type": ({"item": item(answer=[{"valueInteger": 1}])}, 422, "value"),
    "V11 too long": ({"item": item(answer=[{"valueString": "x" * 50_001}])}, 422, "too-long"),
    "V12 other text": ({"item": item(text="Another question?")}, 422, "value"),
    "V13 answer on display": ({"item": [*item(linkId="ai1.notice"), *item()]}, 422, "structure"),
    "V14 no subject": ({"subject": None}, 422, "value"),
    "V14 other patient": ({"subject": {"reference": "Patient/patient-two-in"}}, 422, "forbidden"),
    "V14 group": ({"subject": {"reference": "Group/1"}}, 422, "value"),
    "V14 other author": ({"author": {"reference": "Patient/patient-two-in"}}, 422, "forbidden"),
    "V14 other source": ({"source": {"reference": "Patient/patient-two-in"}}, 422, "forbidden"),
    "V15 unknown encounter": ({"encounter": {"reference": "Encounter/six-done-99"}}, 422, "business-rule"),
    "V15 others' encounter": ({"encounter": {"reference": "Encounter/two-in-1"}}, 422, "business-rule"),
    "V15 no infusion": ({"encounter": {"reference": "Encounter/six-done-intake"}}, 422, "business-rule"),
    "wrong set": ({"encounter": {"reference": "Encounter/six-done-2"}}, 422, "business-rule"),
    "V16 no time": ({"authored": None}, 422, "value"),
    "V16 the future": ({"authored": "2026-11-20T20:30:00Z"}, 422, "value"),
    "V17 two sources": (
        {"source": {"reference": "Patient/patient-six-done"}, "extension": [R5_SOURCE]},
        422,
        "invariant",
    ),
    "V18 stopped": ({"status": "stopped"}, 422, "business-rule"),
    "V18 amended": ({"status": "amended"}, 422, "business-rule"),
    "V18 entered in error": ({"status": "entered-in-error"}, 422, "business-rule"),
    "V19 implicit rules": ({"implicitRules": "http://x.example"}, 422, "not-supported"),
    "V19 modifier": (
        {"modifierExtension": [{"url": "http://x.example", "valueBoolean": True}]},
        422,
        "not-supported",
    ),
    "V22 nothing": ({"item": item(answer=[{"valueString": " \n"}])}, 422, "business-rule"),
    "V22 no items": ({"item": None}, 422, "business-rule"),
    "identifier of another kind": (
        {"identifier": {"system": "http://x.example", "value": "1"}},
        422,
        "value",
    ),
    "identifier in capitals": (
        {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{str(uuid4()).upper()}"}},
        422,
        "value",
    ),
    "no status": ({"status": None}, 400, ""),
    "status of ours": ({"status": "sent"}, 400, "code-invalid"),
    "another resource": ({"resourceType": "Observation"}, 400, ""),
    "an unknown element": ({"favourite": "blue"}, 400, ""),
    "a script in the narrative": (
        {
            "text": {
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>',
            }
        },
        400,
        "invariant",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_answered_with_its_own_issue_and_nothing_is_kept(world: World, name: str) -> None:
    change, status, code = FAULTS[name]
    sent = response(world, **change)
    if change.get("questionnaire") == "SAME":
        sent["questionnaire"] = response(world)["questionnaire"].split("|")[0]

    answer = app_of(world).post(QR, sent)

    found = issues(answer)
    assert answer.status_code == status, answer.text
    assert not code or set(found) == {code}, answer.text
    assert entries.newest_first(world.desk.store, as_patient()) == []
    assert drafts.drafts_of(world.desk.store, as_patient()) == []


def test_several_faults_are_told_at_once_each_with_its_place(world: World) -> None:
    answer = app_of(world).post(
        QR, response(world, item=[*item(linkId="ai9.9"), *item(text="No.")], authored=None)
    )

    places = [issue["expression"][0] for issue in answer.json()["issue"]]
    assert places == [f"{QR}.authored", f"{QR}.item[0].linkId", f"{QR}.item[1].text"]


def test_no_fault_quotes_what_was_written(world: World) -> None:
    words = "planted-words-of-somebody"
    sent = response(world, item=item(answer=[{"valueString": words}, {"valueString": words}], text=words))

    assert words not in app_of(world).post(QR, sent).text


# --- read ------------------------------------------------------------------------------------------------------


def test_a_response_is_read_with_its_version_and_time(world: World) -> None:
    kept = app_of(world).post(QR, response(world)).json()

    answer = app_of(world).get(f"{QR}/{kept['id']}")

    assert answer.json()["id"] == kept["id"]
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"]
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers


def test_a_version_that_one_has_already_is_not_sent_again(world: World) -> None:
    kept = app_of(world).post(QR, response(world)).json()
    path = f"{QR}/{kept['id']}"

    assert app_of(world).get(path, **{"If-None-Match": 'W/"1"'}).status_code == 304
    assert app_of(world).get(path, **{"If-None-Match": 'W/"2"'}).status_code == 200


@pytest.mark.parametrize("who", ["patient", "staff with a chart", "staff of the care team", "backend"])
def test_whoever_may_read_a_sent_response_reads_the_same(world: World, who: str) -> None:
    apps = {
        "patient": app_of(world),
        "staff with a chart": staff_app(world, chart="patient-six-done"),
        "staff of the care team": staff_app(world),
        "backend": backend_app(world),
    }
    kept = app_of(world).post(QR, response(world)).json()

    assert apps[who].get(f"{QR}/{kept['id']}").json() == kept
    assert ids(apps[who].get(QR)) == [kept["id"]]


def test_a_service_that_the_clinic_did_not_list_reaches_nobody(world: World) -> None:
    kept = app_of(world).post(QR, response(world)).json()
    stranger = backend_app(world, client_id="somebody-elses")

    assert ids(stranger.get(QR)) == []
    assert stranger.get(f"{QR}/{kept['id']}").status_code == 404


def test_staff_of_no_care_team_without_a_chart_reach_nobody(world: World) -> None:
    kept = app_of(world).post(QR, response(world)).json()
    stranger = staff_app(world, "clinician-2")

    assert ids(stranger.get(QR)) == []
    assert stranger.get(f"{QR}/{kept['id']}").status_code == 404
    assert stranger.get(f"{QR}?patient=patient-six-done").status_code == 403


def test_staff_and_services_cannot_write_in_a_patients_name(world: World) -> None:
    for app in (
        staff_app(world, chart="patient-six-done", scope="user/QuestionnaireResponse.crs"),
        staff_app(world, chart="patient-six-done", scope="patient/QuestionnaireResponse.crs"),
        backend_app(world, scope="system/QuestionnaireResponse.crs"),
    ):
        answer = app.post(QR, response(world))
        assert (answer.status_code, issues(answer)) == (403, ["forbidden"])
    assert entries.newest_first(world.desk.store, as_patient()) == []


def test_the_way_of_an_app_with_a_token_of_its_own(world: World) -> None:
    """Discovery, authorize with PKCE, token, create, search: nothing forged."""
    import base64
    import hashlib
    from urllib.parse import parse_qs, urlencode, urlsplit

    import httpx2

    from tests.people import sign_in

    browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")
    told = App(world).get(".well-known/smart-configuration").json()
    verifier = "v" * 64
    back = "http://127.0.0.1/diary-app"
    asked = {
        "response_type": "code",
        "client_id": "diary-app",
        "redirect_uri": back,
        "scope": "openid fhirUser launch/patient patient/QuestionnaireResponse.crs",
        "state": "s" * 32,
        "aud": world.base,
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        .rstrip(b"=")
        .decode(),
        "code_challenge_method": "S256",
    }
    code = parse_qs(
        urlsplit(browser.way_back(f"{told['authorization_endpoint']}?{urlencode(asked)}", back)).query
    )
    form = {"grant_type": "authorization_code", "code": code["code"][0], "redirect_uri": back}
    with httpx2.Client(transport=world.browser_network(), trust_env=False) as http:
        answer = http.post(
            told["token_endpoint"], data=form | {"client_id": "diary-app", "code_verifier": verifier}
        )

    app = App(world, answer.json()["access_token"])
    assert app.post(QR, response(world)).status_code == 201
    assert len(ids(app.get(f"{QR}?patient=patient-six-done"))) == 1
    # The identity token that came with it opens nothing.
    assert App(world, answer.json()["id_token"]).get(QR).status_code == 401


def test_no_redirect_or_link_of_the_base_leads_elsewhere(world: World) -> None:
    app = app_of(world)
    app.post(QR, response(world))
    found = app.get(QR, Host="evil.example")

    assert "evil.example" not in found.text
    assert all(link["url"].startswith(f"{JOURNAL}/{CLINIC}/fhir/") for link in found.json()["link"])
