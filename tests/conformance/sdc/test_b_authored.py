"""Each response says when its answers last changed, which is not when it came to us or was sent.
[SDC 4.0 sdc-questionnaireresponse, authored; US Core 7.0; house rule]
"""

from datetime import datetime, timedelta

from service.cli.demo_clinic import CLINIC
from tests.conformance.sdc.asking import QR, first_set, mine, taken
from tests.people import patient
from tests.world import NOON, World


def test_an_apps_own_time_stands_as_it_was_written(world: World) -> None:
    kept = taken(world, first_set(world, authored="2026-11-20T10:15:30.5-08:00"))

    assert kept["authored"] == "2026-11-20T10:15:30.5-08:00"
    assert datetime.fromisoformat(kept["meta"]["lastUpdated"]) > datetime.fromisoformat(kept["authored"])


def test_what_was_written_by_hand_is_as_old_as_its_last_words(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    revision = ada.type(key, 1, {"ai1.1": "an hour ago"}).json()["revision"]
    world.clock.pass_time(minutes=50)
    assert ada.send(key, revision).status_code == 303

    kept = mine(world).get(f"{QR}/{world.desk.entry_id(CLINIC, key)}").json()

    assert datetime.fromisoformat(kept["authored"]) - NOON < timedelta(minutes=1)
    assert datetime.fromisoformat(kept["meta"]["lastUpdated"]) - NOON > timedelta(minutes=49)
