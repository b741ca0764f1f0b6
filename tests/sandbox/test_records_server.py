"""The FHIR server answers as R4 http says: statuses, headers, and an OperationOutcome on every error."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import flask
import httpx2
import pytest
from werkzeug.serving import make_server

from service.sandbox.records.kinds import KINDS
from service.sandbox.records.parameters import parameters_of
from service.sandbox.records.server import create_records_blueprint
from service.sandbox.records.store import Records
from tests.sandbox.records_builders import (
    BASE,
    EVERYTHING,
    FHIR_JSON,
    KEY,
    document,
    encounter,
    get,
    is_outcome,
    opened,
    post,
    put,
    response,
    serving,
    task,
)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = opened(tmp_path)
    yield records
    records.close()


def test_a_create_answers_where_the_resource_is_and_which_version(records: Records) -> None:
    """R4 http, create: 201, Location with the version, ETag, Last-Modified, the resource."""
    answer = post(records, document())
    kept = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{BASE}/DocumentReference/{kept['id']}/_history/1"
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"] == "Tue, 10 Mar 2026 18:30:00 GMT"
    assert answer.content_type == f"{FHIR_JSON}; charset=utf-8"


@pytest.mark.parametrize(
    ("wish", "left"),
    [("minimal", None), ("OperationOutcome", "OperationOutcome"), ("representation", "DocumentReference")],
)
def test_prefer_decides_what_comes_back(records: Records, wish: str, left: str | None) -> None:
    answer = post(records, document(), {"Prefer": f"respond-async=no, return={wish}"})
    assert answer.status_code == 201
    assert (answer.get_json()["resourceType"] if answer.data else None) == left
    assert "Location" in answer.headers


def test_a_conditional_create_finds_what_is_there(records: Records) -> None:
    condition = {"If-None-Exist": f"identifier={KEY}"}
    first, again = post(records, document(), condition), post(records, document(), condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert records.search("DocumentReference", []).total == 1


def test_a_conditional_create_with_many_matches_or_an_unknown_parameter_is_refused(records: Records) -> None:
    post(records, document())
    post(records, document())
    assert is_outcome(post(records, document(), {"If-None-Exist": f"identifier={KEY}"}), 412)
    assert is_outcome(post(records, document(), {"If-None-Exist": "nonsense=1"}), 400)
    assert is_outcome(post(records, document(), {"If-None-Exist": ""}), 400)


def test_an_update_with_the_right_version_makes_the_next(records: Records) -> None:
    kept = post(records, document()).get_json()
    answer = put(records, {**kept, "status": "entered-in-error"}, {"If-Match": 'W/"1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
    stale = put(records, {**kept, "status": "current"}, {"If-Match": 'W/"1"'})
    assert is_outcome(stale, 412)


def test_an_update_of_an_unknown_id_or_another_id_is_refused(records: Records) -> None:
    assert is_outcome(put(records, document(id="unknown")), 405)
    kept = post(records, document()).get_json()
    address = f"/fhir/DocumentReference/{kept['id']}"
    answer = serving(records).put(address, data=json.dumps({**kept, "id": "x"}), content_type=FHIR_JSON)
    assert is_outcome(answer, 400)


def test_a_read_says_its_version_and_is_not_repeated(records: Records) -> None:
    answer = get(records, "Encounter/ann-1")
    assert (answer.status_code, answer.get_json()["id"]) == (200, "ann-1")
    assert answer.headers["ETag"] == 'W/"1"'
    for tag in ('W/"1"', 'W/"7", W/"1"', "*"):
        again = get(records, "Encounter/ann-1", If_None_Match=tag)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", 'W/"1"')
    assert get(records, "Encounter/ann-1", If_None_Match='W/"2"').status_code == 200


def test_every_version_and_the_history_can_be_read(records: Records) -> None:
    put(records, encounter("ann-1", "ann", status="cancelled"))
    assert get(records, "Encounter/ann-1/_history/1").get_json()["status"] == "finished"
    bundle = get(records, "Encounter/ann-1/_history").get_json()
    assert (bundle["type"], bundle["total"]) == ("history", 2)
    assert [entry["resource"]["meta"]["versionId"] for entry in bundle["entry"]] == ["2", "1"]
    assert [entry["request"]["method"] for entry in bundle["entry"]] == ["PUT", "POST"]
    assert bundle["entry"][0]["response"]["lastModified"] == "2026-03-10T18:30:00.000Z"
    assert len(get(records, "Encounter/ann-1/_history?_count=1").get_json()["entry"]) == 1
    assert "entry" not in get(records, "Encounter/ann-1/_history?_since=2027-01-01").get_json()


@pytest.mark.parametrize(
    "address",
    [
        "Encounter/none",
        "Encounter/none/_history",
        "Encounter/ann-1/_history/9",
        "Observation",
        "Observation/1",
        "a/b/c/d/e",
    ],
)
def test_what_is_not_here_is_404(records: Records, address: str) -> None:
    assert is_outcome(get(records, address), 404)


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("DELETE", "Encounter/ann-1", "GET, PUT, HEAD"),
        ("PATCH", "Encounter/ann-1", "GET, PUT, HEAD"),
        ("PUT", "Patient/ann", "GET, HEAD"),
        ("POST", "Patient", "GET, HEAD"),
        ("DELETE", "DocumentReference", "GET, POST, HEAD"),
        ("PUT", "Provenance/x", "GET, HEAD"),
        ("GET", "Binary", "POST"),
        ("OPTIONS", "Patient", "GET, HEAD"),
        ("POST", "metadata", "GET, HEAD"),
    ],
)
def test_what_is_not_offered_is_405_and_says_what_is(
    records: Records, method: str, address: str, allowed: str
) -> None:
    answer = serving(records).open(f"/fhir/{address}", method=method)
    assert is_outcome(answer, 405)
    assert answer.headers["Allow"] == allowed


def test_head_works_wherever_get_does(records: Records) -> None:
    answer = serving(records).head("/fhir/Encounter/ann-1")
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (200, b"", 'W/"1"')


def test_batches_are_not_offered(records: Records) -> None:
    for address in ("/fhir", "/fhir/"):
        assert is_outcome(serving(records).post(address, json={"resourceType": "Bundle"}), 400)


def test_a_search_by_form_and_by_address_agree(records: Records) -> None:
    client = serving(records)
    by_address = client.get("/fhir/Encounter?patient=ann&status=finished").get_json()
    by_form = client.post("/fhir/Encounter/_search", data={"patient": "ann", "status": "finished"}).get_json()
    by_both = client.post("/fhir/Encounter/_search?patient=ann", data={"status": "finished"}).get_json()
    assert by_address["entry"] == by_form["entry"] == by_both["entry"]
    assert by_address["entry"][0]["fullUrl"] == f"{BASE}/Encounter/ann-1"
    assert is_outcome(client.post("/fhir/Encounter/_search", json={}), 415)


def test_a_search_states_what_it_searched_for(records: Records) -> None:
    bundle = get(records, "Encounter?patient=ann&_format=json").get_json()
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    assert bundle["link"] == [{"relation": "self", "url": f"{BASE}/Encounter?patient=ann"}]
    assert "entry" not in get(records, "Encounter?patient=nobody").get_json()
    assert "entry" not in get(records, "Encounter?patient=ann&_summary=count").get_json()


def test_a_page_has_a_tag_over_all_that_it_holds(records: Records) -> None:
    """ids, versions, total and links: whatever of them changes, the tag does too."""
    address = "Encounter?patient=ann"
    tags = [get(records, f"{address}{more}").headers["ETag"] for more in ("", "&_count=0")]
    assert get(records, address).headers["ETag"] == tags[0]
    put(records, encounter("ann-1", "ann", status="cancelled"))
    tags.append(get(records, address).headers["ETag"])
    records.place([encounter("ann-2", "ann")])
    tags += [get(records, f"{address}{more}").headers["ETag"] for more in ("", "&_count=1", "&_count=0")]
    tags += [get(records, f"Encounter?patient={who}").headers["ETag"] for who in ("nobody", "somebody")]
    assert len(set(tags)) == 8


def test_a_page_that_is_known_is_not_repeated(records: Records) -> None:
    tag = get(records, "Encounter?patient=ann").headers["ETag"]
    for named in (tag, f'W/"1", {tag}', tag.removeprefix("W/"), "*"):
        again = get(records, "Encounter?patient=ann", If_None_Match=named)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert get(records, "Encounter?patient=ann", If_None_Match='W/"1"').status_code == 200
    assert serving(records).head("/fhir/Encounter?patient=ann").headers["ETag"] == tag


def test_a_search_by_form_has_no_tag(records: Records) -> None:
    """RFC 9110, If-None-Match: for a POST it would ask for a refusal, which no search means."""
    answer = serving(records).post(
        "/fhir/Encounter/_search", data={"patient": "ann"}, headers={"If-None-Match": "*"}
    )
    assert (answer.status_code, "ETag" in answer.headers) == (200, False)


def test_the_next_links_lead_through_every_page(records: Records) -> None:
    records.place([encounter(f"more-{n}", "ann") for n in range(6)])
    address, seen = "Encounter?patient=ann&_count=3", []
    while address:
        bundle = get(records, address).get_json()
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        address = links.get("next", "").removeprefix(f"{BASE}/")
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    "query", ["nonsense=1", "_include=Encounter:patient", "_summary=text", "status:in=x"]
)
@pytest.mark.parametrize("prefer", ["", "handling=lenient", "handling=strict"])
def test_an_unknown_parameter_is_refused_however_lenient(records: Records, query: str, prefer: str) -> None:
    assert is_outcome(get(records, f"Encounter?{query}", Prefer=prefer), 400)


@pytest.mark.parametrize("query", ["_count=many", "_since=yesterday", "patient=ann"])
def test_a_history_takes_only_what_it_knows(records: Records, query: str) -> None:
    assert is_outcome(get(records, f"Encounter/ann-1/_history?{query}"), 400)


def test_a_total_is_counted_whatever_was_asked(records: Records) -> None:
    assert get(records, "Encounter?patient=ann&_total=accurate&_pretty=true").get_json()["total"] == 1


def test_documents_are_refused_while_filing_is_off(records: Records) -> None:
    client = serving(records, filing=lambda: False)
    for resource in (document(), {"resourceType": "Binary", "contentType": "text/plain", "data": "YQ=="}):
        answer = client.post(f"/fhir/{resource['resourceType']}", json=resource)
        assert is_outcome(answer, 503)
    assert client.post("/fhir/QuestionnaireResponse", json=response()).status_code == 201
    assert client.post("/fhir/Task", json=task()).status_code == 201
    assert records.search("DocumentReference", []).total == 0


def test_filing_can_come_back(records: Records) -> None:
    switch = [False]
    client = serving(records, filing=lambda: switch[0])
    assert client.post("/fhir/DocumentReference", json=document()).status_code == 503
    switch[0] = True
    assert client.post("/fhir/DocumentReference", json=document()).status_code == 201


def test_every_answer_forbids_storing_and_sniffing(records: Records) -> None:
    for address in ("metadata", "Encounter/ann-1", "Encounter/none", "Encounter?nonsense=1", "a/b/c/d"):
        answer = get(records, address)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_capability_statement_needs_no_token_and_says_what_it_is(records: Records) -> None:
    answer = serving(records, grant=None).get("/fhir/metadata")
    statement = answer.get_json()
    assert answer.status_code == 200
    assert (statement["resourceType"], statement["fhirVersion"], statement["kind"]) == (
        "CapabilityStatement",
        "4.0.1",
        "instance",
    )
    assert statement["implementation"]["url"] == BASE
    declared = {one["type"]: one for one in statement["rest"][0]["resource"]}
    assert declared["DocumentReference"]["conditionalCreate"] is True
    assert declared["Patient"]["conditionalCreate"] is False
    assert {one["name"] for one in declared["Task"]["searchParam"]} == set(parameters_of("Task"))


@pytest.mark.parametrize("type_", sorted(KINDS))
def test_what_is_declared_is_served_and_nothing_else(records: Records, type_: str) -> None:
    """Each interaction of each type against the CapabilityStatement: only what is not declared is 405."""
    client = serving(records)
    resources = client.get("/fhir/metadata").get_json()["rest"][0]["resource"]
    declared = {one["code"] for r in resources if r["type"] == type_ for one in r["interaction"]}
    asked = {
        "read": client.get(f"/fhir/{type_}/nobody"),
        "vread": client.get(f"/fhir/{type_}/nobody/_history/1"),
        "history-instance": client.get(f"/fhir/{type_}/nobody/_history"),
        "search-type": client.get(f"/fhir/{type_}"),
        "create": client.post(f"/fhir/{type_}", json={"resourceType": type_}),
        "update": client.put(f"/fhir/{type_}/nobody", json={"resourceType": type_}),
        "delete": client.delete(f"/fhir/{type_}/nobody"),
        "patch": client.patch(f"/fhir/{type_}/nobody"),
    }
    assert {code for code, answer in asked.items() if answer.status_code != 405} == declared


def test_an_unexpected_error_is_an_outcome_and_tells_nothing(
    records: Records, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the patient wrote: I felt light")

    monkeypatch.setattr(records, "read", fail)
    with caplog.at_level(logging.DEBUG):
        answer = get(records, "Patient/ann")
    assert is_outcome(answer, 500)
    assert "light" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_locked_file_is_a_passing_trouble(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(records, "create", fail)
    assert is_outcome(post(records, document()), 503)


def test_twenty_simultaneous_requests_over_sockets_make_one_document(records: Records) -> None:
    """The same as in the store, through a threaded server on a real port."""
    app = flask.Flask("tests")
    app.register_blueprint(create_records_blueprint(records, BASE, lambda _: EVERYTHING, lambda: True))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving_thread = threading.Thread(target=server.serve_forever)
    serving_thread.start()
    try:
        statuses = _send_at_once(f"http://127.0.0.1:{server.port}/fhir/DocumentReference")
    finally:
        server.shutdown()
        serving_thread.join()
        server.server_close()
    assert sorted(statuses) == [200] * 19 + [201]
    assert records.search("DocumentReference", [("identifier", KEY)]).total == 1


def _send_at_once(address: str) -> list[int]:
    start = threading.Barrier(20)
    statuses: list[int] = []

    def send() -> None:
        with httpx2.Client() as client:
            start.wait()
            headers = {"If-None-Exist": f"identifier={KEY}"}
            statuses.append(client.post(address, json=document(), headers=headers).status_code)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_a_client_on_the_wsgi_transport_is_served(records: Records) -> None:
    """How the service's own tests reach the sandbox: in this process, without a socket."""
    app = flask.Flask("tests")
    app.register_blueprint(create_records_blueprint(records, BASE, lambda _: EVERYTHING, lambda: True))
    with httpx2.Client(transport=httpx2.WSGITransport(app=app), base_url="http://localhost:9") as client:
        created = client.post("/fhir/DocumentReference", json=document())
        assert created.status_code == 201
        place = urlsplit(created.headers["Location"]).path
        assert client.get(place).json() == created.json()
