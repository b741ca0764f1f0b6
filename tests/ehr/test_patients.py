"""Which record of a merged patient holds: only what both ends confirm (threat T9, fault F52)."""

import random
from typing import Any

import pytest

from service.ehr.encounters import merged_into, patients_named, survivor_of
from service.ehr.failures import outcome_of
from service.ehr.outcome import Refused as RefusedOutcome
from service.ehr.outcome import Why
from service.ehr.problems import RecordSystemProblem, Refused, Unclear, Unreachable
from tests.ehr.hostile_records import HostileRecords
from tests.ehr.shown_records import link, paths, person, showing


def _chain(steps: int) -> list[dict[str, Any]]:
    """pat-0, replaced by pat-1, replaced by … up to a last one that holds."""
    replaced = [
        person(f"pat-{at}", active=False, link=link("replaced-by", f"pat-{at + 1}")) for at in range(steps)
    ]
    return [*replaced, person(f"pat-{steps}")]


UNCLEAR: dict[str, list[dict[str, Any]]] = {
    "nobody there": [],
    "too long a chain": _chain(6),
    "missing": [person("pat-0", link=link("replaced-by", "gone"))],
    "itself": [person("pat-0", link=link("replaced-by", "pat-0"))],
    "a loop": [
        person("pat-0", link=link("replaced-by", "b")),
        person("b", link=link("replaced-by", "pat-0")),
    ],
    "a loop behind it": [
        person("pat-0", link=link("replaced-by", "b")),
        person("b", link=link("replaced-by", "c")),
        person("c", link=link("replaced-by", "b")),
    ],
    "two at once": [person("pat-0", link=link("replaced-by", "b", "c")), person("b"), person("c")],
    "both ways": [person("pat-0", link=link("replaced-by", "b") + link("replaces", "b")), person("b")],
    "not active": [person("pat-0", link=link("replaced-by", "b")), person("b", active=False)],
    "elsewhere": [
        person(
            "pat-0",
            link=[
                *link("replaced-by", "b"),
                {"type": "replaced-by", "other": {"reference": "https://other.example/fhir/Patient/c"}},
            ],
        ),
        person("b"),
    ],
    "by identifier": [
        person("pat-0", link=[{"type": "replaced-by", "other": {"identifier": {"value": "b"}}}])
    ],
    "no id": [person("pat-0", link=link("replaced-by", "$everything"))],
}


class TestSurvivor:
    def test_who_was_never_merged_stays(self) -> None:
        assert survivor_of(showing(person("pat-0")).client(), "pat-0") == "pat-0"
        inactive = person("pat-0", active=False, link=link("seealso", "pat-1"))
        assert survivor_of(showing(inactive).client(), "pat-0") == "pat-0"

    @pytest.mark.parametrize("steps", [1, 2, 5])
    def test_a_chain_is_followed_to_its_end(self, steps: int) -> None:
        records = showing(*_chain(steps))
        assert survivor_of(records.client(), "pat-0") == f"pat-{steps}"
        assert len(records.asked) == steps + 1

    def test_a_survivor_may_name_what_it_replaced_or_nothing(self) -> None:
        old = person("old", link=link("replaced-by", "new"))
        for new in (person("new"), person("new", link=link("replaces", "old", "older"))):
            assert survivor_of(showing(old, new).client(), "old") == "new"

    @pytest.mark.parametrize("records", list(UNCLEAR.values()), ids=list(UNCLEAR))
    def test_what_is_not_confirmed_is_for_a_person(self, records: list[dict[str, Any]]) -> None:
        with pytest.raises(Unclear) as caught:
            survivor_of(showing(*records).client(), "pat-0")
        assert isinstance(caught.value, RecordSystemProblem)
        assert caught.value.reason == "patient-merge-unclear"

    def test_a_loop_is_left_where_it_closes(self) -> None:
        records = showing(*UNCLEAR["a loop"])
        with pytest.raises(Unclear):
            survivor_of(records.client(), "pat-0")
        assert paths(records) == ["/Patient/pat-0", "/Patient/b"]

    def test_filing_for_an_unclear_patient_is_for_a_person(self) -> None:
        """Trying again does not heal it."""
        assert outcome_of(Unclear()) == RefusedOutcome(Why.TARGET, codes=("patient-merge-unclear",))

    def test_a_silent_record_system_is_not_unclear(self) -> None:
        with pytest.raises(Unreachable):
            survivor_of(showing(refuses={"Patient": 503}).client(), "pat-0")

    def test_no_graph_of_links_hangs_or_leads_to_a_record_that_does_not_hold(self) -> None:
        """F52: whatever is linked to whatever, the judge walks the graph by itself."""
        generator, ids = random.Random(52), [f"p{at}" for at in range(6)]
        ended: set[str] = set()
        for _ in range(1000):
            graph = {one: _any_links(generator, ids) for one in ids if generator.random() < 0.9}
            records = showing(*(person(one, **said) for one, said in graph.items()))
            for start in ids:
                ended.add(_walk(records, graph, start))
        assert ended == {"itself", "another", "unclear"}


