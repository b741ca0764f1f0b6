"""A batch answers each of its entries by itself, in their order, and is itself 200. [FHIR R4 http, batch]"""

from fhir.resources.R4B.bundle import Bundle

from tests.conformance.rest.asking import QR, Day, Value, fresh, mine
from tests.world import World


def batch(*requests: tuple[str, str]) -> Value:
    entry = [{"request": {"method": method, "url": url}} for method, url in requests]
    return {"resourceType": "Bundle", "type": "batch", "entry": entry}


def test_each_entry_has_its_own_answer(day: Day) -> None:
    answer = day.app.post(
        "", batch(("GET", f"{QR}/{day.first}"), ("GET", f"{QR}/nothing"), ("GET", QR), ("GET", "metadata"))
    )

    told = answer.json()
    Bundle.model_validate(told)
    assert (answer.status_code, told["type"]) == (200, "batch-response")
    assert [one["response"]["status"][:3] for one in told["entry"]] == ["200", "404", "200", "200"]
    assert told["entry"][0]["resource"] == day.app.get(f"{QR}/{day.first}").json()
    assert told["entry"][1]["response"]["outcome"]["issue"][0]["code"] == "not-found"


def test_one_that_fails_does_no_harm_to_the_others(world: World) -> None:
    app, sent = mine(world), fresh(world)
    entries = [{"resource": one, "request": {"method": "POST", "url": QR}} for one in ({}, sent)]
    told = app.post("", {"resourceType": "Bundle", "type": "batch", "entry": entries}).json()["entry"]

    assert [one["response"]["status"][:3] for one in told] == ["400", "201"]
    assert told[1]["response"]["location"].startswith(f"{world.base}/{QR}/")
    assert told[1]["response"]["etag"] == 'W/"1"'
    assert told[1]["response"]["lastModified"]
