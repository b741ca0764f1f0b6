"""Read n calendars, half of them with visits that never end, twice and in another order: each says one thing only.

Calendars are drawn with doubled visits, none, two on a day, days without a time, visits that are parts of others and
such as were withdrawn. The judge knows the usual stay and nothing else of how visits become infusions (rule 8, F51).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from service.journal.assigned import AssignedStatus
from service.journal.entries import Draft, EntryVersion
from service.journal.infusions import Infusion
from service.journal.match import EncounterSeen
from service.journal.overview import Overview
from tests.journal.calendars import RULES, Keeper, calendars, look, written_after
from tests.proofs.figures import Figures, at_least, exactly

DEFAULT_N = 5000
CI_N = 200


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n calendars; none may be read in two ways, swallow an infusion, or move what somebody wrote."""
    counted: Counter[str] = Counter()
    half = n // 2
    _read(counted, n - half, seed, open_ends=False)
    _read(counted, half, seed + 1, open_ends=True)
    wrongs = ("nondeterministic", "swallowed", "misfiled", "renamed")
    for wrong in wrongs:
        report(f"{wrong}: {counted[wrong]}")
    return Figures(
        planned=n,
        injected=counted["calendars"],
        counted={
            name: counted[name]
            for name in ("calendars", "with_open_ends", "infusions", "doubts", "begun", *wrongs)
        },
        bars={
            "with_open_ends": at_least(half // 2),
            "infusions": at_least(n),
            "doubts": at_least(n // 10),
            "begun": at_least(n // 2),
        }
        | dict.fromkeys(wrongs, exactly(0)),
    )


def _read(counted: Counter[str], n: int, chance: int, *, open_ends: bool) -> None:
    """So many calendars from this chance; what is wrong is counted, so that one does not hide the others."""

    @seed(chance)
    @settings(
        max_examples=n,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def each(data: st.DataObject) -> None:
        drawn = data.draw(calendars())
        seen = [replace(one, end=None) for one in drawn] if open_ends else drawn
        before = look(seen)
        drafts, entries = data.draw(written_after(before.assignments))
        otherwise = data.draw(st.permutations(seen))
        later = [*otherwise[: len(seen) // 2], *data.draw(calendars(4))]
        counted["calendars"] += 1
        counted["with_open_ends"] += any(one.start and one.end is None for one in seen)
        counted["infusions"] += len(before.course.infusions)
        counted["doubts"] += len(before.course.doubts)
        counted["nondeterministic"] += _differs(otherwise, before)
        counted["swallowed"] += _swallowed(before.course.infusions, seen)
        _written(counted, [*drafts, *entries], look(later, (), drafts, entries))

    each()


def _differs(otherwise: Sequence[EncounterSeen], before: Overview) -> bool:
    """Whether another order, or one visit arriving after the other, leads to anything else."""
    one_by_one, at_once = Keeper(), Keeper()
    at_once.keep(before)
    for number in range(1, len(otherwise) + 1):
        one_by_one.keep(look(otherwise[:number]))
    return look(otherwise).course != before.course or _assigned(one_by_one) != _assigned(at_once)


def _assigned(keeper: Keeper) -> set[tuple[object, ...]]:
    return {
        (one.encounter_id, one.ordinal, one.questionnaire)
        for one in keeper.kept.values()
        if one.status is not AssignedStatus.CANCELLED
    }


def _swallowed(infusions: Sequence[Infusion], seen: Sequence[EncounterSeen]) -> int:
    """Infusions made of visits that a usual stay and more lies between, with nothing else to join them."""
    by_id = {one.id: one for one in seen}
    return sum(_joined_by_nothing([by_id[name] for name in one.encounter_ids]) for one in infusions)


def _joined_by_nothing(visits: Sequence[EncounterSeen]) -> bool:
    if any(one.part_of or one.appointments or one.end for one in visits):
        return False
    starts = sorted(one.start for one in visits if one.start)
    return any(after - before > RULES.match.usual_stay for before, after in pairwise(starts))


def _written(counted: Counter[str], begun: Sequence[Draft | EntryVersion], after: Overview) -> None:
    """Whatever calendar comes afterwards, what was begun stays with its infusion under its name (rule 9)."""
    kept = {step.key: step for step in after.steps if step.is_started}
    counted["begun"] += len(begun)
    counted["misfiled"] += sum(one.key not in kept or kept[one.key].link != one.link for one in begun)
    counted["renamed"] += sum(
        one.key in kept and kept[one.key].questionnaire != one.questionnaire for one in begun
    )
