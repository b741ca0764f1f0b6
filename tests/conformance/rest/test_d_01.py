"""Without a good token 401; without the scope 403; somebody else's resource is not there, 404; a search for somebody
else 403. [FHIR R4 security, Access Denied Response Handling]
"""

import pytest

from tests.conformance.rest.asking import CLINICAL, OTHER_NAME, QR, Day, by_form, issue_codes, mine
from tests.people import App


@pytest.mark.parametrize("token", [None, "", "x", "x.y.z"])
def test_without_a_good_token_there_is_nothing(day: Day, token: str | None) -> None:
    for path in (*CLINICAL, day.place(QR), f"{QR}/nothing", day.place("Binary")):
        answer = App(day.world, token).get(path)
        assert (answer.status_code, issue_codes(answer)) == (401, ["login"])
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("kind", CLINICAL)
def test_without_the_scope_it_is_forbidden(day: Day, kind: str) -> None:
    others = " ".join(f"patient/{one}.rs" for one in CLINICAL if one != kind)

    for path in (kind, day.place(kind), f"{kind}/nothing"):
        answer = mine(day.world, scope=others).get(path)
        assert (answer.status_code, issue_codes(answer)) == (403, ["forbidden"])
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("kind", CLINICAL)
def test_a_search_for_somebody_else_is_forbidden(day: Day, kind: str) -> None:
    for value in (OTHER_NAME, f"Patient/{OTHER_NAME}", "nobody-at-all"):
        for answer in (day.app.get(f"{kind}?patient={value}"), by_form(day.app, kind, f"patient={value}")):
            assert (answer.status_code, issue_codes(answer)) == (403, ["forbidden"])


@pytest.mark.parametrize("kind", [*CLINICAL, "Binary"])
def test_what_is_somebody_elses_is_not_there(day: Day, kind: str) -> None:
    foreign, absent = (mine(day.world, OTHER_NAME).get(one) for one in (day.place(kind), f"{kind}/nothing"))

    assert (foreign.status_code, foreign.content) == (404, absent.content)
