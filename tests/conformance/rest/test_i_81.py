"""A modifier means what R4 says of it where it is offered, and is refused with 400 where it is not.
[FHIR R4 search, Modifiers]
"""

import pytest

from tests.conformance.rest.asking import NAME, QR, Day, issue_codes, names

SETS = [*(f"after-infusion-{n}" for n in range(1, 7)), "after-later-infusions"]
# What is asked, and whether it finds the two that were sent and the draft.
OFFERED: dict[str, tuple[bool, bool, bool]] = {
    "authored:missing=false": (True, True, True),
    "encounter:missing=true": (False, False, False),
    "status:not=completed": (False, False, True),
    "status:not=in-progress,amended": (True, True, False),
    f"subject:Patient={NAME}": (True, True, True),
    "encounter:Encounter=six-done-1": (True, False, False),
}


@pytest.mark.parametrize("query", OFFERED)
def test_a_modifier_that_is_offered_is_kept(day: Day, query: str) -> None:
    wanted = {
        one for one, finds in zip((day.first, day.second, day.draft), OFFERED[query], strict=True) if finds
    }

    assert set(names(day.app.get(f"{QR}?{query}"))) == wanted


def test_strings_are_asked_for_exactly_or_in_part(day: Day) -> None:
    app = day.app

    assert set(names(app.get("Questionnaire?name=afterinf"))) < set(SETS)
    assert names(app.get("Questionnaire?name:contains=fusion")) == SETS
    assert names(app.get("Questionnaire?name:exact=afterinf")) == []
    exact = str(app.get("Questionnaire/after-infusion-2").json()["name"])
    assert names(app.get(f"Questionnaire?name:exact={exact}")) == ["after-infusion-2"]


REFUSED = [
    "status:above=completed",
    "status:below=completed",
    "status:in=x",
    "status:not-in=x",
    "status:text=completed",
    "status:exact=completed",
    "authored:exact=2026",
    "authored:not=2026",
    "questionnaire:below=x",
    "questionnaire:contains=x",
    "subject:Practitioner=x",
    "subject:not=x",
    "identifier:of-type=a|b|c",
    "status:favourite=completed",
    "status:=completed",
]


@pytest.mark.parametrize("query", REFUSED)
def test_one_that_is_not_is_refused(day: Day, query: str) -> None:
    answer = day.app.get(f"{QR}?{query}", Prefer="handling=lenient")

    assert (answer.status_code, issue_codes(answer)) == (400, ["not-supported"])
