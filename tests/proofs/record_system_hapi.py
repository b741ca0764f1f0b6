"""HAPI's FHIR server, which we did not build, holds each acknowledged entry once, whatever became of its answers.

On each rung n entries are delivered by four workers at once, every second one gets a second version, some are struck.
Each entry has its response there beside its documents, up to date. Answers are lost after HAPI has written, looks
find nothing, requests arrive minutes late. HAPI alone is asked what stands there. The same document sent four times at
once shows what guards: HAPI on rungs A and B; on C only our lanes.
"""

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from threading import Barrier

import httpx2

from service.ehr.outcome import Filed, Outcome, Rung
from service.ehr.write_back import file_document, strike_document
from tests.ehr.documents import document
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.record_systems.clinic import VISITS, WORKERS, Clinic, Writing
from tests.record_systems.hapi import hapi
from tests.record_systems.judging import (
    Responses,
    Verdict,
    by_identifier,
    judged,
    responses,
    standing,
    words_of,
)
from tests.record_systems.wire import Trouble, Wire
from tests.workflow.filing import keep_rules

DEFAULT_N = 30
CI_N = 3
NEEDS = ("java",)

RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH)
_RACER = "race-1"
# On rung C a look that finds nothing is what the quiet window is for: it is waited out, not survived.
_GUARDED = (Trouble.CUT, Trouble.BLIND, Trouble.LATE, Trouble.NONE)
_TROUBLES = {
    Rung.PUT: _GUARDED,
    Rung.CONDITIONAL: _GUARDED,
    Rung.SEARCH: (Trouble.CUT, Trouble.LATE, Trouble.NONE),
}
_MARKS = (Trouble.CUT, Trouble.NONE)
_Report = Callable[[str], None]


@dataclass
class _Tally:
    """What was done to HAPI, and what came of the races at it."""

    entries: list[Writing] = field(default_factory=list)
    planned: int = 0
    doubled: int = 0  # documents too many where HAPI guards
    refused: int = 0  # workers that were turned away there, though the document stands
    unguarded: int = 0  # documents too many on rung C, where nobody but our lanes guards


def prove(n: int, seed: int, report: _Report) -> Figures:
    """n entries on each rung; every version of each must stand in HAPI once, as it was written."""
    began, tally = time.monotonic(), _Tally()
    with _clinic(random.Random(seed)) as (clinic, judge):
        report(f"HAPI answers after {time.monotonic() - began:.1f} s")
        for rung in RUNGS:
            _file(clinic, judge, rung, n, tally)
            report(f"rung {rung.value}: {len(tally.entries)} entries, {len(clinic.wire.happened)} troubles")
        unsettled = clinic.unsettled({entry.patient for entry in tally.entries})
        there = standing(judge, clinic.base)
        beside = responses(judge, clinic.base, [entry.acknowledged for entry in tally.entries])
        clinic.admit([_RACER])
        for rung in RUNGS:
            _race(clinic, judge, rung, n, tally)
    read_back = sum(one.is_whole for one in there)
    verdict = judged([entry.acknowledged for entry in tally.entries], there)
    for fault in (*verdict.wrong, *beside.wrong, *unsettled):
        report(fault)
    return _figures(tally, clinic.wire, verdict, beside, read_back, len(unsettled))


@contextmanager
def _clinic(chance: random.Random) -> Iterator[tuple[Clinic, httpx2.Client]]:
    """The clinic at an empty HAPI, and a judge's own way there."""
    with (
        hapi() as base,
        small_world() as world,
        httpx2.Client(timeout=60, trust_env=False) as judge,
        httpx2.HTTPTransport(trust_env=False) as direct,
    ):
        wire = Wire(direct, world.clock)
        with httpx2.Client(transport=wire, timeout=60, trust_env=False) as http:
            keep_rules(world, response=True)  # HAPI takes the response itself as well
            yield Clinic(world, base, wire, http, chance), judge


