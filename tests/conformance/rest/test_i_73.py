"""A next link leads to the page after, keeps _count, tells nothing, and holds only for who was given it.
[FHIR R4 http, Paging; threat T4]
"""

import pytest

from tests.conformance.rest.asking import (
    CLINICAL,
    OTHER_NAME,
    Day,
    backend,
    below,
    found_in,
    issue_codes,
    links,
    mine,
    names,
    staff,
)


@pytest.mark.parametrize("kind", [*CLINICAL, "Questionnaire"])
def test_the_pages_together_are_the_whole(day: Day, kind: str) -> None:
    whole, seen = names(day.app.get(kind)), []
    answer = day.app.get(f"{kind}?_count=1")
    for _ in range(len(whole) + 1):
        page = found_in(answer)
        assert len(page) <= 1
        seen += [str(one["id"]) for one in page]
        if "next" not in links(answer):
            break
        assert "_count=1" in links(answer)["next"]
        answer = day.app.get(below(day.world, links(answer)["next"]))

    assert len(whole) > 1
    assert seen == whole


@pytest.mark.parametrize("kind", ["QuestionnaireResponse", "Provenance", "Task", "DocumentReference"])
def test_a_page_link_in_other_hands_is_none(day: Day, kind: str) -> None:
    link = below(day.world, links(day.app.get(f"{kind}?_count=1"))["next"])

    assert day.app.get(link).status_code == 200
    for other in (mine(day.world, OTHER_NAME), staff(day.world), backend(day.world)):
        refused = other.get(link)
        assert (refused.status_code, issue_codes(refused)) == (400, ["value"])


def test_nor_is_one_that_was_bent(day: Day) -> None:
    link = below(day.world, links(day.app.get("Task?_count=1"))["next"])

    for bent in (
        link.replace("after=", "after=A"),
        f"{link}&status=requested",
        link.replace("_count=1", "_count=2"),
    ):
        assert day.app.get(bent).status_code == 400
