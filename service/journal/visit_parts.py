"""Encounter.partOf, followed upwards: a part of a part belongs to the whole, whatever stands between them (rule 8)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from service.journal.match import EncounterSeen


def wholes(encounter: EncounterSeen, seen: Mapping[str, EncounterSeen]) -> Iterator[EncounterSeen]:
    """The encounters this one is part of, the nearest first; each once, also where they go in a circle."""
    passed = {encounter.id}
    above = _above(encounter, seen)
    while above is not None and above.id not in passed:
        yield above
        passed.add(above.id)
        above = _above(above, seen)


def under_counted(
    encounters: Iterable[EncounterSeen], seen: Mapping[str, EncounterSeen]
) -> list[EncounterSeen]:
    """The counted encounters, each as part of the nearest counted one above it, where there is one."""
    counted = {one.id: one for one in encounters}
    return [_under(one, counted, seen) for one in counted.values()]


def _under(
    encounter: EncounterSeen, counted: Mapping[str, EncounterSeen], seen: Mapping[str, EncounterSeen]
) -> EncounterSeen:
    nearest = next((one.id for one in wholes(encounter, seen) if one.id in counted), None)
    return replace(encounter, part_of=f"Encounter/{nearest}") if nearest else encounter


def _above(encounter: EncounterSeen, seen: Mapping[str, EncounterSeen]) -> EncounterSeen | None:
    _, _, parent = f"/{encounter.part_of or ''}".rpartition("/Encounter/")
    return seen.get(parent)
