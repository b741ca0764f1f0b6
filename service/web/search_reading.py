"""The parameters of a search, read by the table they are offered from into conditions (fhir-rest C, F).

A parameter may stand as often as one likes: every one has to hold, and a comma list holds where one of its values
does (I-83). What is not understood is refused and never ignored (decision 0005).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from service.access.context import AccessContext
from service.journal.conditions import Among, Condition, Lacks, Place, Sort, values_asked
from service.journal.problems import Fault, NotAllowed
from service.r4.search_parameters import Parameter
from service.smart.fhir_id import is_id
from service.web import search_forms
from service.web.search_values import PAGE, BadValue, UnknownParameter, count_or_none

# A question of a size that every database takes.
_MOST = 20
_MARKED = "@"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search wants: conditions that all have to hold, an order (empty for the usual one), and one page of it.

    `place` is what the page link said, as `place_of` wrote it.
    """

    conditions: tuple[Condition, ...]
    order: tuple[Sort, ...]
    place: str | None
    limit: int

    @property
    def patients(self) -> frozenset[str] | None:
        """The patients that are named; None where none is."""
        named = values_asked(self.conditions, "patient_id")
        return named or None


def read(pairs: Iterable[tuple[str, str]], offered: Sequence[Parameter]) -> Wanted:
    """What these parameters say; own references already as `Type/id`.

    UnknownParameter for a parameter or modifier not offered, BadValue for a value that cannot be used.
    """
    known = {one.name: one for one in offered}
    conditions: list[Condition] = []
    once: dict[str, str] = {}
    for name, value in pairs:
        plain, _, modifier = name.partition(":")
        if name in ("_count", "_sort", "after"):
            if name in once:
                raise BadValue(Fault("value", f"{name} may stand only once."))
            once[name] = value
        elif plain in known:
            conditions.append(_condition(known[plain], modifier if ":" in name else None, value))
        elif name not in ("_format", "_pretty"):
            raise UnknownParameter(Fault("not-supported", "This search parameter is not offered here."))
    if len(conditions) > _MOST:
        raise BadValue(Fault("too-long", "These are more search parameters than are taken at once."))
    limit = int(str(count_or_none(once["_count"])["limit"])) if "_count" in once else PAGE
    order = _order(once["_sort"], known.values()) if "_sort" in once else ()
    return Wanted(tuple(conditions), order, once.get("after"), limit)


def refuse_others(context: AccessContext, wanted: Wanted) -> None:
    """NotAllowed where a patient out of reach is asked for by name (fhir-rest D-01)."""
    if wanted.patients is not None and not all(context.reaches(one) for one in wanted.patients):
        raise NotAllowed


def place_of(place: Place | None) -> str | None:
    """Where a page ended, as `place` reads it again; None behind the last."""
    if place is None:
        return None
    return json.dumps([*(_written(key) for key in place.keys), place.id])


def place(written: str | None, length: int) -> Place | None:
    """The place that `place_of` wrote, of this many keys; BadValue for anything else."""
    if written is None:
        return None
    try:
        *keys, name = json.loads(written)
        if len(keys) != length or not all(isinstance(one, str) for one in (*keys, name)) or not is_id(name):
            raise ValueError("no place of ours")
        return Place(tuple(_key(one) for one in keys), name)
    except (ValueError, TypeError):
        raise BadValue(Fault("value", "This page link is not whole.")) from None


def _condition(parameter: Parameter, modifier: str | None, value: str) -> Condition:
    if modifier == "missing":
        condition: Condition = Lacks(parameter.field, negated=not search_forms.truth(value))
    else:
        condition = search_forms.read(parameter, modifier, value)
    if parameter.constant is None:
        return condition
    # What all of ours have alike needs no column: the question is answered here.
    return _decided(condition, parameter.constant)


def _decided(condition: Condition, constant: str) -> Condition:
    """What every resource answers alike: a condition that always holds, or never."""
    match condition:
        case Among(values=values, negated=negated):
            holds = (constant in values) != negated
        case Lacks(negated=negated):
            holds = negated
        case _:
            holds = False
    return Lacks("id", negated=True) if holds else Among("id", frozenset())


def _order(value: str, offered: Iterable[Parameter]) -> tuple[Sort, ...]:
    """The fields of _sort in their order (I-76); one named twice has said all the first time."""
    fields = {one.name: one.field for one in offered if one.sorts}
    sorts: dict[str, Sort] = {}
    for word in value.split(","):
        name = word.strip().removeprefix("-")
        if name not in fields:
            raise UnknownParameter(Fault("not-supported", "Results are not sorted by this here."))
        sorts.setdefault(fields[name], Sort(fields[name], word.strip().startswith("-")))
    return tuple(sorts.values())


def _written(key: str | datetime) -> str:
    return key if isinstance(key, str) else f"{_MARKED}{key.astimezone(UTC).isoformat()}"


def _key(written: str) -> str | datetime:
    if not written.startswith(_MARKED):
        return written
    moment = datetime.fromisoformat(written.removeprefix(_MARKED))
    if moment.tzinfo is None:
        raise ValueError("no instant")
    return moment