def _any_links(generator: random.Random, ids: list[str]) -> dict[str, Any]:
    count = generator.choice((0, 0, 1, 1, 1, 2))
    links = [one for id_ in generator.sample(ids, count) for one in link("replaced-by", id_)]
    return {"active": generator.random() < 0.7, "link": links}


def _walk(records: HostileRecords, graph: dict[str, dict[str, Any]], start: str) -> str:
    before = len(records.asked)
    try:
        found = survivor_of(records.client(), start)
    except Unclear:
        return "unclear"
    finally:
        assert len(records.asked) - before <= 6
    assert graph[found]["link"] == []
    if found == start:
        return "itself"
    assert graph[found]["active"]
    reached = start
    while reached != found:
        [only] = graph[reached]["link"]
        reached = only["other"]["reference"].removeprefix("Patient/")
    return "another"


NEW = person("new", link=link("replaces", "old"))


REFUTED: dict[str, list[dict[str, Any]]] = {
    "nobody there": [],
    "nothing said": [person("new"), person("old", link=link("replaced-by", "new"))],
    "missing": [NEW],
    "silent": [NEW, person("old")],
    "refuted": [NEW, person("old", link=link("replaced-by", "another"))],
    "torn": [NEW, person("old", link=link("replaced-by", "new", "another"))],
    "both ways": [NEW, person("old", link=link("replaced-by", "new") + link("replaces", "new"))],
    "only seen also": [NEW, person("old", link=link("seealso", "new"))],
    "itself": [person("new", link=link("replaces", "new") + link("refer", "old"))],
    "a loop": [
        person("new", link=link("replaces", "old") + link("replaced-by", "old")),
        person("old", link=link("replaced-by", "new") + link("replaces", "new")),
    ],
    "replaced itself": [
        person("new", link=link("replaces", "old") + link("replaced-by", "newest")),
        person("old", link=link("replaced-by", "new")),
    ],
    "not active": [{**NEW, "active": False}, person("old", link=link("replaced-by", "new"))],
    "no id": [person("new", link=link("replaces", "../old"))],
}


class TestMergedInto:
    def test_both_ends_confirm(self) -> None:
        others = [person(one, active=False, link=link("replaced-by", "new")) for one in ("old-2", "old-1")]
        records = showing(person("new", link=link("replaces", "old-2", "old-1", "old-2")), *others)
        assert merged_into(records.client(), "new") == ("old-1", "old-2")
        assert len(records.asked) == 3

    @pytest.mark.parametrize("records", list(REFUTED.values()), ids=list(REFUTED))
    def test_nothing_is_reached_that_is_not_confirmed(self, records: list[dict[str, Any]]) -> None:
        """T9: unconfirmed access is none."""
        assert merged_into(showing(*records).client(), "new") == ()

    def test_a_record_that_may_not_be_read_confirms_nothing(self) -> None:
        records = showing(NEW, person("old", link=link("replaced-by", "new")))
        shown = records.before
        records.before = lambda ask: (403, {}, b"") if ask.path == "/Patient/old" else shown(ask)
        assert merged_into(records.client(), "new") == ()

    @pytest.mark.parametrize("status", [401, 503])
    def test_a_record_system_in_trouble_refutes_nothing(self, status: int) -> None:
        records = showing(NEW, person("old", link=link("replaced-by", "new")))
        shown = records.before
        records.before = lambda ask: (status, {}, b"") if ask.path == "/Patient/old" else shown(ask)
        with pytest.raises((Refused, Unreachable)):
            merged_into(records.client(), "new")

    def test_more_than_a_merge_can_mean_is_for_a_person(self) -> None:
        records = showing(person("new", link=link("replaces", *(f"old-{at}" for at in range(21)))))
        with pytest.raises(Unclear):
            merged_into(records.client(), "new")
        assert paths(records) == ["/Patient/new"]


class TestNames:
    def test_many_patients_are_asked_for_at_once(self) -> None:
        everybody = [person(f"p-{at}", name=[{"text": f"Name {at}"}]) for at in range(60)]
        records = showing(*everybody)
        named = patients_named(records.client(), [*(f"p-{at}" for at in range(55)), "p-3", "gone"])
        assert len(named) == 55
        assert named["p-54"].name == "Name 54"
        assert len(records.asked) == 2

    def test_nobody_is_named_who_was_not_asked_for(self) -> None:
        """A record system that ignores the ids would else tell of everybody."""
        records = showing()
        shown = showing(person("p-1"), person("p-2"), {"resourceType": "Patient", "id": 7})
        records.before = lambda ask: shown.before(type(ask)(ask.method, ask.path, {}, {}, b""))
        assert list(patients_named(records.client(), ["p-1"])) == ["p-1"]

    def test_for_nobody_nothing_is_asked(self) -> None:
        records = showing()
        assert patients_named(records.client(), []) == {}
        assert records.asked == []
