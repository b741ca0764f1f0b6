"""Invented R4 Encounters of a whole clinic as NDJSON, and the generator's own count of what it made.

Every visit is made for a reason that the generator knows: an infusion, a second encounter of the same one, a visit of
another kind, a cancelled one. What a rule should find is counted while it is written, never read back.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CODES = "http://maplegrove.example/encounter-types"
INFUSION, INTAKE, FOLLOW_UP = "ketamine-iv-infusion", "intake", "follow-up-visit"
MOST_VISITS = 40
FREQUENT_VISITS = 400  # one patient has been coming for years
_BEGAN = datetime(2022, 1, 3, 16, 0, tzinfo=UTC)
_APART = timedelta(days=3)  # no two visits of a patient share a day, unless they are made to

Json = dict[str, Any]


@dataclass
class Made:
    """What was made: encounters, patients, infusions to be found, and visits by what they are."""

    encounters: int = 0
    patients: int = 0
    infusions: int = 0
    longest: int = 0  # the most infusions of one patient
    kinds: Counter[str] = field(default_factory=Counter)


def write(path: Path, encounters: int, seed: int) -> Made:
    """Write this many encounters, one a line, patients mixed as an export mixes them; what they are."""
    made = Made()
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for encounter in _mixed(_encounters(encounters, chance, made), chance):
            file.write(json.dumps(encounter, separators=(",", ":")) + "\n")
    return made


def _mixed(encounters: Iterator[Json], chance: random.Random) -> Iterator[Json]:
    """In another order than they were made, with at most a thousand in hand."""
    held: list[Json] = []
    for one in encounters:
        held.append(one)
        if len(held) > 1000:
            yield held.pop(chance.randrange(len(held)))
    chance.shuffle(held)
    yield from held


def _encounters(encounters: int, chance: random.Random, made: Made) -> Iterator[Json]:
    while made.encounters < encounters:
        made.patients += 1
        visits = FREQUENT_VISITS if made.patients == 7 else chance.randint(1, MOST_VISITS)
        before = made.infusions
        yield from _of_patient(min(visits, encounters - made.encounters), chance, made)
        made.longest = max(made.longest, made.infusions - before)


def _of_patient(visits: int, chance: random.Random, made: Made) -> Iterator[Json]:
    patient, left, start = f"patient-{made.patients}", visits, _BEGAN + timedelta(days=chance.randint(0, 700))
    while left:
        start += _APART * chance.randint(1, 3)
        kind = _kind(chance, left)
        documented = list(_VISITS[kind](_Day(patient, start, chance, made)))
        made.kinds[kind] += 1
        made.infusions += kind in _COUNTED
        made.encounters += len(documented)
        left -= len(documented)
        yield from documented


@dataclass
class _Day:
    """One patient's one day at the clinic, on which something is documented."""

    patient: str
    start: datetime
    chance: random.Random
    made: Made

    def visit(self, number: int, code: str, *, minutes: int = 60, **more: Any) -> Json:
        """An Encounter of this day that lasts so many minutes; `number` counts within the day."""
        start = self.start + timedelta(minutes=self.chance.randint(0, 20))
        return {
            "resourceType": "Encounter",
            "id": f"enc-{self.made.encounters + number}",
            "meta": {"versionId": "1"},
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "type": [{"coding": [{"system": CODES, "code": code}], "text": code}],
            "subject": {"reference": f"Patient/{self.patient}"},
            "participant": [{"individual": {"reference": "Practitioner/clinician-1"}}],
            "period": {
                "start": start.isoformat(),
                "end": (start + timedelta(minutes=minutes)).isoformat(),
            },
        } | more


def _infusion(day: _Day) -> Iterator[Json]:
    yield day.visit(1, INFUSION)


def _split(day: _Day) -> Iterator[Json]:
    """One treatment as two encounters, the second a part of the first."""
    first = day.visit(1, INFUSION, minutes=30)
    yield first
    yield day.visit(2, INFUSION, minutes=90) | {"partOf": {"reference": f"Encounter/{first['id']}"}}


def _open_end(day: _Day) -> Iterator[Json]:
    visit = day.visit(1, INFUSION)
    yield visit | {"period": {"start": visit["period"]["start"]}}


def _closed_late(day: _Day) -> Iterator[Json]:
    """Its end was written days later, when another infusion may have been given already."""
    yield day.visit(1, INFUSION, minutes=60 * 24 * 4)


def _of_an_episode(day: _Day) -> Iterator[Json]:
    yield day.visit(1, INFUSION, episodeOfCare=[{"reference": f"EpisodeOfCare/episode-{day.patient}"}])


def _day_only(day: _Day) -> Iterator[Json]:
    yield day.visit(1, INFUSION) | {"period": {"start": day.start.date().isoformat()}}


def _intake(day: _Day) -> Iterator[Json]:
    yield day.visit(1, INTAKE)


def _follow_up(day: _Day) -> Iterator[Json]:
    yield day.visit(1, FOLLOW_UP, minutes=20)


def _cancelled(day: _Day) -> Iterator[Json]:
    yield day.visit(1, INFUSION, status="cancelled")


_VISITS = {
    "infusion": _infusion,
    "split": _split,
    "open-end": _open_end,
    "closed-late": _closed_late,
    "of-an-episode": _of_an_episode,
    "day-only": _day_only,
    "intake": _intake,
    "follow-up": _follow_up,
    "cancelled": _cancelled,
}
_SHARES = (40, 5, 5, 4, 4, 2, 10, 20, 10)  # of a hundred; sixty of them are infusions
_COUNTED = frozenset(("infusion", "split", "open-end", "closed-late", "of-an-episode", "day-only"))


def _kind(chance: random.Random, left: int) -> str:
    (kind,) = chance.choices(list(_VISITS), _SHARES)
    return "infusion" if kind == "split" and left < 2 else kind
