"""Each issue has a severity and a code of R4 and says where it is; nothing that was written, no secret, no SQL and
nobody else's data stands in it. [FHIR R4 OperationOutcome; product rule 28]
"""

from tests.conformance.rest.asking import QR, THEIRS, Day, fresh, mine
from tests.world import World

SEVERITIES = {"fatal", "error", "warning", "information"}


def test_an_issue_says_what_and_where(world: World) -> None:
    faulty = fresh(world, item=[{"linkId": "ai9.9", "answer": [{"valueString": THEIRS}]}], authored=None)
    answer = mine(world).post(QR, faulty)

    assert answer.status_code == 422
    issues = answer.json()["issue"]
    assert [one["expression"] for one in issues] == [[f"{QR}.authored"], [f"{QR}.item[0].linkId"]]
    assert {one["severity"] for one in issues} <= SEVERITIES
    assert THEIRS not in answer.text


def test_a_refusal_tells_nothing_of_the_house_or_of_others(day: Day) -> None:
    token = str(day.app.token)
    for path in (f"{QR}/{day.theirs}", f"{QR}?_id=%00", f"{QR}?authored=;SELECT", f"{QR}?patient={THEIRS}"):
        told = day.app.get(path).text
        for said in (THEIRS, token, "SELECT", "Traceback", "sqlite", day.theirs, ".py"):
            assert said not in told, (path, said)
