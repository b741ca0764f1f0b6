"""The summaries' bytes at the FHIR base: the very file in the record, for whom its document is for and nobody else."""

import base64
import hashlib
import json
from uuid import uuid4

import pytest
from fhir.resources.R4B.binary import Binary

from service.audit.record import Deed
from tests.people import App, app_of
from tests.web.fhir_answers import QR, issues
from tests.web.test_fhir_documents import DR, backend, filed, mine, moved, next_version, scopes, staff
from tests.workflow.deciding import pdf_text
from tests.workflow.remembered import log
from tests.world import OTHER, World

FHIR = "application/fhir+json"
SHARED, PRIVATE = "the harbour lay still", "kept for nobody else"


def in_the_record(world: World) -> list[bytes]:
    """The files of all documents that the record system holds, in the order in which they came."""
    found = []
    for one in world.records().search(DR, []).resources:
        value = one if isinstance(one, dict) else json.loads(one)
        found.append(base64.b64decode(value["content"][0]["attachment"]["data"]))
    return found


def test_the_bytes_are_those_in_the_record(world: World) -> None:
    entry = filed(world)

    [theirs] = in_the_record(world)
    for app in (mine(world), staff(world), backend(world)):
        raw = app.get(f"Binary/{entry}.1")
        assert (raw.status_code, raw.headers["content-type"]) == (200, "application/pdf")
        assert raw.content == theirs
        resource = app.get(f"Binary/{entry}.1", Accept=FHIR).json()
        assert base64.b64decode(resource["data"]) == theirs


def test_each_version_keeps_its_own_bytes(world: World) -> None:
    entry = filed(world)
    app = mine(world)
    first = app.get(f"Binary/{entry}.1")
    moved(world, entry, "six-done-2")
    assert app.get(f"Binary/{entry}.2").status_code == 404
    world.deliver()

    assert app.get(f"Binary/{entry}.1").content == first.content
    second = app.get(f"Binary/{entry}.2")
    assert second.headers["etag"] != first.headers["etag"]
    assert {hashlib.sha256(one).digest() for one in in_the_record(world)} == {
        hashlib.sha256(one.content).digest() for one in (first, second)
    }


