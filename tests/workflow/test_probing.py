"""The probe on the clinic's test patient: it proves the rung, notices the wrong profile, and leaves nothing behind."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from service.audit.record import Deed, Outcome
from service.cli.demo_clinic import PROFILES
from service.cli.proof_words import objection, words_of
from service.ehr.declared import worth_trying
from service.ehr.outcome import Rung
from service.ehr.probe import Probed
from service.ehr.profile import profile_named
from service.sandbox.imitations import IMITATIONS, Imitation
from service.workflow.practice_document import CannotProve
from service.workflow.probe_clinic import prove
from tests.workflow.filing import Carry, by_profile, documents
from tests.workflow.remembered import log
from tests.world import CLINIC, EHR, World, WorldWith

TEST_PATIENT = "patient-test"
PROVEN = {
    "us-core": "BCD",
    "us-core-reviewed": "BCD",
    "us-core-reviewed-unseen": "BD",
    "hapi": "ABCD",
    "medplum": "BCD",
    "epic": "D",
    "oracle": "D",
    "athenapractice": "D",
}

Imitated = Callable[..., World]


@pytest.fixture
def imitated(world_with: WorldWith) -> Imitated:
    def make(kind: str | Imitation, profile: str = "") -> World:
        chosen = profile or PROFILES[str(kind)]
        world = world_with(f"[clinic.{CLINIC}.filing]\n{by_profile(chosen)}")
        world.sandboxes[CLINIC].imitation = IMITATIONS[kind] if isinstance(kind, str) else kind
        return world

    return make


BOTH = frozenset({Rung.PUT, Rung.CONDITIONAL})
CONDITIONAL = frozenset({Rung.CONDITIONAL})


def proved(world: World, patient: str = TEST_PATIENT, tries: frozenset[Rung] = CONDITIONAL) -> Probed:
    return prove(world.desk, CLINIC, patient, lambda seconds: world.clock.pass_time(seconds=seconds), tries)


def letters(seen: Probed) -> str:
    return "".join(rung.value for rung in seen.proven)


def subjects(world: World) -> set[str]:
    return {one["subject"]["reference"] for one in documents(world)}


@pytest.mark.parametrize("kind", sorted(PROVEN))
def test_the_rung_that_holds_is_proven(imitated: Imitated, kind: str) -> None:
    world = imitated(kind)
    seen = proved(world, tries=BOTH if kind == "hapi" else CONDITIONAL)

    assert letters(seen) == PROVEN[kind]
    assert seen.held is ("reviewed" in kind)
    assert subjects(world) == {f"Patient/{TEST_PATIENT}"}


@pytest.mark.parametrize("kind", sorted(PROVEN))
def test_nothing_is_left_standing_that_could_be_struck_and_the_rest_is_named(
    imitated: Imitated, kind: str
) -> None:
    world = imitated(kind)
    seen = proved(world, tries=BOTH if kind == "hapi" else CONDITIONAL)

    standing = {f"DocumentReference/{one['id']}" for one in documents(world) if one["status"] == "current"}
    assert standing == set(seen.left)
    assert bool(standing) is (kind in ("epic", "athenapractice", "us-core-reviewed-unseen"))
    assert {one["id"] for one in documents(world)} == set(seen.made)


@pytest.mark.parametrize(
    ("habits", "why"),
    [
        ({"conditional": False}, "two stand there although If-None-Exist was sent"),
        ({"forgotten": frozenset({"identifier", "masterIdentifier"})}, "nothing is found by it"),
    ],
    ids=["the condition is passed over", "identifiers are forgotten"],
)
def test_one_that_boasts_is_found_out(imitated: Imitated, habits: dict[str, Any], why: str) -> None:
    """What a CapabilityStatement says is one thing; sending twice shows it."""
    world = imitated(replace(IMITATIONS["medplum"], boasts=True, **habits), "medplum")
    seen = proved(world)

    assert Rung.CONDITIONAL not in seen.proven, why
    assert seen.repeats[Rung.CONDITIONAL] == 2
    said = objection(seen, profile_named("medplum").filing)
    assert said is not None
    assert 'filing.rung is "B"' in said


def test_a_search_that_finds_everything_proves_nothing(imitated: Imitated) -> None:
    world = imitated(replace(IMITATIONS["us-core"], identifier_search="passed over"), "us-core-9")
    seen = proved(world)
    assert (seen.search, Rung.SEARCH in seen.proven) == ("finds everything", False)


@pytest.mark.parametrize(("lag", "found"), [(0.0, 0.0), (5.0, 5.0), (25.0, 25.0)])
def test_the_lag_of_searches_is_measured(imitated: Imitated, lag: float, found: float) -> None:
    seen = proved(imitated(replace(IMITATIONS["us-core"], lag_seconds=lag), "us-core-9"))
    assert seen.search == "finds"
    assert seen.lag is not None
    assert found <= seen.lag < found + 15


def test_a_search_that_never_finds_it_is_said_to(imitated: Imitated) -> None:
    seen = proved(imitated(replace(IMITATIONS["us-core"], lag_seconds=3600.0), "us-core-9"))
    assert (seen.search, letters(seen)) == ("finds nothing", "BD")


def test_creates_that_race_are_seen_to(imitated: Imitated) -> None:
    seen = proved(imitated(replace(IMITATIONS["hapi"], race_seconds=0.5), "hapi"))
    assert (seen.repeats[Rung.CONDITIONAL], seen.at_once) == (1, 4)
    told = list(words_of(seen, profile_named("hapi").filing))
    assert any("four times at once" in one and "4 stand there" in one for one in told)


def test_under_the_wrong_profile_the_first_document_is_refused_and_nothing_proven(imitated: Imitated) -> None:
    world = imitated("epic", "embedded")
    seen = proved(world)

    assert (seen.status, letters(seen), documents(world)) == (400, "D", [])
    said = objection(seen, profile_named("embedded").filing)
    assert said is not None
    assert said.startswith("The record system took no document")


def test_only_a_patient_who_is_there_is_tried_on(imitated: Imitated) -> None:
    world = imitated("us-core")
    with pytest.raises(CannotProve, match="not in the record system"):
        proved(world, "nobody-at-all")
    assert documents(world) == []


def test_where_documents_need_an_encounter_the_test_patient_needs_one(imitated: Imitated) -> None:
    world = imitated("epic")
    world.records().place([{"resourceType": "Patient", "id": "never-seen", "name": [{"family": "Quill"}]}])
    with pytest.raises(CannotProve, match="has no encounter"):
        proved(world, "never-seen")
    assert documents(world) == []


def test_everything_is_remembered(imitated: Imitated) -> None:
    """That it was begun, each document that was made, and what was proven: of this patient, without a word."""
    world = imitated("us-core")
    seen = proved(world)

    about = [one for one in log(world) if one.patient == TEST_PATIENT]
    assert [one.reason for one in about if one.deed is Deed.CONFIGURATION] == [
        "probe-begun",
        "probe-proved-B",
    ]
    assert {one.what for one in about if one.deed is Deed.FILING} == {
        f"DocumentReference/{id_}" for id_ in seen.made
    }


def test_what_is_left_behind_is_remembered_as_a_failure(imitated: Imitated) -> None:
    world = imitated("epic")
    proved(world)
    (end,) = [one for one in log(world) if one.reason == "probe-proved-D"]
    assert end.outcome is Outcome.FAILED


def test_an_answer_that_never_comes_leaves_the_document_to_be_looked_for(imitated: Imitated) -> None:
    """Written there, and the answer lost: it is found by its identifier and struck."""
    world = imitated("us-core")

    def lost(request: Any, carry: Carry) -> Any:
        answer = carry()
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            answer.status_code = 503
        return answer

    world.net.meddler = lost
    seen = proved(world)

    assert seen.refused_for
    assert [one["status"] for one in documents(world)] == ["entered-in-error"]
    assert seen.left == ()


@pytest.mark.parametrize(
    ("kind", "tried"),
    [
        ("hapi", "AB"),
        ("medplum", "B"),
        ("us-core", "B"),
        ("epic", ""),
        ("oracle", "B"),
        ("athenapractice", ""),
    ],
)
def test_what_nobody_relies_on_is_tried_only_where_it_can_be_taken_back(
    imitated: Imitated, kind: str, tried: str
) -> None:
    world = imitated(kind)
    statement = world.desk.clinic(CLINIC).for_delivery.capabilities()
    tries = worth_trying(statement, profile_named(PROFILES[kind]).filing)
    assert "".join(sorted(rung.value for rung in tries)) == tried
    assert len(proved(world, tries=tries).left) == (0 if tried else 1)


def test_what_is_not_the_test_patients_is_never_touched(imitated: Imitated) -> None:
    """A record system that names another's document as the one just made is not believed: it stays as it was."""
    world = imitated(replace(IMITATIONS["us-core"], tells="never"), "us-core-9")
    theirs = {
        "resourceType": "DocumentReference",
        "id": "theirs",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
        "category": [{"coding": [{"system": "urn:x", "code": "clinical-note"}]}],
        "subject": {"reference": "Patient/patient-six-done"},
        "content": [{"attachment": {"contentType": "text/plain", "url": "http://localhost:8090/elsewhere"}}],
    }
    world.records().place([theirs])

    def astray(request: Any, carry: Carry) -> Any:
        answer = carry()
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            answer.headers["location"] = f"{EHR}/fhir/DocumentReference/theirs"
        return answer

    world.net.meddler = astray
    seen = proved(world)

    assert world.records().read("DocumentReference", "theirs")["status"] == "current"
    assert "DocumentReference/theirs" in seen.left


def test_a_refused_type_of_note_is_named_with_the_one_that_is_taken(imitated: Imitated) -> None:
    """U-07: a server need only take ten common notes; a progress note is one of them."""
    world = imitated(replace(IMITATIONS["medplum"], types=("11506-3",)), "medplum")
    seen = proved(world)

    assert (seen.status, seen.other_type, letters(seen), seen.left) == (422, True, "D", ())
    assert [one["status"] for one in documents(world)] == ["entered-in-error"]
    said = objection(seen, profile_named("medplum").filing)
    assert said is not None
    assert 'set type_code = "11506-3" and type_display = "Progress note"' in said


def test_what_is_refused_for_another_cause_is_not_laid_to_its_type(imitated: Imitated) -> None:
    seen = proved(imitated(replace(IMITATIONS["medplum"], needs=("authenticator",)), "medplum"))
    assert (seen.status, seen.other_type) == (422, False)
