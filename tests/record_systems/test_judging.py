"""The judge sees what is lost, there twice, or not as it was written; whole files alone count."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

from tests.record_systems.judging import Acknowledged, Standing, Verdict, is_whole, judged

KEY = "6c1f0d7e-6a3e-4f0a-9a57-0d6f6f2f0001"
SENT = Acknowledged(KEY, "ann", "ann-1", ("first", "second"))


def there(id_: str, words: str, status: str = "current", versions: int = 1, **more: Any) -> Standing:
    resource = {
        "id": id_,
        "status": status,
        "identifier": [{"value": f"urn:uuid:{KEY}"}],
        "subject": {"reference": "Patient/ann"},
        "context": {"encounter": [{"reference": "Encounter/ann-1"}]},
    }
    return Standing(resource | more, words, versions)


OLD = there("1", "my first words", "superseded", 2)
REPLACES = [{"code": "replaces", "target": {"reference": "DocumentReference/1"}}]
NEW = there("2", "my second words", relatesTo=REPLACES)


def test_both_versions_as_they_should_be() -> None:
    assert judged([SENT], [OLD, NEW]) == Verdict(filed=2, replaced=1)


def test_what_is_missing_is_lost() -> None:
    assert judged([SENT], [OLD]).lost == 1
    assert judged([SENT], []) == Verdict(lost=2)


def test_what_is_there_twice_is_a_duplicate() -> None:
    twice = there("3", "my second words", relatesTo=REPLACES)
    assert judged([SENT], [OLD, NEW, twice]) == Verdict(filed=2, duplicates=1, replaced=1)


def test_a_document_of_nobodys_is_wrong() -> None:
    stray = replace(there("9", "other words"), resource=there("9", "").resource | {"identifier": []})
    assert judged([SENT], [OLD, NEW, stray]).wrong == ("9 belongs to nothing",)


def test_each_thing_that_a_document_says_falsely_is_named() -> None:
    spoiled = {
        "status": there("1", "my first words", "current", 2),
        "patient": replace(OLD, resource=OLD.resource | {"subject": {"reference": "Patient/bob"}}),
        "infusion": replace(
            OLD, resource=OLD.resource | {"context": {"encounter": [{"reference": "Encounter/bob-1"}]}}
        ),
        "versions": replace(OLD, versions=3),
    }
    for name, one in spoiled.items():
        [fault] = judged([SENT], [one, NEW]).wrong
        assert fault.startswith(f"1: {name} ")


def test_a_version_that_replaces_nothing_is_wrong() -> None:
    assert judged([SENT], [OLD, there("2", "my second words")]).wrong == ("2 does not say what it replaces",)


def test_what_was_struck_must_stand_as_struck() -> None:
    struck = replace(SENT, struck=True)
    document = there("2", "my second words", "entered-in-error", 2, relatesTo=REPLACES)
    assert judged([struck], [OLD, document]) == Verdict(filed=2, replaced=1, struck=1)
    assert len(judged([struck], [OLD, NEW]).wrong) == 2  # its status, and that it has no second version


def test_a_file_is_whole_by_its_size_and_its_hash() -> None:
    data = b"%PDF"
    sha1 = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    file = {"data": base64.b64encode(data).decode(), "size": 4, "hash": sha1}

    def held(**more: Any) -> bool:
        return is_whole({"content": [{"attachment": file | more}]})

    assert held()
    assert not held(size=5)
    assert not held(hash="other")
    assert not held(data="")
