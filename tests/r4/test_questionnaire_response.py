"""What others may see of an entry, as bytes: complete, true to the words, and never rewritten."""

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from service.journal.checking import check
from service.journal.entries import EntryStatus
from service.journal.prompts import PromptSet
from service.r4.questionnaire_response import FiledEntry, NotAResponse, read, splice, write
from service.r4.raw_json import supplement
from tests.r4.answered import everything, good
from tests.r4.published import library

KEY = "7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10"
EVENING = datetime(2026, 11, 20, 19, 42, 10, 987_000, timezone(timedelta(hours=1)))


def second_set() -> PromptSet:
    found = library().for_ordinal(2)
    assert found is not None
    return found


def entry(**changes: Any) -> FiledEntry:
    members: dict[str, Any] = {
        "entry_key": KEY,
        "patient_id": "pat-07",
        "encounter_id": "enc-inf-2",
        "prompts": second_set(),
        "answers": {"ai2.1": "The sea", "ai2.4": "Warm hands"},
        "status": EntryStatus.COMPLETED,
        "authored": EVENING,
        "language": "en",
    }
    return FiledEntry(**(members | changes))


def written(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(write(entry(**changes)))
    return value


def test_it_says_who_what_and_when() -> None:
    value = written()
    QuestionnaireResponse.model_validate(value)
    assert value["identifier"] == {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{KEY}"}
    assert value["questionnaire"] == second_set().canonical
    assert value["status"] == "completed"
    assert value["subject"] == value["author"] == value["source"] == {"reference": "Patient/pat-07"}
    assert value["encounter"] == {"reference": "Encounter/enc-inf-2"}
    assert value["authored"] == "2026-11-20T19:42:10+01:00"
    assert value["language"] == "en"


def test_the_server_owned_elements_are_left_out() -> None:
    value = written()
    assert "id" not in value
    assert not {"versionId", "lastUpdated"} & set(value["meta"])


def test_without_a_link_there_is_no_encounter() -> None:
    assert "encounter" not in written(encounter_id=None)


def test_every_item_is_there_with_its_text() -> None:
    """R-12: display items too, and prompts without a shared answer."""
    assert [(item["linkId"], item["text"]) for item in written()["item"]] == [
        (item.link_id, item.text) for item in second_set().items
    ]


def test_a_private_answer_looks_like_a_skipped_one() -> None:
    """R-24: the caller hands in shared answers only; what is missing leaves no trace of why."""
    items = {item["linkId"]: item for item in written()["item"]}
    assert items["ai2.1"]["answer"] == [{"valueString": "The sea"}]
    assert all(
        "answer" not in items[link] for link in ("ai2.notice", "ai2.crisis", "ai2.2", "ai2.3", "ai2.5")
    )
    assert set(items["ai2.2"]) == {"linkId", "text"}
    assert written()["text"]["div"].count("No answer shared") == 3


def test_what_is_written_is_valid_by_our_own_rules() -> None:
    received = read(written())
    now = EVENING + timedelta(minutes=1)
    status = EntryStatus.COMPLETED
    faults = check(
        received, second_set(), status=status, now=now, patient_id="pat-07", encounters={"enc-inf-2"}
    )
    assert faults == ()


def test_what_was_written_is_read_again() -> None:
    received = read(written())
    assert received.texts() == {"ai2.1": "The sea", "ai2.4": "Warm hands"}
    assert received.identifier == ("urn:ietf:rfc:3986", f"urn:uuid:{KEY}")
    assert received.authored == EVENING.replace(microsecond=0)
    assert received.authored_written == "2026-11-20T19:42:10+01:00"
    assert (received.status, received.language) == ("completed", "en")
    assert (received.subject, received.author, received.source) == ("Patient/pat-07",) * 3
    assert received.encounter == "Encounter/enc-inf-2"
    assert not received.has_subsetted_tag


def test_the_narrative_is_text_and_never_mark_up() -> None:
    """R-06: answers are escaped, and valid XHTML comes of it."""
    hostile = "<script>alert(1)</script> & \"quotes\"\nnext 'line' ]]> <img src=x onerror=y>"
    value = written(answers={"ai2.1": hostile})
    QuestionnaireResponse.model_validate(value)
    div = value["text"]["div"]
    assert set(re.findall(r"</?([a-z0-9]+)", div)) == {"div", "h2", "h3", "p", "br", "i"}
    assert hostile in html.unescape(div.replace("<br/>", "\n"))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        write(entry(authored=datetime(2026, 1, 1)))  # noqa: DTZ001 - the very thing refused


def test_a_clinics_own_set_with_groups_is_written_as_a_tree() -> None:
    value = written(prompts=everything(), answers={"free": "ocean", "part.deep": "down"})
    part = next(item for item in value["item"] if item["linkId"] == "part")
    assert part["item"][0]["answer"] == [{"valueString": "down"}]
    assert "answer" not in part


def test_a_set_made_of_prompts_alone_is_written_all_the_same() -> None:
    """The item tree of PromptSet may be empty in values made by hand."""
    assert written(prompts=replace(second_set(), items=()))["item"] == written()["item"]


@given(
    st.dictionaries(
        st.sampled_from([f"ai2.{n}" for n in range(1, 6)]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_words_come_back_unchanged(answers: dict[str, str]) -> None:
    assert read(written(answers=answers)).texts() == answers


LATER = datetime(2026, 11, 22, 9, 30, 0, 123_000, UTC)


def spliced(raw: bytes) -> bytes:
    return splice(raw, id="qr-1", version_id="3", last_updated=LATER)


def test_the_servers_elements_are_spliced_in() -> None:
    value = json.loads(spliced(write(entry())))
    QuestionnaireResponse.model_validate(value)
    assert value["id"] == "qr-1"
    assert value["meta"] == {
        "versionId": "3",
        "lastUpdated": "2026-11-22T09:30:00.123Z",
        "profile": ["http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaireresponse"],
    }
    assert list(value)[:3] == ["resourceType", "id", "meta"]
    assert {name: value[name] for name in written() if name != "meta"} == {
        name: member for name, member in written().items() if name != "meta"
    }


FOREIGN = (
    b'\n{ "status" : "completed",\n "meta":{"versionId":"99","lastUpdated":"2020-01-01T00:00:00Z",'
    b'"tag":[{"code":"x"}]}, "id":"theirs",\t"item":[ {"linkId":"a", "answer":[{"valueDecimal": 1.10}, '
    b'{"valueString":"caf\\u00e9 \xf0\x9f\x90\xa2, \\"} \\\\"}] } ],\r\n"authored":"2026-01-01T00:00:00.100+00:00" ,'
    b'"resourceType":"QuestionnaireResponse"}  '
)


def test_every_other_byte_of_a_foreign_response_stays() -> None:
    """Decimals, instants, escapes and blanks inside a member are as the app sent them."""
    result = spliced(FOREIGN)
    start = FOREIGN.index(b'[ {"linkId"')
    items = FOREIGN[start : FOREIGN.index(b",\r\n")]
    assert b'"item":' + items in result
    assert b'"authored":"2026-01-01T00:00:00.100+00:00"' in result
    value = json.loads(result)
    assert (value["id"], value["meta"]["versionId"], value["meta"]["tag"]) == ("qr-1", "3", [{"code": "x"}])
    assert b"theirs" not in result
    assert b'"99"' not in result


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8,
).flatmap(lambda value: st.tuples(st.just(value), st.sampled_from([None, 1]))))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_splicing_changes_nothing_else(drawn: tuple[Any, int | None]) -> None:
    member, indent = drawn
    value = {"a": member, "resourceType": "X", "b": [member]}
    result = json.loads(spliced(json.dumps(value, indent=indent).encode()))
    assert result.pop("id") == "qr-1"
    assert set(result.pop("meta")) == {"versionId", "lastUpdated"}
    assert result == value


@pytest.mark.parametrize(
    "raw", [b"[]", b"", b'"text"', b'{"a":1', b'{"a" 1}', b'{"a":1 "b":2}', b'{"a":1}x', b"{1:2}"]
)
def test_what_is_no_object_cannot_be_spliced(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own errors are ValueErrors
        spliced(raw)


def test_missing_members_are_put_in_front_of_untouched_bytes() -> None:
    raw = supplement(FOREIGN, {"source": {"reference": "Patient/p"}})
    assert raw.endswith(FOREIGN.lstrip()[1:].lstrip())
    assert json.loads(raw) == {"source": {"reference": "Patient/p"}} | json.loads(FOREIGN)
    assert supplement(FOREIGN, {}) == FOREIGN
    with pytest.raises(ValueError, match="members"):
        supplement(b"{}", {"a": 1})


def test_a_shortened_response_is_known_as_such() -> None:
    """I-79: what a server cut short must never come back as an update."""
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    assert read(good() | {"meta": {"tag": [tag]}}).has_subsetted_tag


def test_a_refusal_is_a_problem_with_its_faults() -> None:
    with pytest.raises(NotAResponse) as refused:
        read({"resourceType": "QuestionnaireResponse"})
    assert [fault.code for fault in refused.value.faults] == ["required"]
    assert refused.value.sentence == "What was sent is no valid QuestionnaireResponse."
