"""The sandbox with the habits of other record systems: each differs where its maker's does; the ledger stays true."""

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.sandbox.imitations import IMITATIONS, Imitation
from service.sandbox.records import review
from service.sandbox.records.store import Records
from tests.sandbox.records_builders import FHIR_JSON, KEY, Clock, document, opened, serving

ENCOUNTER = {"encounter": [{"reference": "Encounter/ann-1"}]}
PERIOD = {"period": {"start": "2026-03-10T09:00:00-08:00", "end": "2026-03-10T10:00:00-08:00"}}
# What each takes, so that a test can leave out one thing.
TAKEN: dict[str, dict[str, Any]] = {
    "epic": {"docStatus": "preliminary", "context": ENCOUNTER},
    "oracle": {"docStatus": "final", "context": PERIOD},
    "athenapractice": {"author": [{"reference": "Patient/ann"}]},
}
FORMS = {"epic": "text/plain; charset=utf-8", "athenapractice": "text/rtf"}


class There:
    """A record system with the habits of one kind, and what it really holds."""

    def __init__(self, folder: Path, imitation: Imitation) -> None:
        self.clock = Clock()
        self.records: Records = opened(folder, self.clock)
        self.http: FlaskClient = serving(self.records, imitation=imitation)

    def post(self, resource: dict[str, Any], **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(
            f"/fhir/{resource['resourceType']}",
            data=json.dumps(resource),
            content_type=FHIR_JSON,
            headers=named,
        )

    def put(self, resource: dict[str, Any], **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.put(
            f"/fhir/{resource['resourceType']}/{resource['id']}",
            data=json.dumps(resource),
            content_type=FHIR_JSON,
            headers=named,
        )

    def found(self, query: str = f"identifier={KEY}") -> int:
        answer = self.http.get(f"/fhir/DocumentReference?{query}")
        assert answer.status_code == 200, answer.text
        return int(answer.json["total"])  # type: ignore[index]

    def filed(self) -> list[dict[str, Any]]:
        """The first version of every document in the ledger."""
        made = [one.resource for one in self.records.ledger()]
        return [
            one
            for one in made
            if one["resourceType"] == "DocumentReference" and one["meta"]["versionId"] == "1"
        ]

    def declared(self) -> dict[str, Any]:
        told = self.http.get("/fhir/metadata").json
        assert told is not None
        [one] = [one for one in told["rest"][0]["resource"] if one["type"] == "DocumentReference"]
        return dict(one)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Callable[[Imitation | str], There]]:
    made: list[There] = []

    def make(kind: Imitation | str) -> There:
        made.append(There(tmp_path, IMITATIONS[kind] if isinstance(kind, str) else kind))
        return made[0]

    yield make
    for one in made:
        one.records.close()


Make = Callable[[Imitation | str], There]


def note(kind: str, **more: Any) -> dict[str, Any]:
    """A document as this kind takes it, but for what the test says."""
    written = document(**(TAKEN.get(kind, {}) | more))
    if kind in FORMS:
        written["content"][0]["attachment"]["contentType"] = FORMS[kind]
    return {name: value for name, value in written.items() if value is not None}


@pytest.mark.parametrize("kind", sorted(IMITATIONS))
def test_each_kind_takes_what_suits_it(there: Make, kind: str) -> None:
    ehr = there(kind)
    answer = ehr.post(note(kind))
    assert answer.status_code == (202 if "reviewed" in kind else 201), answer.text
    assert len(ehr.filed()) == 1


@pytest.mark.parametrize(
    ("kind", "more", "status"),
    [
        ("epic", {"context": None}, 400),
        ("epic", {"docStatus": None}, 400),
        ("epic", {"docStatus": "amended"}, 400),
        ("oracle", {"context": ENCOUNTER}, 422),
        ("oracle", {"docStatus": "preliminary"}, 422),
        ("oracle", {"author": [{"reference": "Patient/ann"}]}, 422),
        ("athenapractice", {"author": None}, 400),
    ],
)
def test_what_a_kind_asks_for_must_be_there(
    there: Make, kind: str, more: dict[str, Any], status: int
) -> None:
    ehr = there(kind)
    assert ehr.post(note(kind, **more)).status_code == status
    assert ehr.filed() == []


@pytest.mark.parametrize(("kind", "status"), [("epic", 400), ("athenapractice", 400), ("us-core", 415)])
def test_a_form_that_is_not_taken_is_refused_in_the_kinds_own_way(
    there: Make, kind: str, status: int
) -> None:
    ehr = there(kind)
    strange = note(kind)
    strange["content"][0]["attachment"]["contentType"] = "application/pdf" if kind in FORMS else "image/png"
    answer = ehr.post(strange)
    assert answer.status_code == status
    assert answer.json["issue"][0]["expression"] == ["DocumentReference.content.attachment.contentType"]  # type: ignore[index]


def test_content_that_is_too_long_is_refused_with_413(there: Make) -> None:
    ehr = there("us-core")
    long = note("us-core")
    content = base64.b64encode(b"x" * (5 * 1024 * 1024 + 1)).decode()
    long["content"] = [{"attachment": {"contentType": "application/pdf", "data": content}}]
    assert ehr.post(long).status_code == 413


@pytest.mark.parametrize("kind", ["epic", "oracle", "athenapractice"])
def test_where_the_condition_is_passed_over_a_repetition_is_a_second_document(there: Make, kind: str) -> None:
    """What the fault matrix calls rung D: neither If-None-Exist nor our identifier keeps it from standing twice."""
    ehr = there(kind)
    answers = [ehr.post(note(kind), If_None_Exist=f"identifier={KEY}") for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert len(ehr.filed()) == 2
    assert all("identifier" not in one for one in ehr.filed())


@pytest.mark.parametrize("kind", ["oracle", "athenapractice"])
def test_where_the_identifier_is_no_search_parameter_the_search_is_refused(there: Make, kind: str) -> None:
    assert there(kind).http.get(f"/fhir/DocumentReference?identifier={KEY}").status_code == 400


def test_where_it_is_passed_over_every_document_is_found(there: Make) -> None:
    ehr = there("epic")
    ehr.post(note("epic"))
    assert ehr.found("identifier=nothing|of-the-sort") == 1


@pytest.mark.parametrize("kind", sorted(IMITATIONS))
def test_what_is_declared_is_what_is_done(there: Make, kind: str) -> None:
    told, imitation = there(kind).declared(), IMITATIONS[kind]
    deeds = {one["code"] for one in told["interaction"]}
    assert told["conditionalCreate"] is imitation.conditional
    assert ("identifier" in {one["name"] for one in told["searchParam"]}) == (
        imitation.identifier_search == "found"
    )
    assert ("update" in deeds) is imitation.updates
    assert told["updateCreate"] is imitation.put_creates


def test_one_that_boasts_declares_what_it_does_not_do(there: Make) -> None:
    told = there(replace(IMITATIONS["oracle"], boasts=True)).declared()
    assert told["conditionalCreate"] is True


def test_an_answer_may_come_without_version_and_without_body(there: Make) -> None:
    epic = there("epic")
    answer = epic.post(note("epic"))
    assert (answer.status_code, answer.data, answer.headers.get("ETag")) == (201, b"", None)
    assert "_history" not in answer.headers["Location"]
    assert epic.post(note("epic"), Prefer="return=representation").json["resourceType"] == "DocumentReference"  # type: ignore[index]


def test_oracles_answer_never_has_a_body_and_its_updates_name_a_version(there: Make) -> None:
    ehr = there("oracle")
    answer = ehr.post(note("oracle"), Prefer="return=representation")
    assert (answer.data, answer.headers["ETag"]) == (b"", 'W/"1"')
    standing = ehr.filed()[0] | {"status": "entered-in-error"}
    assert ehr.put(standing).status_code == 428
    assert ehr.put(standing, If_Match='W/"7"').status_code == 409
    assert ehr.put(standing, If_Match='W/"1"').status_code == 200


def test_where_nothing_is_updated_nothing_can_be_struck(there: Make) -> None:
    ehr = there("epic")
    ehr.post(note("epic"))
    assert ehr.put(ehr.filed()[0] | {"status": "entered-in-error"}).status_code == 405


def test_an_update_makes_what_is_not_there_once(there: Make) -> None:
    ehr = there("hapi")
    ours = document() | {"id": "11111111-1111-4111-8111-111111111112"}
    assert [ehr.put(ours).status_code for _ in range(2)] == [201, 200]
    assert len(ehr.filed()) == 1


def test_conditional_creates_race_where_question_and_write_are_two_transactions(there: Make) -> None:
    """As big FHIR servers have done (fault matrix, section 2, rule 5); one after the other they do not."""
    ehr = there(replace(IMITATIONS["hapi"], race_seconds=0.5))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ehr.post(document(), If_None_Exist=f"identifier={KEY}"), range(4)))
    assert {one.status_code for one in made} == {201}
    assert len(ehr.filed()) == 4
    assert ehr.post(document(), If_None_Exist=f"identifier={KEY}").status_code == 412