def test_it_is_a_file_that_no_browser_opens_by_itself(world: World) -> None:
    entry = filed(world)

    answer = mine(world).get(f"Binary/{entry}.1")

    told = answer.headers
    assert told["x-content-type-options"] == "nosniff"
    assert told["content-disposition"] == 'attachment; filename="summary.pdf"'
    assert "default-src 'none'" in told["content-security-policy"]
    assert "sandbox" in told["content-security-policy"]
    assert told["cache-control"] == "no-store"
    assert told["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert "Accept" in told["vary"]
    for said in ("six-done", "harbour", "Harrowgate"):
        assert said not in str(answer.request.url)
        assert said not in str(dict(told))


AS_A_RESOURCE = [
    (FHIR, ""),
    ("application/fhir+json; fhirVersion=4.0", ""),
    ("application/fhir+json, */*;q=0.1", ""),
    ("application/fhir+json, */*", ""),
    ("application/pdf", "?_format=json"),
    ("*/*", "?_format=application/fhir%2Bjson"),
]
AS_A_FILE = [
    "*/*",
    "application/pdf",
    "application/json",
    "text/html,application/xhtml+xml",
    "application/pdf, application/fhir+json;q=0.5",
    "application/fhir+json;q=0",
    "image/png",
]
AS_NOTHING = [
    ("application/fhir+xml", ""),
    ("application/fhir+json; fhirVersion=3.0", ""),
    ("*/*", "?_format=xml"),
    ("application/pdf", "?_format=pdf"),
]


def test_accept_and_format_say_in_which_form(world: World) -> None:
    """FHIR where its type is named and nothing is preferred to it, or by _format; else the bytes (B-01, B-02)."""
    entry = filed(world)
    app, place = mine(world), f"Binary/{entry}.1"
    for accept, query in AS_A_RESOURCE:
        answer = app.get(place + query, Accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, FHIR), accept
        Binary.model_validate(answer.json())
    for accept in AS_A_FILE:
        answer = app.get(place, Accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), accept
    for accept, query in AS_NOTHING:
        answer = app.get(place + query, Accept=accept)
        assert (answer.status_code, issues(answer)) == (406, ["not-supported"]), accept


def test_the_resource_says_whose_rules_guard_it(world: World) -> None:
    entry = filed(world)
    app = mine(world)

    told = app.get(f"Binary/{entry}.1", Accept=FHIR).json()

    assert (told["id"], told["contentType"]) == (f"{entry}.1", "application/pdf")
    assert told["securityContext"] == {"reference": f"{DR}/{entry}"}
    assert app.get(told["securityContext"]["reference"]).status_code == 200


def test_what_one_has_already_is_not_sent_again_and_parts_are(world: World) -> None:
    entry = filed(world)
    app, place = mine(world), f"Binary/{entry}.1"
    for accept in ("application/pdf", FHIR):
        first = app.get(place, Accept=accept)
        again = app.get(place, Accept=accept, **{"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = app.ask("HEAD", place, headers={"Accept": accept})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(first.content))
    raw = app.get(place).content
    part = app.get(place, Range="bytes=5-14")
    assert (part.status_code, part.content) == (206, raw[5:15])
    assert app.get(place, Range=f"bytes={len(raw)}-").status_code == 416
    stale = app.get(place, Range="bytes=5-14", **{"If-Range": '"x"'})
    assert (stale.status_code, stale.content) == (200, raw)


def test_private_answers_are_in_no_ones_bytes_the_patients_neither(world: World) -> None:
    entry = filed(world)

    for app in (mine(world), staff(world), backend(world)):
        words = pdf_text(app.get(f"Binary/{entry}.1").content)
        assert SHARED in words
        assert PRIVATE not in words


def test_foreign_bytes_look_exactly_like_ones_that_are_not(world: World) -> None:
    theirs = filed(world, "patient-eight-done")
    outsiders = [
        mine(world),
        app_of(world, clinic=OTHER, scope=scopes("patient")),
        app_of(world, "patient-eight-done", clinic=OTHER, scope=scopes("patient")),
        staff(world, chart="patient-six-done"),
        staff(world, "clinician-2"),
        backend(world, client_id="somebody"),
    ]
    for app in outsiders:
        for accept in ("application/pdf", FHIR):
            absent = app.get(f"Binary/{uuid4()}.1", Accept=accept)
            foreign = app.get(f"Binary/{theirs}.1", Accept=accept)
            assert (foreign.status_code, foreign.content) == (404, absent.content)
            assert {name: foreign.headers[name] for name in foreign.headers if name != "x-request-id"} == {
                name: absent.headers[name] for name in absent.headers if name != "x-request-id"
            }
            assert issues(foreign) == ["not-found"]


@pytest.mark.parametrize(
    "name", ["{}", "{}.0", "{}.2", "{}.01", "{}.1.1", ".1", "x.1", "{}.99999999999", "{}."]
)
def test_an_id_that_names_no_summary_is_not_there(world: World, name: str) -> None:
    entry = filed(world)

    answer = mine(world).get(f"Binary/{name.format(entry)}")

    assert (answer.status_code, issues(answer)) == (404, ["not-found"])


def test_a_tokens_scope_says_whether_it_may(world: World) -> None:
    entry = filed(world)
    for scope, status in (
        ("patient/Binary.r", 200),
        ("patient/Binary.s", 403),
        (f"patient/{DR}.rs patient/{QR}.rs", 403),
        ("patient/*.rs", 200),
    ):
        assert app_of(world, scope=scope).get(f"Binary/{entry}.1").status_code == status, scope
    assert App(world).get(f"Binary/{entry}.1").status_code == 401
    assert mine(world).ask("POST", "Binary", content=b"%PDF").status_code in (404, 405)
    assert mine(world).ask("PUT", f"Binary/{entry}.1", content=b"%PDF").status_code == 405
    assert mine(world).ask("DELETE", f"Binary/{entry}.1").status_code == 405
    assert mine(world).get("Binary").status_code == 404
    assert mine(world).get(f"Binary/{entry}.1/_history").status_code == 404


def test_every_read_is_remembered_with_its_patient(world: World) -> None:
    entry = filed(world)
    next_version(world, entry)
    count = len(log(world))
    app, place = backend(world), f"Binary/{entry}.1"

    etag = app.get(place).headers["etag"]
    app.get(place, Accept=FHIR)
    app.ask("HEAD", place)
    assert app.get(place, **{"If-None-Match": etag}).status_code == 304
    assert app.get(f"Binary/{uuid4()}.1").status_code == 404

    told = [(one.deed, one.what, one.patient) for one in log(world)[count:]]
    assert told[:4] == [(Deed.READ, place, "patient-six-done")] * 4
    assert all(patient is None for _, _, patient in told[4:])
