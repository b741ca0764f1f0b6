"""At the base a batch of at most fifty entries is taken; a transaction and every other Bundle is refused with 400.
[FHIR R4 http, batch/transaction; decision 0018]
"""

import pytest

from tests.conformance.rest.asking import QR, Day, Value, fresh, issue_codes, mine
from tests.world import World

READ: Value = {"request": {"method": "GET", "url": "metadata"}}


def bundle(kind: str, *entries: Value) -> Value:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def test_fifty_are_taken_and_no_more(day: Day) -> None:
    assert day.app.post("", bundle("batch", *[READ] * 50)).status_code == 200
    refused = day.app.post("", bundle("batch", *[READ] * 51))
    assert (refused.status_code, issue_codes(refused)) == (400, ["too-costly"])


@pytest.mark.parametrize("kind", ["transaction", "collection", "searchset", "history", "document", "message"])
def test_every_other_bundle_is_refused(day: Day, kind: str) -> None:
    answer = day.app.post("", bundle(kind, READ))

    assert answer.status_code == 400
    assert issue_codes(answer)


def test_a_transaction_leaves_nothing_behind(world: World) -> None:
    entry = {"resource": fresh(world), "request": {"method": "POST", "url": QR}}
    answer = mine(world).post("", bundle("transaction", entry))

    assert (answer.status_code, issue_codes(answer)) == (400, ["not-supported"])
    assert "entry" not in mine(world).get(QR).json()


def test_the_statement_offers_a_batch_and_no_transaction(day: Day) -> None:
    assert day.app.get("metadata").json()["rest"][0]["interaction"] == [{"code": "batch"}]
