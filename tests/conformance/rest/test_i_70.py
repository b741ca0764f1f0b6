"""A search comes by GET or by POST to _search, its parameters in the address or in the form, and finds the same.
[FHIR R4 http, search]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, NAME, QR, Day, by_form, found_in, names


@pytest.mark.parametrize("kind", CLINICAL)
@pytest.mark.parametrize(
    "query", ["", f"patient={NAME}", f"patient=Patient/{NAME}&_lastUpdated=ge2026-11-20"]
)
def test_a_form_finds_what_the_address_finds(day: Day, kind: str, query: str) -> None:
    wanted = query.split("&")[0] if kind == "Encounter" else query
    by_address = found_in(day.app.get(f"{kind}?{wanted}"))

    assert by_address
    assert found_in(by_form(day.app, kind, wanted)) == by_address
    assert found_in(by_form(day.app, kind, "", f"?{wanted}")) == by_address


def test_parameters_of_both_places_hold_together(day: Day) -> None:
    both = by_form(day.app, QR, "encounter=six-done-2", "?status=completed")

    assert names(both) == [day.second]
    assert names(by_form(day.app, QR, "encounter=six-done-2", "?status=in-progress")) == []


def test_published_sets_are_searched_by_form_too(day: Day) -> None:
    assert names(by_form(day.app, "Questionnaire", "_id=after-infusion-2")) == ["after-infusion-2"]
