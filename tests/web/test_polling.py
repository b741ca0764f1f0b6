"""Software that asks by _lastUpdated for what is new since its last look sees each released entry, once (rule 15)."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest

from tests.people import App, app_of, backend_app, patient
from tests.workflow.holding import holding
from tests.world import World

__all__ = ["holding"]

KINDS = ("QuestionnaireResponse", "Provenance", "DocumentReference")
PATIENTS = {"patient-six-done": "six-done", "patient-eight-done": "eight-done"}
SCOPES = " ".join(f"system/{kind}.rs" for kind in KINDS)


def registry(world: World) -> App:
    """A token good for the next hour."""
    return backend_app(world, scope=SCOPES, exp=int(world.clock().timestamp()) + 3600)


def news(world: World, kind: str, since: datetime) -> list[tuple[str, str]]:
    """The id and version of each resource of this kind that was updated after this instant."""
    app = registry(world)
    found = app.get(f"{kind}?_lastUpdated=gt{since.isoformat().replace('+00:00', 'Z')}&_count=100").json()
    resources = [one["resource"] for one in found.get("entry", [])]
    for one in resources:
        alone = app.get(f"{kind}/{one['id']}").json()
        assert alone["meta"] == one["meta"], "found and read, it says two different things"
        assert since < datetime.fromisoformat(one["meta"]["lastUpdated"]) <= world.clock()
    return [(one["id"], one["meta"]["versionId"]) for one in resources]


@pytest.mark.parametrize("seed", range(3))
def test_each_released_entry_is_news_exactly_once(holding: World, seed: int) -> None:
    """Written over three days at any hour, held until the next morning, asked for at any time in between."""
    world, chance = holding, Random(seed)
    seen: dict[str, Counter[tuple[str, str]]] = {kind: Counter() for kind in KINDS}
    looked = dict.fromkeys(KINDS, world.clock())
    unwritten = [(name, f"{stem}-{number}") for name, stem in PATIENTS.items() for number in (1, 2, 3, 4)]
    chance.shuffle(unwritten)
    written = 0
    for _ in range(60):
        world.clock.pass_time(minutes=chance.choice((1, 20, 100, 300)))
        if unwritten and chance.random() < 0.3:
            name, encounter = unwritten.pop()
            patient(world, name).write(encounter, {f"ai{encounter[-1]}.1": f"words of {encounter}"})
            written += 1
        if chance.random() < 0.7:
            world.deliver()
        for kind in chance.sample(KINDS, chance.randint(0, 3)):
            at = world.clock()
            seen[kind].update(news(world, kind, looked[kind]))
            looked[kind] = at
    world.clock.pass_time(hours=30)
    world.deliver()
    world.clock.pass_time(minutes=1)
    for kind in KINDS:
        seen[kind].update(news(world, kind, looked[kind]))

    assert written > 4
    for kind, counted in seen.items():
        assert len(counted) == written, (kind, counted)
        assert set(counted.values()) == {1}, (kind, counted)


def test_to_its_patient_it_is_as_new_as_its_words_until_the_release(holding: World) -> None:
    ada = patient(holding)
    sent_at = holding.clock()
    ada.write("six-done-1", {"ai1.1": "x"})
    holding.clock.pass_time(hours=1)
    app = app_of(holding)
    [before] = app.get("QuestionnaireResponse").json()["entry"]
    told = datetime.fromisoformat(before["resource"]["meta"]["lastUpdated"])
    assert sent_at <= told <= sent_at + timedelta(minutes=1)

    holding.clock.pass_time(hours=30)
    later = app_of(holding, exp=int(holding.clock().timestamp()) + 3600)
    [after] = later.get("QuestionnaireResponse").json()["entry"]

    assert datetime.fromisoformat(after["resource"]["meta"]["lastUpdated"]) > told + timedelta(hours=2)
    assert after["resource"]["meta"]["versionId"] == before["resource"]["meta"]["versionId"]
