"""A batch is its entries, each as if it had come alone: own scope, record and refusal (I-90 to I-93, T6)."""

import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fhir.resources.R4B.bundle import Bundle

from service.audit.record import Deed
from service.store import drafts, entries
from tests.factories import keyed, response
from tests.people import FHIR_JSON, App, app_of, backend_app, patient, staff_app
from tests.web.changing import answered, made, writer
from tests.web.fhir_answers import QR, Value, issues
from tests.workflow.contexts import as_clinician, as_patient
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World


def asked(method: str, url: str, resource: object = None, full_url: str | None = None, **more: str) -> Value:
    """One entry of a batch."""
    entry: Value = {"request": {"method": method, "url": url} | more}
    if full_url is not None:
        entry["fullUrl"] = full_url
    return entry if resource is None else entry | {"resource": resource}


def batch(*given: Value, **more: Any) -> Value:
    return {"resourceType": "Bundle", "type": "batch"} | ({"entry": list(given)} if given else {}) | more


def told(app: App, *given: Value, **headers: str) -> list[Value]:
    """The entries of a batch's answer."""
    answer = app.post("", batch(*given), **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    bundle = answer.json()
    Bundle.model_validate(bundle)
    assert bundle["type"] == "batch-response"
    found: list[Value] = bundle["entry"]
    assert len(found) == len(given)
    return found


def status(entry: Value) -> int:
    return int(entry["response"]["status"][:3])


def codes(entry: Value) -> list[str]:
    return [issue["code"] for issue in entry["response"]["outcome"]["issue"]]


def kept(world: World) -> tuple[int, int]:
    """How many entries and drafts the patient has."""
    store, reach = world.desk.store, as_patient()
    return len(entries.newest_first(store, reach)), len(drafts.drafts_of(store, reach))


# --- what comes of each entry ----------------------------------------------------------------------------------


def test_each_entry_is_answered_in_its_place(world: World) -> None:
    """Whatever is done first: creates and updates come before what looks at them."""
    app = writer(world)
    one, tag = made(world, app, "completed")
    sent = response(world, 2, encounter="six-done-2", identifier=keyed(str(uuid4())))

    found = told(
        app,
        asked("GET", f"{QR}?identifier={sent['identifier']['value']}"),
        asked("GET", f"{QR}/{one['id']}"),
        asked("PUT", f"{QR}/{one['id']}", answered(one, "changed") | {"status": "amended"}, ifMatch=tag),
        asked("POST", QR, sent),
        asked("GET", f"{QR}/{uuid4()}"),
        asked("GET", "Questionnaire/after-infusion-1"),
        asked("GET", "metadata"),
    )

    assert [status(each) for each in found] == [200, 200, 200, 201, 404, 200, 200]
    made_id = found[3]["resource"]["id"]
    assert found[3]["response"]["location"] == f"{world.base}/{QR}/{made_id}/_history/1"
    assert [entry["resource"]["id"] for entry in found[0]["resource"]["entry"]] == [made_id]
    assert found[1]["resource"] == found[2]["resource"]
    assert found[1]["fullUrl"] == f"{world.base}/{QR}/{one['id']}"
    assert "fullUrl" not in found[2]  # the same version again: bdl-7
    for each in found[1:4]:
        assert each["response"]["etag"] == f'W/"{each["resource"]["meta"]["versionId"]}"'
        assert each["response"]["lastModified"] == each["resource"]["meta"]["lastUpdated"]
    assert (codes(found[4]), "resource" in found[4]) == (["not-found"], False)
    assert app.get(f"{QR}/{made_id}").json() == found[3]["resource"]


def test_the_answer_is_byte_for_byte_what_each_would_be_told_alone(world: World) -> None:
    app = writer(world)
    one, _ = made(world, app, "amended")
    alone = [app.get(path).content for path in (f"{QR}/{one['id']}", f"{QR}/{one['id']}/_history", QR)]

    answer = app.post(
        "",
        batch(*(asked("GET", f"{QR}/{one['id']}{more}") for more in ("", "/_history")), asked("GET", QR)),
    )

    for raw in alone:
        assert raw in answer.content


def test_the_bytes_of_a_create_are_the_bytes_that_are_kept(world: World) -> None:
    """Spacing, escapes and the order of members stay, however the batch around them is written."""
    sent = json.dumps(response(world, words={"ai1.1": 'straße \\ " ] }'}), ensure_ascii=False, indent=3)
    entry = f'{{ "resource" :\n{sent} , "request": {{"url": "{QR}", "method":"POST"}} }}'
    entries_ = f"[ {json.dumps(asked('GET', 'metadata'))}, {entry} ]"
    raw = f' {{"entry" : {entries_} , "type":"batch","resourceType":"Bundle"}} '

    answer = writer(world).post("", raw.encode())

    assert [status(each) for each in answer.json()["entry"]] == [200, 201]
    (found,) = entries.newest_first(world.desk.store, as_clinician())
    inside = sent[sent.index('"resourceType"') :].encode()
    assert found.shared.endswith(inside)


def test_a_bad_entry_does_no_harm_to_the_others(world: World) -> None:
    app = writer(world)

    found = told(
        app,
        asked("POST", QR, {"resourceType": "Observation"}),
        asked("POST", QR, response(world, status="amended")),
        asked("POST", QR, "words"),
        asked("POST", QR),
        asked("POST", "Questionnaire", {"resourceType": "Questionnaire"}),
        asked("PUT", f"{QR}/x", response(world, id="x"), ifMatch='W/"1"'),
        asked("PUT", f"{QR}/y", response(world, id="y")),
        asked("DELETE", f"{QR}/z"),
        asked("PATCH", f"{QR}/u"),
        asked("GET", f"{QR}?favourite=blue"),
        asked("POST", QR, response(world)),
    )

    statuses = [status(each) for each in found]
    assert statuses == [400, 422, 400, 400, 405, 405, 400, 405, 405, 400, 201]
    assert all(codes(each) for each in found[:-1])
    assert kept(world) == (1, 0)


def test_the_conditions_of_an_entry_are_kept(world: World) -> None:
    app, key = writer(world), str(uuid4())
    one, tag = made(world, app, "completed", identifier=keyed(key))
    once = f"identifier=urn:ietf:rfc:3986|urn:uuid:{key}"
    place = f"{QR}/{one['id']}"

    found = told(
        app,
        asked("POST", QR, response(world, identifier=keyed(key)), ifNoneExist=once),
        asked("POST", QR, response(world, identifier=keyed(key)), ifNoneExist="status=completed"),
        asked("PUT", place, answered(one, "x") | {"status": "amended"}, ifMatch='W/"7"'),
        asked("GET", place, ifNoneMatch=tag),
        asked("GET", place, ifNoneMatch='W/"7"'),
        asked("GET", place, ifModifiedSince="2030-01-01T00:00:00Z"),
        asked("GET", place, ifModifiedSince="2020-01-01T00:00:00+01:00"),
        asked("HEAD", place),
    )

    assert [status(each) for each in found] == [200, 400, 412, 304, 200, 304, 200, 200]
    assert ["resource" in each for each in found] == [True, False, False, False, True, False, True, False]
    assert found[0]["response"]["location"].endswith(f"{place}/_history/1")
    assert found[7]["response"]["etag"] == tag


@pytest.mark.parametrize("prefer", ["return=minimal", "return=OperationOutcome"])
def test_what_is_preferred_holds_for_each_entry(world: World, prefer: str) -> None:
    (found,) = told(writer(world), asked("POST", QR, response(world)), Prefer=prefer)

    assert (status(found), "resource" in found) == (201, False)
    assert ("outcome" in found["response"]) == (prefer == "return=OperationOutcome")
    assert found["response"]["location"]


def at_base(app: App, method: str, body: object, slash: str) -> httpx2.Response:
    """Asked of the base itself, written with a slash at its end or without."""
    headers = FHIR_JSON | {"Authorization": f"Bearer {app.token}"}
    with httpx2.Client(transport=app.world.browser_network(), trust_env=False) as http:
        raw = json.dumps(body).encode()
        return http.request(method, f"{app.world.base}{slash}", content=raw, headers=headers)


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_empty_batch_has_an_empty_answer(world: World, slash: str) -> None:
    answer = at_base(app_of(world), "POST", batch(), slash)

    assert (answer.status_code, answer.json()) == (200, {"resourceType": "Bundle", "type": "batch-response"})


# --- who may -----------------------------------------------------------------------------------------------------


def test_each_entry_needs_its_own_scope(world: World) -> None:
    one, _ = made(world, writer(world), "completed")
    given = (asked("GET", f"{QR}/{one['id']}"), asked("GET", QR), asked("POST", QR, response(world, 2)))
    for scope, statuses in (
        ("patient/QuestionnaireResponse.r", [200, 403, 403]),
        ("patient/QuestionnaireResponse.s", [403, 200, 403]),
        ("patient/Task.rs", [403, 403, 403]),
    ):
        found = told(app_of(world, scope=scope), *given)
        assert [status(each) for each in found] == statuses, scope


def test_the_batch_itself_needs_a_token(world: World) -> None:
    for app in (App(world), App(world, "x.y.z"), App(world, app_of(world).token, OTHER)):
        answer = app.post("", batch(asked("GET", "metadata")))
        assert (answer.status_code, issues(answer)) == (401, ["login"])
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_nothing_is_reached_by_a_batch_that_is_not_reached_alone(world: World) -> None:
    """Threat T6: each kind of entry, over another patient's and another clinic's data."""
    theirs = world.desk.entry_id(
        CLINIC, patient(world, "patient-eight-done").write("eight-done-1", {"ai1.1": "planted-words"})
    )
    there = app_of(world, clinic=OTHER).post(QR, response(world, words={"ai1.1": "planted-words"}))
    for one in (theirs, there.json()["id"]):
        given = (
            asked("GET", f"{QR}/{one}"),
            asked("GET", f"{QR}/{one}/_history"),
            asked("GET", f"{QR}/{one}/_history/1"),
            asked("GET", f"{QR}?_id={one}"),
            asked("GET", f"Provenance/{one}.1"),
            asked("PUT", f"{QR}/{one}", response(world, id=one), ifMatch='W/"1"'),
        )
        answer = writer(world, scope="patient/QuestionnaireResponse.crus patient/Provenance.rs").post(
            "", batch(*given)
        )
        assert [status(each) for each in answer.json()["entry"]] == [404, 404, 404, 200, 404, 405]
        assert "planted-words" not in answer.text
    assert status(told(app_of(world), asked("GET", f"{QR}?patient=patient-eight-done"))[0]) == 403


def test_staff_and_services_read_by_batch_and_write_nothing(world: World) -> None:
    one, tag = made(world, writer(world), "completed")
    for app in (
        staff_app(world, scope="user/QuestionnaireResponse.crus"),
        backend_app(world, scope="system/QuestionnaireResponse.crus"),
    ):
        found = told(
            app,
            asked("GET", f"{QR}/{one['id']}"),
            asked("POST", QR, response(world, 2, encounter="six-done-2")),
            asked("PUT", f"{QR}/{one['id']}", one, ifMatch=tag),
        )
        assert [status(each) for each in found] == [200, 403, 403]


OUTSIDE = [
    "",
    "/",
    "?patient=x",
    f"/{QR}",
    f"{QR}/",
    f"{QR}/../../journal",
    "../../health/ready",
    "..",
    f"{QR}/..",
    f"{QR}/x#y",
    f"{QR}?x=y#z",
    f"{QR}/%2e%2e",
    f"{QR}?x= y",
    f"{QR}/_search",
    f"{QR}/$validate",
    "$export",
    ".well-known/smart-configuration",
    "_history",
    "https://evil.example/Patient/x",
    f"http://127.0.0.1:8080/{OTHER}/fhir/{QR}",
    f"http://127.0.0.1:8080/{CLINIC}/journal",
]


@pytest.mark.parametrize("url", OUTSIDE)
def test_no_entry_leads_out_of_what_a_batch_may_ask(world: World, url: str) -> None:
    """Nor to a batch in a batch, an operation or a search by POST."""
    app = app_of(world)
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
        (found,) = told(app, asked(method, url or "?", {"resourceType": "Bundle", "type": "batch"}))
        assert (status(found), codes(found)) in ((400, ["not-supported"]), (405, ["not-supported"]))
        assert status(found) == 400 or method != "GET", (method, url)


def test_an_address_under_this_base_may_be_written_in_full(world: World) -> None:
    assert status(told(app_of(world), asked("GET", f"{world.base}/{QR}"))[0]) == 200


def test_each_entry_leaves_its_own_record_under_the_batchs_request(world: World) -> None:
    app = writer(world)
    one, _ = made(world, app, "completed")
    before = len(log(world))

    app.post(
        "",
        batch(
            asked("GET", f"{QR}/{one['id']}"),
            asked("GET", QR),
            asked("GET", f"{QR}/{uuid4()}"),
            asked("POST", QR, response(world, 2, encounter="six-done-2")),
        ),
        **{"X-Request-Id": "one-batch"},
    )

    of_patients = [one for one in log(world)[before:] if one.agent.role == "patient"]
    assert [one.deed for one in of_patients] == [Deed.CREATE, Deed.READ, Deed.SEARCH, Deed.REFUSAL]
    assert {one.request_id for one in of_patients} == {"one-batch"}
    assert len({one.agent.token_digest for one in of_patients}) == 1


def test_a_refusal_is_remembered_for_its_own_reason(world: World) -> None:
    """Nothing of one entry is seen by the next."""
    app, absent = app_of(world, scope="patient/QuestionnaireResponse.r"), f"{QR}/{uuid4()}"
    for path in (QR, absent):
        app.get(path)
    alone = [one.reason for one in log(world) if one.deed is Deed.REFUSAL]

    told(app, asked("GET", QR), asked("GET", absent))

    assert len(set(alone)) == 2
    assert [one.reason for one in log(world) if one.deed is Deed.REFUSAL] == alone * 2


# --- what is no batch --------------------------------------------------------------------------------------------


READ = asked("GET", "metadata")
NO_BATCH: dict[str, tuple[object, str, str]] = {
    "a transaction": (batch(READ, type="transaction"), "not-supported", "Bundle.type"),
    "a collection": (batch(READ, type="collection"), "not-supported", "Bundle.type"),
    "an answer": (batch(READ, type="batch-response"), "not-supported", "Bundle.type"),
    "no type": ({"resourceType": "Bundle"}, "required", "Bundle.type"),
    "no bundle": ({"resourceType": QR, "status": "completed"}, "invalid", "Bundle"),
    "too many": (batch(*[READ] * 51), "too-costly", "Bundle.entry"),
    "no request": (
        batch({"fullUrl": "urn:uuid:7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10"}),
        "invariant",
        "Bundle.entry[0].request",
    ),
    "an empty entry": (batch(READ, {}), "structure", "Bundle.entry[1]"),
    "no address": (batch({"request": {"method": "GET"}}), "required", "Bundle.entry[0].request.url"),
    "no method": (batch({"request": {"url": QR}}), "required", "Bundle.entry[0].request.method"),
    "a method of none": (batch(asked("TRACE", QR)), "code-invalid", "Bundle.entry[0].request.method"),
    "no words for an entry": (batch("x"), "value", "Bundle.entry[0]"),  # type: ignore[arg-type]
    "entries in no list": (batch() | {"entry": {}}, "structure", "Bundle.entry"),
    "an answer in a request": (
        batch(READ | {"response": {"status": "200"}}),
        "invariant",
        "Bundle.entry[0]",
    ),
    "rules of its own": (
        batch(READ, implicitRules="http://x.example"),
        "not-supported",
        "Bundle.implicitRules",
    ),
    "an unknown element": (batch(READ, favourite="blue"), "structure", "Bundle"),
    "one name twice": (
        batch(*[asked("GET", "metadata", full_url="urn:uuid:7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10")] * 2),
        "invariant",
        "Bundle.entry.fullUrl",
    ),
    "one resource changed twice": (
        batch(*[asked("PUT", f"{QR}/x", {"resourceType": QR, "id": "x"}, ifMatch='W/"1"')] * 2),
        "business-rule",
        "Bundle.entry[1].request.url",
    ),
}


@pytest.mark.parametrize("name", NO_BATCH)
def test_what_is_no_batch_is_refused_whole_with_its_reason(world: World, name: str) -> None:
    body, code, place = NO_BATCH[name]

    answer = writer(world).post("", body)

    found = [(issue["code"], issue["expression"]) for issue in answer.json()["issue"]]
    assert answer.status_code == 400, answer.text
    assert (code, [place]) in found, found


def test_a_batch_of_fifty_is_taken(world: World) -> None:
    assert {status(one) for one in told(app_of(world), *[asked("GET", QR)] * 50)} == {200}


def test_the_body_of_a_batch_has_the_limits_of_every_body(world: World) -> None:
    app = app_of(world)
    filled = batch(asked("POST", QR, response(world, words={"ai1.1": "x" * 1_100_000})))
    deep: object = "x"
    for _ in range(40):
        deep = [deep]

    assert app.post("", filled).status_code == 413
    assert app.post("", batch(asked("POST", QR, deep))).status_code == 400
    assert app.post("", b'{"resourceType":"Bundle","type":"batch","type":"batch"}').status_code == 400
    assert app.post("", batch(READ), **{"Content-Type": "text/plain"}).status_code == 415
    assert app.post("?status=completed", batch(READ)).status_code == 400
    assert app.post("?_format=json&_pretty=true", batch(READ)).status_code == 200
    assert kept(world) == (0, 0)


def test_no_entry_refers_to_what_another_one_makes(world: World) -> None:
    """A batch has no such dependencies (R4 http, batch): refused by itself, and never kept as a dead reference."""
    name = f"urn:uuid:{uuid4()}"
    leaning = response(world, 2, encounter="six-done-2", basedOn=[{"reference": name}])

    found = told(
        writer(world),
        asked("POST", QR, leaning),
        asked("POST", QR, response(world), full_url=name),
    )

    assert [status(one) for one in found] == [400, 201]
    assert codes(found[0]) == ["business-rule"]
    assert kept(world) == (1, 0)


def test_a_batch_that_would_fill_the_answer_is_cut_with_a_word(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.fhir_batch._MOST_BYTES", 2_000)

    found = told(
        app_of(world), asked("GET", "metadata"), asked("GET", QR), asked("POST", QR, response(world))
    )

    assert [status(one) for one in found] == [200, 413, 201]
    assert codes(found[1]) == ["too-costly"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_the_base_takes_batches_alone(world: World, method: str) -> None:
    for slash in ("", "/"):
        answer = at_base(app_of(world), method, {}, slash)
        assert answer.status_code == 405
        assert {one.strip() for one in answer.headers["allow"].split(",")} == {"POST", "OPTIONS"}


def test_options_of_the_base_tell_strangers_nothing(world: World) -> None:
    assert App(world).ask("OPTIONS", "").status_code == 401
    told_: httpx2.Response = app_of(world).ask("OPTIONS", "")
    assert (told_.status_code, told_.content) == (200, b"")


def test_the_statement_offers_what_is_taken(world: World) -> None:
    (rest,) = App(world).get("metadata").json()["rest"]

    assert rest["interaction"] == [{"code": "batch"}]
    (one,) = [each for each in rest["resource"] if each["type"] == QR]
    assert {"create", "update"} <= {each["code"] for each in one["interaction"]}
    assert (one["versioning"], one["updateCreate"], one["conditionalCreate"]) == (
        "versioned-update",
        False,
        True,
    )
