"""Searching the log on both databases: each condition against a plain reading of the same records, one by one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.audit.log_query import Aspect, Condition, LogQuery, Span
from service.audit.record import Agent, Outcome, Record
from service.audit.record import Deed as Done
from service.store import log_search
from service.store.deeds import Deed
from service.store.engine import Store
from service.store.writer import Writer
from tests.store.builders import NOW, record

MINUTE = timedelta(minutes=1)
ENTRY = "QuestionnaireResponse/e-1"
AGENTS = (
    Agent("clinician", "Practitioner/7", "journal-clinician", "10.0.0.7", "digest"),
    Agent("patient", "Patient/ada", "diary", "2001:db8::1"),
    Agent("client", None, 'odd "name" \\ of % a_client', "10.0.0.70"),
    Agent("operator", "root", "command-line"),
)
TOUCHED: tuple[tuple[str | None, str | None, str | None], ...] = (
    ("ada", ENTRY, None),
    ("ada", f"{ENTRY}/_history/2", None),
    ("bo", "QuestionnaireResponse/e-10", None),
    (None, "AuditEvent", "patient=ada&what=%22what%22"),
    (None, None, None),
)


def known() -> list[Record]:
    """Twenty records: every agent with everything that may be touched."""
    deeds = (Done.READ, Done.SEARCH, Done.REFUSAL, Done.LOGIN)
    return [
        replace(
            record(patient, deed=deed, recorded=NOW + number * MINUTE, name=f"r{number:02}"),
            agent=agent,
            what=what,
            query=query,
            outcome=Outcome.REFUSED if deed is Done.REFUSAL else Outcome.SUCCESS,
        )
        for number, (agent, deed, (patient, what, query)) in enumerate(
            (agent, deed, touched) for agent, deed in zip(AGENTS, deeds, strict=True) for touched in TOUCHED
        )
    ]


def entities(one: Record) -> set[str]:
    return (
        {"XrequestId"}
        | ({"1"} if one.patient else set())
        | ({"2"} if one.what or one.query is not None else set())
    )


def patients(one: Record) -> set[str]:
    acted = one.agent.person or ""
    return {one.patient or "", acted.removeprefix("Patient/") if acted.startswith("Patient/") else ""} - {""}


def touched(one: Record) -> set[str]:
    what = one.what or ""
    return {what, what.partition("/_history/")[0], f"Patient/{one.patient}" if one.patient else ""} - {""}


# The plain reading: which values a record has in each aspect.
VALUES: dict[Aspect, Callable[[Record], set[str]]] = {
    Aspect.ID: lambda one: {one.id},
    Aspect.PATIENT: patients,
    Aspect.PERSON: lambda one: {one.agent.person or ""} - {""},
    Aspect.NAMED: lambda one: {one.agent.client or "", one.agent.person or "", one.server} - {""},
    Aspect.ROLE: lambda one: {one.agent.role},
    Aspect.WHAT: touched,
    Aspect.ENTITY: entities,
    Aspect.DEED: lambda one: {one.deed.value},
    Aspect.OUTCOME: lambda one: {one.outcome.value},
}
STRANGERS = ("nothing", "ADA", "%", "_", 'x","role":"patient', "ada\\", "null")


def alternatives(aspect: Aspect) -> list[str]:
    there = {value for one in known() for value in VALUES[aspect](one)}
    return sorted(there) if aspect is Aspect.ENTITY else sorted(there | set(STRANGERS))


def fits(one: Record, asked: LogQuery) -> bool:
    def lies_in(span: Span) -> bool:
        begins = span.begins is None or one.recorded >= span.begins
        return begins and (span.ends is None or one.recorded < span.ends)

    return all(VALUES[each.aspect](one) & each.among for each in asked.conditions) and all(
        any(map(lies_in, spans)) for spans in asked.recorded
    )


CONDITIONS = st.sampled_from(sorted(VALUES)).flatmap(
    lambda aspect: st.sets(st.sampled_from(alternatives(aspect)), max_size=3).map(
        lambda among: Condition(aspect, frozenset(among))
    )
)
INSTANTS = st.none() | st.integers(-1, 21).map(lambda number: NOW + number * MINUTE)
SPANS = st.lists(st.builds(Span, INSTANTS, INSTANTS), min_size=1, max_size=2).map(tuple)
QUERIES = st.builds(
    LogQuery, st.lists(CONDITIONS, max_size=3).map(tuple), st.lists(SPANS, max_size=2).map(tuple)
)


@pytest.fixture
def log(writer: Writer, clinic: str) -> str:
    """A clinic with the twenty records, and another with the same ones."""
    for home in (clinic, f"{clinic}-too"):
        writer.perform(Deed(home, records=tuple(replace(one, clinic=home) for one in known())))
    return clinic


@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=QUERIES, below=st.integers(0, 21), limit=st.integers(1, 21))
def test_a_search_finds_what_a_plain_reading_finds(
    store: Store, log: str, asked: LogQuery, below: int, limit: int
) -> None:
    expected = [one.id for number, one in enumerate(known()) if number < below and fits(one, asked)][::-1]

    found = log_search.find(store, log, asked, below, limit)

    assert [one.record.id for one in found] == expected[:limit]
    assert {one.record.clinic for one in found} <= {log}
    assert log_search.count(store, log, asked, below) == len(expected)


@pytest.mark.parametrize(
    ("begins", "expected"),
    [("10.0.0.7", 10), ("10.0.0.70", 5), ("2001:db8:", 5), ("https://journal", 20), ("0.0.7", 0), ("%", 0)],
)
def test_an_address_is_found_by_how_it_begins(store: Store, log: str, begins: str, expected: int) -> None:
    asked = LogQuery((Condition(Aspect.ADDRESS, frozenset({begins})),))
    assert log_search.count(store, log, asked, 99) == expected


def test_nothing_named_finds_nothing(store: Store, log: str) -> None:
    for aspect in Aspect:
        asked = LogQuery((Condition(aspect, frozenset()),))
        assert log_search.find(store, log, asked, 99, 99) == []


def test_one_patient_is_known_by_name() -> None:
    ada, bo = (Condition(Aspect.PATIENT, frozenset({name})) for name in ("ada", "bo"))
    both = Condition(Aspect.PATIENT, frozenset({"ada", "bo"}))
    assert LogQuery((ada,)).only_patient == "ada"
    assert [LogQuery(said).only_patient for said in ((), (both,), (ada, bo))] == [None, None, None]
