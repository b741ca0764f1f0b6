"""Conditions, orders and places as SQL: every value is a bound parameter, every field one of the columns given.

The id breaks ties in an order, in the direction of its last field, so that no page ends between two alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, not_, or_, tuple_

from service.journal.conditions import (
    Among,
    Comparison,
    Condition,
    During,
    Lacks,
    Place,
    Sort,
    Text,
    Versioned,
)

Columns = Mapping[str, ColumnElement[Any]]


def said(conditions: Iterable[Condition], columns: Columns) -> list[ColumnElement[bool]]:
    """Each condition as a predicate of its field's column."""
    return [_said(one, columns[one.field]) for one in conditions]


def ordered(order: Sequence[Sort], columns: Columns) -> list[ColumnElement[Any]]:
    """The columns to order by, the id last."""
    return [
        columns[one.field].desc() if one.descending else columns[one.field].asc() for one in _with_id(order)
    ]


def behind(order: Sequence[Sort], place: Place, columns: Columns) -> ColumnElement[bool]:
    """What comes after the place in this order."""
    sorts = _with_id(order)
    fields = [columns[one.field] for one in sorts]
    ended = [literal(key, field.type) for key, field in zip((*place.keys, place.id), fields, strict=True)]
    if len({one.descending for one in sorts}) == 1:
        # One comparison of rows, which an index over these columns answers.
        here, there = tuple_(*fields), tuple_(*ended)
        return here < there if order[-1].descending else here > there
    return or_(
        *(
            and_(
                *(fields[before] == ended[before] for before in range(at)),
                fields[at] < ended[at] if sort.descending else fields[at] > ended[at],
            )
            for at, sort in enumerate(sorts)
        )
    )


def _with_id(order: Sequence[Sort]) -> list[Sort]:
    return [*order, Sort("id", order[-1].descending)]


def _said(condition: Condition, column: ColumnElement[Any]) -> ColumnElement[bool]:
    match condition:
        case Among(values=values, negated=False):
            return column.in_(sorted(values))
        case Among(values=values):
            return or_(column.is_(None), column.not_in(sorted(values)))
        case Versioned(values=values):
            # No LIKE: SQLite's does not tell upper case from lower.
            begins = (func.substr(column, 1, len(one) + 1) == f"{one}|" for one in sorted(values))
            return or_(column.in_(sorted(values)), *begins)
        case Lacks(negated=negated):
            return column.is_not(None) if negated else column.is_(None)
        case During(comparisons=comparisons):
            return or_(*(_compared(one, column) for one in comparisons))
        case Text():
            raise TypeError("no text of a patient is searched")


def _compared(one: Comparison, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """As `Comparison.holds` says of one instant."""
    within = and_(column >= one.begins, column < one.ends)
    by_prefix = {
        "eq": within,
        "ap": within,
        "ne": not_(within),
        "gt": column >= one.ends,
        "sa": column >= one.ends,
        "lt": column < one.begins,
        "eb": column < one.begins,
        "ge": column >= one.begins,
        "le": column < one.ends,
    }
    return by_prefix[one.prefix]