def _file(clinic: Clinic, judge: httpx2.Client, rung: Rung, n: int, tally: _Tally) -> None:
    """Entries, then second versions of every other one, then some are struck; all with their troubles."""
    patients = [f"rung-{rung.value.lower()}-{number}" for number in range(1, -(-n // VISITS) + 1)]
    clinic.admit(patients)
    places = [(patient, ordinal) for patient in patients for ordinal in range(1, VISITS + 1)]
    tally.planned += _plan(clinic.wire.documents, _TROUBLES[rung], n)
    entries = [clinic.send(*place) for place in places[:n]]
    clinic.deliver(rung, patients)
    amended = entries[::2]
    tally.planned += _plan(clinic.wire.documents, _TROUBLES[rung], len(amended))
    tally.planned += _plan(clinic.wire.marks, _MARKS, len(amended))
    for entry in amended:
        clinic.amend(entry)
    clinic.deliver(rung, patients)
    struck = entries[2::3]
    tally.planned += _plan(clinic.wire.marks, _MARKS, len(struck))
    for entry in struck:
        _strike(clinic, judge, entry)
    tally.entries += entries


def _plan(plan: deque[Trouble], troubles: Sequence[Trouble], times: int) -> int:
    """Plan these troubles in turn, for so many documents; how many of them befall something."""
    coming = list(islice(cycle(troubles), times))
    plan.extend(coming)
    return sum(trouble is not Trouble.NONE for trouble in coming)


def _strike(clinic: Clinic, judge: httpx2.Client, entry: Writing) -> None:
    """Have the entry's last document marked as entered in error, and once more where the answer was lost."""
    found = by_identifier(judge, clinic.base, f"urn:uuid:{entry.key}")
    last = next(one for one in found if entry.words[-1] in words_of(one))
    version = last["masterIdentifier"]["value"]
    strike_document(clinic.record, last["id"], version)
    again = strike_document(clinic.record, last["id"], version)
    assert isinstance(again, Filed)
    assert again.existed
    entry.struck = True


def _race(clinic: Clinic, judge: httpx2.Client, rung: Rung, n: int, tally: _Tally) -> None:
    """Four send one document at the same moment, each after it has looked and found nothing; n times."""
    for _ in range(n):
        version = clinic.new_uri()
        outcomes = _at_once(clinic, rung, version)
        too_many = len(by_identifier(judge, clinic.base, version)) - 1
        if rung is Rung.SEARCH:
            tally.unguarded += too_many
        else:
            tally.doubled += too_many
            tally.refused += sum(not isinstance(outcome, Filed) for outcome in outcomes)


def _at_once(clinic: Clinic, rung: Rung, version: str) -> list[Outcome]:
    line, body = Barrier(WORKERS), document(version, patient=_RACER)

    def run(_: int) -> Outcome:
        return file_document(clinic.record, rung, body, version, may_send=lambda: line.wait(60) >= 0)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(run, range(WORKERS)))


def _figures(
    tally: _Tally, wire: Wire, verdict: Verdict, beside: Responses, read_back: int, unsettled: int
) -> Figures:
    versions = sum(len(entry.words) for entry in tally.entries)
    replacing = versions - len(tally.entries)
    struck = sum(entry.struck for entry in tally.entries)
    happened = Counter(wire.happened)
    return Figures(
        planned=tally.planned,
        injected=len(wire.happened),
        counted={
            **{trouble.value: happened[trouble] for trouble in Trouble if trouble is not Trouble.NONE},
            "acknowledged": versions,
            "filed": verdict.filed,
            "lost": verdict.lost,
            "duplicates": verdict.duplicates + tally.doubled + beside.duplicates,
            "responses": beside.filed,
            "read_back": read_back,
            "replaced": verdict.replaced,
            "struck": verdict.struck,
            "wrong": len(verdict.wrong) + len(beside.wrong),
            "unsettled": unsettled,
            "turned_away": tally.refused,
            "unguarded_doubles": tally.unguarded,
        },
        bars={
            "filed": exactly(versions),
            "lost": exactly(0),
            "duplicates": exactly(0),
            "responses": exactly(len(tally.entries)),
            "read_back": exactly(versions),
            "replaced": exactly(replacing),
            "struck": exactly(struck),
            "wrong": exactly(0),
            "unsettled": exactly(0),
            "turned_away": exactly(0),
            "unguarded_doubles": at_least(1),
        },
    )
