"""What a match refers to, or what refers to it, comes with it as an include where that is offered, within the token's
scope and reach; recursion and wildcards are refused. [FHIR R4 search, Including other resources; decision 0019]
"""

import pytest

from tests.conformance.rest.asking import DR, QR, Day, found_in, issue_codes, mine, names

INCLUDED = [
    (
        QR,
        f"_include={QR}:encounter",
        {"Encounter/six-done-1", "Encounter/six-done-2", "Encounter/six-done-3"},
    ),
    (QR, f"_include={QR}:questionnaire", {f"Questionnaire/after-infusion-{n}" for n in (1, 2, 3)}),
    (DR, f"_include={DR}:encounter", {"Encounter/six-done-1", "Encounter/six-done-2"}),
    ("Task", "_include=Task:encounter", {f"Encounter/six-done-{n}" for n in range(1, 7)}),
]


@pytest.mark.parametrize(("kind", "query", "wanted"), INCLUDED)
def test_what_a_match_refers_to_comes_with_it(day: Day, kind: str, query: str, wanted: set[str]) -> None:
    answer = day.app.get(f"{kind}?{query}")
    included = [f"{one['resourceType']}/{one['id']}" for one in found_in(answer, "include")]

    assert set(included) == wanted
    assert len(included) == len(wanted)
    assert names(answer) == names(day.app.get(kind))


@pytest.mark.parametrize(
    "query",
    [
        f"_include={QR}:encounter:Encounter",
        f"_include={QR}:questionnaire:Questionnaire",
        f"_revinclude=Provenance:target:{QR}",
    ],
)
def test_the_type_that_is_meant_may_be_named(day: Day, query: str) -> None:
    named, plain = (day.app.get(f"{QR}?{one}") for one in (query, query.rpartition(":")[0]))

    assert found_in(named, "include") == found_in(plain, "include") != []
    assert day.app.get(f"{QR}?{query.rpartition(':')[0]}:Patient").status_code == 400


def test_several_come_together(day: Day) -> None:
    query = f"_include={QR}:encounter&_include={QR}:questionnaire&_revinclude=Provenance:target"
    kinds = [one["resourceType"] for one in found_in(day.app.get(f"{QR}?_id={day.first}&{query}"), "include")]

    assert sorted(kinds) == ["Encounter", "Provenance", "Questionnaire"]


def test_what_comes_along_needs_its_own_scope(day: Day) -> None:
    narrow = mine(day.world, scope=f"patient/{QR}.rs")

    for query in (f"_include={QR}:encounter", "_revinclude=Provenance:target"):
        assert narrow.get(f"{QR}?{query}").status_code == 403


REFUSED = [
    "_include=*",
    f"_include={QR}:*",
    f"_include:iterate={QR}:encounter",
    "_revinclude=*",
    f"_include={QR}:basedOn",
]


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_not_offered_is_refused(day: Day, query: str) -> None:
    answer = day.app.get(f"{QR}?{query}", Prefer="handling=lenient")

    assert (answer.status_code, issue_codes(answer)) == (400, ["not-supported"])
