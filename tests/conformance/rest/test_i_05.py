"""Our ids are of letters, digits, dashes and dots, 64 at most, and their case counts. [FHIR R4 datatypes, id]"""

import re

import pytest

from tests.conformance.rest.asking import CLINICAL, QR, Day, found_in

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@pytest.mark.parametrize("kind", [*CLINICAL, "Questionnaire"])
def test_every_id_of_ours_is_one(day: Day, kind: str) -> None:
    ids = [str(one["id"]) for one in found_in(day.app.get(kind))]

    assert ids
    assert all(ID.fullmatch(one) for one in ids)


def test_another_case_is_another_id(day: Day) -> None:
    assert day.app.get("Questionnaire/After-Infusion-1").status_code == 404
    assert day.app.get(f"{QR}/{day.first.upper()}").status_code == 404


@pytest.mark.parametrize("written", ["a_b", "a b", "x" * 65, "a%2Fb", "%C3%A9"])
def test_what_cannot_be_an_id_is_not_there(day: Day, written: str) -> None:
    assert day.app.get(f"{QR}/{written}").status_code == 404
