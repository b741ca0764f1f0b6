"""How a version of an entry came to be, as a Provenance (rule 11, W-40)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.provenance import Provenance

from service.journal.entries import Cause, EntryStatus, EntryVersion, Link
from service.journal.rulings import Reason
from service.r4 import provenance

FHIR = Path(__file__).resolve().parents[2] / "fhir"
SENT = EntryVersion(
    id="entry-3",
    key="0b7c1f6e-53d0-4d8f-8f3a-6f2b1c0d9e01",
    version=1,
    status=EntryStatus.COMPLETED,
    patient_id="pat-1",
    questionnaire="https://infusion-journal.example/fhir/Questionnaire/after-infusion-3|1.0.0",
    link=Link(),
    answers=(),
    authored=datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
    recorded_at=datetime(2026, 11, 20, 20, 0, 1, 250_000, tzinfo=UTC),
    language="en",
    shared=b"{}",
)
MOVED = replace(SENT, version=3, cause=Cause.MOVED, made_by="Practitioner/7", why=Reason.WRONG_VISIT.value)


def written(version: EntryVersion, **more: Any) -> dict[str, Any]:
    raw = provenance.write(version, id="prov-1", device="Infusion Journal", **more)
    value: dict[str, Any] = json.loads(raw)
    Provenance.model_validate(value)
    return value


def _codes(concept: dict[str, Any]) -> list[str]:
    return [one["code"] for one in concept["coding"]]


def test_what_a_patient_sends_is_their_own() -> None:
    said = written(SENT)
    assert said["target"] == [{"reference": "QuestionnaireResponse/entry-3/_history/1"}]
    assert (said["id"], said["recorded"]) == ("prov-1", "2026-11-20T20:00:01.250Z")
    assert _codes(said["activity"]) == ["CREATE"]
    [agent] = said["agent"]
    assert (_codes(agent["type"]), agent["who"]) == (["author"], {"reference": "Patient/pat-1"})
    assert not {"entity", "reason"} & set(said)


def test_a_patients_own_reason_is_text_and_only_that_of_their_own_version() -> None:
    """Rule 17: a person who moves the entry later has a reason of their own."""
    amended = replace(SENT, version=2, status=EntryStatus.AMENDED, because="I mixed up the days")
    assert written(amended)["reason"] == [{"text": "I mixed up the days"}]
    assert "reason" not in written(replace(amended, version=3, cause=Cause.ATTACHED))


def test_what_a_patient_sends_again_is_a_revision() -> None:
    said = written(replace(SENT, version=2, status=EntryStatus.AMENDED))
    assert _codes(said["activity"]) == ["UPDATE"]
    assert _codes(said["agent"][0]["type"]) == ["author"]
    assert said["entity"] == [
        {"role": "revision", "what": {"reference": "QuestionnaireResponse/entry-3/_history/1"}}
    ]


def test_what_a_clinician_moves_names_them_and_why() -> None:
    said = written(MOVED)
    assert _codes(said["activity"]) == ["UPDATE", "moved"]
    assert said["activity"]["coding"][1]["system"] == provenance.ENTRY_CAUSES
    assert said["agent"][0]["who"] == {"reference": "Practitioner/7"}
    assert said["reason"] == [{"coding": [{"system": provenance.DECISION_REASONS, "code": "wrong-visit"}]}]
    assert said["entity"][0]["what"]["reference"].endswith("/_history/2")


def test_what_the_rule_attaches_names_this_service() -> None:
    said = written(replace(SENT, version=2, cause=Cause.ATTACHED))
    assert _codes(said["activity"]) == ["UPDATE", "attached"]
    assert said["agent"][0]["who"] == {"type": "Device", "display": "Infusion Journal"}
    assert "reason" not in said


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.SENT])
def test_the_patient_is_the_author_of_nothing_that_others_did(cause: Cause) -> None:
    for made_by in (None, "Practitioner/7"):
        said = written(replace(MOVED, cause=cause, made_by=made_by))
        assert "author" not in _codes(said["agent"][0]["type"])
        assert "Patient/pat-1" not in json.dumps(said)


def test_elsewhere_a_response_is_named_by_its_whole_address() -> None:
    said = written(MOVED, base="https://journal.example/c/fhir/")
    home = "https://journal.example/c/fhir/QuestionnaireResponse/entry-3/_history"
    assert said["target"] == [{"reference": f"{home}/3"}]
    assert said["entity"][0]["what"] == {"reference": f"{home}/2"}


def test_a_reason_is_one_of_ours_and_no_free_words() -> None:
    """Rule 28."""
    with pytest.raises(ValueError, match="because"):
        written(replace(MOVED, why="because"))


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        (provenance.ENTRY_CAUSES, [cause.value for cause in Cause if cause is not Cause.SENT]),
        (provenance.DECISION_REASONS, [reason.value for reason in Reason]),
    ],
)
def test_every_code_is_published(url: str, codes: list[str]) -> None:
    system = json.loads((FHIR / "CodeSystem" / f"{url.rpartition('/')[2]}.json").read_bytes())
    assert system["url"] == url
    assert [concept["code"] for concept in system["concept"]] == codes