def test_a_lagging_search_finds_what_is_new_only_later(there: Make) -> None:
    ehr = there("hapi")
    ehr.post(document())
    assert ehr.found() == 0
    assert ehr.http.get(f"/fhir/DocumentReference/{ehr.filed()[0]['id']}").status_code == 200
    ehr.clock.pass_(seconds=6)
    assert ehr.found() == 1


def test_beyond_the_writes_of_a_minute_one_is_told_when_to_come_again(there: Make) -> None:
    ehr = there(replace(IMITATIONS["medplum"], writes_per_minute=2))
    answers = [ehr.post(document(value=f"urn:uuid:{n}")) for n in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert len(ehr.filed()) == 2
    ehr.clock.pass_(seconds=int(answers[2].headers["Retry-After"]))
    assert ehr.post(document(value="urn:uuid:2")).status_code == 201


@pytest.mark.parametrize(("kind", "seen"), [("us-core-reviewed", 1), ("us-core-reviewed-unseen", 0)])
def test_what_is_held_for_a_reviewer_is_in_the_record_once_let_in(there: Make, kind: str, seen: int) -> None:
    ehr = there(kind)
    assert ehr.post(document(), If_None_Exist=f"identifier={KEY}").status_code == 202
    assert ehr.post(document(), If_None_Exist=f"identifier={KEY}").status_code == 202
    [held] = ehr.filed()
    assert ehr.found() == seen
    assert ehr.http.get(f"/fhir/DocumentReference/{held['id']}").status_code == (200 if seen else 404)
    review.let_in(ehr.records, "DocumentReference", held["id"])
    assert ehr.found() == 1
    assert ehr.post(document(), If_None_Exist=f"identifier={KEY}").status_code == 200


def test_what_a_reviewer_turns_away_is_never_shown(there: Make) -> None:
    ehr = there("us-core-reviewed")
    ehr.post(document())
    [held] = ehr.filed()
    review.turn_away(ehr.records, "DocumentReference", held["id"])
    assert ehr.found() == 0
    assert ehr.http.get(f"/fhir/DocumentReference/{held['id']}").status_code == 404
    assert len(ehr.filed()) == 1


def test_where_neither_sees_what_is_held_a_repetition_is_held_twice(there: Make) -> None:
    """Why such a clinic is on rung D, never on C (W-15)."""
    ehr = there(replace(IMITATIONS["us-core-reviewed-unseen"], held_matched=False))
    for _ in range(2):
        ehr.post(document(), If_None_Exist=f"identifier={KEY}")
    assert len(ehr.filed()) == 2


@pytest.mark.parametrize("kind", ["epic", "oracle", "athenapractice"])
def test_responses_are_not_taken(there: Make, kind: str) -> None:
    answer = there(kind).http.post("/fhir/QuestionnaireResponse", data="{}", content_type=FHIR_JSON)
    assert answer.status_code == 405
