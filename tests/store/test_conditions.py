"""Conditions say the same in SQL, on both databases, as by their own rule; sorted pages meet without gap or overlap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.access.context import Role
from service.journal.conditions import (
    Among,
    Comparison,
    Condition,
    During,
    Lacks,
    Period,
    Place,
    Sort,
    Text,
    Value,
    Versioned,
    is_behind,
    meets,
)
from service.journal.entries import EntryStatus, EntryVersion
from service.journal.questions import EntryQuery
from service.journal.release import changed_at
from service.store import conditions, entries
from service.store.deeds import Deed, SaveEntryVersion
from service.store.engine import Store
from service.store.tables import entries as entry_table
from service.store.writer import Writer
from tests.store.builders import NOW, PATIENT, context, entry

HOUR = timedelta(hours=1)
CANONICALS = (
    "https://x.example/Questionnaire/a|1.0.0",
    "https://x.example/Questionnaire/a|2",
    "urn:A|1",
    "urn:a|1",
)
STATUSES = (EntryStatus.COMPLETED, EntryStatus.AMENDED, EntryStatus.ENTERED_IN_ERROR)
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


def of_entry(one: EntryVersion) -> dict[str, Value]:
    return {
        "id": one.id,
        "key": one.key,
        "patient_id": one.patient_id,
        "questionnaire": one.questionnaire,
        "encounter_id": one.link.encounter_id,
        "status": one.status,
        "authored": one.authored,
        "changed_at": changed_at(one, NOW),
    }


@pytest.fixture
def many(writer: Writer, clinic: str) -> str:
    """Twelve entries of two patients: some of one instant, some without an infusion, in every sent status."""
    made = [
        replace(
            entry(
                f"e{number:02}", patient=("bo" if number % 3 else PATIENT), authored=NOW + (number % 4) * HOUR
            ),
            questionnaire=CANONICALS[number % 4],
            status=STATUSES[number % 3],
            recorded_at=NOW + (number % 5) * HOUR,
        )
        for number in range(12)
    ]
    made = [
        replace(one, link=replace(one.link, encounter_id=f"enc-{one.id}" if number % 2 else None))
        for number, one in enumerate(made)
    ]
    writer.perform(Deed(clinic, changes=tuple(SaveEntryVersion(one) for one in made)))
    return clinic


def some(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=3)


COMPARISONS = st.builds(
    lambda prefix, begins, hours: Comparison(prefix, NOW + begins * HOUR, NOW + (begins + hours) * HOUR),
    st.sampled_from(PREFIXES),
    st.integers(-1, 5),
    st.integers(1, 3),
)
WORDS = ("e00", "e01", "enc-e01", "enc-e03", "bo", PATIENT, "completed", "amended", "nothing", "\\'\"%_")
FIELDS = ("id", "key", "patient_id", "encounter_id", "status")
CONDITIONS = st.one_of(
    st.builds(Among, st.sampled_from(FIELDS), some(WORDS), st.booleans()),
    st.builds(Lacks, st.sampled_from((*FIELDS, "authored", "changed_at")), st.booleans()),
    st.builds(
        Versioned,
        st.just("questionnaire"),
        some((*CANONICALS, "https://x.example/Questionnaire/a", "urn:a", "URN:A", "urn:", "urn:_")),
    ),
    st.builds(
        During,
        st.sampled_from(("authored", "changed_at")),
        st.lists(COMPARISONS, min_size=1, max_size=3).map(tuple),
    ),
)


def test_sql_says_of_every_entry_what_the_rule_says(store: Store, many: str) -> None:
    who = context(Role.CLINICIAN, None, many)
    everything = entries.find(store, who, EntryQuery())
    assert len(everything) == 12

    @settings(
        max_examples=300,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(CONDITIONS, max_size=3).map(tuple))
    def agree(asked: tuple[Condition, ...]) -> None:
        query = EntryQuery(conditions=asked)
        found = {one.id for one in entries.find(store, who, query)}
        assert found == {one.id for one in everything if all(meets(each, of_entry(one)) for each in asked)}
        assert entries.count(store, who, replace(query, limit=1)) == len(found)

    agree()


ORDERS = [
    tuple(Sort(field, down) for field, down in zip(fields, downs, strict=True))
    for fields in (
        ("authored",),
        ("status",),
        ("status", "authored"),
        ("changed_at", "authored"),
        ("authored", "id"),
    )
    for downs in product((False, True), repeat=len(fields))
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 5])
def test_sorted_pages_meet_without_gap_or_overlap(
    store: Store, many: str, order: tuple[Sort, ...], size: int
) -> None:
    who = context(Role.CLINICIAN, None, many)
    seen: list[EntryVersion] = []
    query = EntryQuery(order=order, limit=size)
    while page := entries.find(store, who, query):
        seen += page
        values = of_entry(page[-1])
        keys = tuple(one for sort in order if isinstance(one := values[sort.field], str | datetime))
        query = replace(query, behind=Place(keys, page[-1].id))

    assert len(seen) == len({one.id for one in seen}) == 12
    for here, there in pairwise(seen):
        mine, theirs = ([of_entry(one)[sort.field] for sort in order] for one in (here, there))
        place = Place(tuple(one for one in mine if isinstance(one, str | datetime)), here.id)
        keys = tuple(one for one in theirs if isinstance(one, str | datetime))
        assert is_behind(order, keys, there.id, place)
        assert not is_behind(order, place.keys, place.id, place)


def test_texts_of_patients_are_never_searched() -> None:
    with pytest.raises(TypeError):
        conditions.said([Text("id", ("x",))], {"id": entry_table.c.id})


# --- the rule itself -------------------------------------------------------------------------------------------------

DAY = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEFORE, AFTER = DAY[0] - HOUR, DAY[1] + HOUR


@pytest.mark.parametrize(
    ("period", "holding"),
    [
        (Period(NOON, NOON + HOUR), {"eq", "ge", "le", "ap"}),
        (Period(NOON, DAY[1]), {"eq", "ge", "le", "ap"}),
        (Period(BEFORE, NOON), {"ne", "lt", "le", "ap"}),
        (Period(NOON, AFTER), {"ne", "gt", "ge", "ap"}),
        (Period(BEFORE, AFTER), {"ne", "gt", "ge", "lt", "le", "ap"}),
        (Period(NOON, None), {"ne", "gt", "ge", "ap"}),
        (Period(None, NOON), {"ne", "lt", "le", "ap"}),
        (Period(BEFORE, DAY[0]), {"ne", "lt", "le", "eb"}),
        (Period(DAY[1], AFTER), {"ne", "gt", "ge", "sa"}),
        (Period(AFTER, None), {"ne", "gt", "ge", "sa"}),
        (Period(DAY[0], DAY[0]), {"eq", "ge", "le", "ap"}),
        (Period(DAY[1], DAY[1]), {"ne", "gt", "ge", "sa"}),
        (Period(BEFORE, BEFORE), {"ne", "lt", "le", "eb"}),
    ],
)
def test_a_period_compares_with_a_day_as_r4_says(period: Period, holding: set[str]) -> None:
    """R4 search, Prefixes: the range of the written value against the range of the resource's."""
    assert {prefix for prefix in PREFIXES if Comparison(prefix, *DAY).holds(period)} == holding


@pytest.mark.parametrize(
    ("how", "word", "holds"),
    [
        ("begins", "after inf", True),
        ("begins", "Infusion", False),
        ("contains", "INFUSIÓN", True),
        ("exact", "After infusion", True),
        ("exact", "after infusion", False),
    ],
)
def test_a_text_is_searched_as_r4_says(how: str, word: str, holds: bool) -> None:
    assert meets(Text("title", (word,), how), {"title": "After infusion"}) is holds
