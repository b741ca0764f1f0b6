"""The same button pressed several times at once, for a first sending and for a change (fault matrix F44)."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from service.journal.entries import FilingKind
from service.store import entries, filings
from tests.people import Patient, patient
from tests.strangers.patients import INFUSIONS, Stranger, resources
from tests.workflow.contexts import as_patient
from tests.world import World

_CHANGES = 4  # of entries that were sent, for each patient: so ten presses of each
EACH = INFUSIONS + _CHANGES


def races(world: World, wanted: int, chance: random.Random) -> Counter[str]:
    """So many presses, each made two or three times at once: races, presses, several_responses, strange_answers.

    Several responses are versions or filings beyond one for each thing that was meant.
    """
    people = [Stranger(f"patient-w-{number}") for number in range(-(-wanted // EACH))]
    world.records().place(resources(tuple(people), datetime.now(UTC)))
    counted = Counter[str]()
    for one in people:
        person = patient(world, one.id)
        for key, version in _meant(person, one, min(EACH, wanted - counted["races"]), chance):
            times = chance.choice((2, 2, 3))
            with ThreadPoolExecutor(times) as pool:
                answers = list(pool.map(lambda _: person.send(*key), range(times)))  # noqa: B023 - done with it here
            counted["races"] += 1
            counted["presses"] += times
            receipts = {answer.headers.get("location") for answer in answers}
            counted["strange_answers"] += len(receipts) != 1 or None in receipts
            counted["several_responses"] += not _is_one(world, one.id, key[0], version)
    return counted


def _meant(
    person: Patient, one: Stranger, count: int, chance: random.Random
) -> Iterator[tuple[tuple[str, int], int]]:
    """What is meant each time: the draft and its revision that are pressed, and which version it becomes."""
    sent: dict[str, int] = {}
    for number in range(count):
        if number < INFUSIONS:
            key = person.begin(one.encounter(number + 1))
            sent[key] = 0
        else:
            key = chance.choice(sorted(sent))
            assert person.post(f"entry/{key}/change").status_code == 303
        link = f"ai{list(sent).index(key) + 1}.1"
        saved = person.type(key, 1, {link: f"words {chance.random()}"})
        assert saved.status_code == 200, saved.text
        sent[key] += 1
        yield (key, saved.json()["revision"]), sent[key]


def _is_one(world: World, name: str, key: str, version: int) -> bool:
    context = as_patient(name)
    kept = entries.by_key(world.desk.store, context, key)
    if kept is None or kept.version != version:
        return False
    owed = filings.of_entry(world.desk.store, context, kept.id)
    return [one.entry_version for one in owed if one.kind is FilingKind.SUMMARY] == list(
        range(1, version + 1)
    )
