"""What a probe saw, in sentences for the person at the terminal, and what of it speaks against the clinic's file."""

from collections.abc import Iterator

from service.ehr.outcome import Rung
from service.ehr.probe import Probed
from service.filing_table import FilingTable
from service.r4.document_reference import PROGRESS_NOTE

_WAYS = {
    Rung.PUT: "twice by an update at an id of ours (A)",
    Rung.CONDITIONAL: "twice under the same If-None-Exist (B)",
}
_SEARCHES = {
    "finds nothing": "A search by our identifier did not find it within half a minute.",
    "finds everything": "A search by our identifier finds other documents as well: it proves nothing.",
    "refused": "Searches by our identifier are refused.",
}


def words_of(seen: Probed, table: FilingTable) -> Iterator[str]:
    """Everything that was seen, one sentence each."""
    yield _first(seen, table)
    if seen.keeps_identifier is not None:
        yield f"Our identifier is {'kept' if seen.keeps_identifier else 'not kept'}."
    yield from _searching(seen)
    for rung, count in seen.repeats.items():
        yield f"Sent {_WAYS[rung]}: {_standing(count)}."
    if seen.at_once is not None:
        yield f"Sent four times at once under the same If-None-Exist: {_standing(seen.at_once)}."
    yield f"Proven: {', '.join(rung.value for rung in seen.proven)}."
    yield f"{len(seen.made)} document(s) were made and marked as entered in error, but for {len(seen.left)}."
    for one in seen.left:
        yield f"Left behind, and to be struck there by a person: {one}"


def objection(seen: Probed, table: FilingTable) -> str | None:
    """Why the clinic's file cannot stand, in a sentence; None where what it says was proven."""
    if seen.other_type:
        return (
            f"The record system refuses documents of type {table.type_code} and takes progress notes: set"
            f' type_code = "{PROGRESS_NOTE.code}" and type_display = "{PROGRESS_NOTE.display}".'
        )
    if seen.refused_for:
        return f"The record system took no document ({' '.join(seen.refused_for)}): nothing is proven."
    proven = [rung.value for rung in seen.proven]
    if table.rung not in proven:
        return (
            f'filing.rung is "{table.rung}", and only {", ".join(proven)} was seen to hold:'
            f' set rung = "{proven[0]}".'
        )
    if seen.held and table.sees_held and seen.search != "finds":
        return "It holds documents for review and does not find them in searches: set sees_held = false."
    if table.rung == "C" and seen.lag is not None and seen.lag >= 60 * table.quiet_window_minutes:
        return "Searches lag behind by more than filing.quiet_window_minutes: lengthen it."
    return None


def _first(seen: Probed, table: FilingTable) -> str:
    form = table.renditions[0]
    if seen.refused_for:
        return f"A small document ({form}) was refused: {' '.join(seen.refused_for)}."
    return f"A small document ({form}) was {'held for review' if seen.held else 'taken'} ({seen.status})."


def _searching(seen: Probed) -> Iterator[str]:
    if seen.search == "finds" and seen.lag is not None:
        yield f"A search by our identifier found it after {seen.lag:.1f} s."
    elif seen.search in _SEARCHES:
        yield _SEARCHES[seen.search]


def _standing(count: int | None) -> str:
    if count is None:
        return "nobody can say how many stand there"
    return "one stands there" if count == 1 else f"{count} stand there"
