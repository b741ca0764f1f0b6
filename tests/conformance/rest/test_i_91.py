"""What a batch makes is there for what it reads, wherever they stand; one resource is changed at most once, and no
entry leans on what another makes. [FHIR R4 http, batch; Transaction Processing Rules; decision 0018]
"""

from uuid import uuid4

from tests.conformance.rest.asking import QR, Value, created, fresh, mine
from tests.world import World


def posted(world: World, *entries: Value) -> list[str]:
    answer = mine(world).post("", {"resourceType": "Bundle", "type": "batch", "entry": list(entries)})
    if answer.status_code != 200:
        return [str(answer.status_code)]
    return [str(one["response"]["status"])[:3] for one in answer.json()["entry"]]


def test_creates_come_before_reads(world: World) -> None:
    sent = fresh(world)
    entries: list[Value] = [
        {"request": {"method": "GET", "url": f"{QR}?identifier={sent['identifier']['value']}"}},
        {"resource": sent, "request": {"method": "POST", "url": QR}},
    ]
    told = mine(world).post("", {"resourceType": "Bundle", "type": "batch", "entry": entries}).json()["entry"]

    assert told[1]["response"]["status"].startswith("201")
    assert [one["resource"]["identifier"] for one in told[0]["resource"]["entry"]] == [sent["identifier"]]


def test_the_same_twice_is_refused_whole(world: World) -> None:
    kept = created(world).json()
    change: Value = {
        "resource": kept,
        "request": {"method": "PUT", "url": f"{QR}/{kept['id']}", "ifMatch": 'W/"1"'},
    }
    named: Value = {"fullUrl": f"urn:uuid:{uuid4()}", "request": {"method": "GET", "url": "metadata"}}

    assert posted(world, change, change) == ["400"]
    assert posted(world, named, named) == ["400"]


def test_no_entry_leans_on_another(world: World) -> None:
    name = f"urn:uuid:{uuid4()}"
    leaning: Value = {
        "resource": fresh(world, 2, basedOn=[{"reference": name}]),
        "request": {"method": "POST", "url": QR},
    }
    made: Value = {"fullUrl": name, "resource": fresh(world), "request": {"method": "POST", "url": QR}}

    assert posted(world, leaning, made) == ["400", "201"]
