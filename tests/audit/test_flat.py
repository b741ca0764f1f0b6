"""The log as a table: what it says comes back as it was, and no cell is computed by a spreadsheet."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit import flat
from service.audit.leaf import placed
from tests.audit.builders import log, record


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_record_is_a_row() -> None:
    rows = read("".join(flat.lines(log(3))))
    assert [row["index"] for row in rows] == ["0", "1", "2"]
    assert rows[1] | {"digest": ""} == {
        "index": "1",
        "recorded": "2025-03-04T17:30:01.000Z",
        "deed": "read",
        "outcome": "0",
        "reason": "",
        "patient": "ada",
        "what": "",
        "query": "",
        "role": "clinician",
        "person": "Practitioner/7",
        "client": "",
        "address": "",
        "server": "https://journal.example/fhir",
        "request_id": "request-1",
        "id": "record-1",
        "digest": "",
    }
    assert rows[1]["digest"] == record(1).digest()


def test_a_redacted_record_keeps_its_place() -> None:
    entry = replace(log(1)[0], canonical=None)
    (row,) = read("".join(flat.lines([entry])))
    assert (row["index"], row["digest"], row["patient"]) == ("0", entry.digest, "")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_a_formula_is_made_harmless(cell: str) -> None:
    """A search text or a refused id is an outsider's to choose."""
    entry = placed(0, replace(record(), query=cell))
    (row,) = read("".join(flat.lines([entry])))
    assert row["query"] == f"'{cell}"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_text_comes_back(text: str) -> None:
    """Quotes, commas, newlines and every script (RFC 4180)."""
    entry = placed(0, replace(record(), query=text))
    (row,) = read("".join(flat.lines([entry])))
    assert row["query"].removeprefix("'") == text.removeprefix("'")
