"""Three sides of one version, held against each other: each way to disagree has its name, and agreeing has none."""

from datetime import UTC, datetime

import pytest

from service.journal.entries import EntryStatus, Filing, FilingState
from service.journal.reconciling import Difference, Standing, Submitted, SubmittedEntry, compare

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ENTRY = "urn:uuid:entry"
COMPLETED, IN_ERROR = EntryStatus.COMPLETED, EntryStatus.ENTERED_IN_ERROR


def filing(version: int, state: FilingState, reason: str | None = None) -> Filing:
    return Filing(f"f{version}", "ada", "e", version, f"urn:uuid:v{version}", state, NOW, reason=reason)


def entry(*versions: Submitted) -> SubmittedEntry:
    return SubmittedEntry("e", ENTRY, "ada", frozenset({"ada", "ada-now"}), versions)


def submitted(version: int, state: FilingState | None, status: EntryStatus = COMPLETED) -> Submitted:
    return Submitted(version, status, None if state is None else filing(version, state, "some-reason"))


def found(version: int, status: str = "current", patient: str = "ada", id_: str = "d") -> Standing:
    return Standing(f"{id_}{version}", patient, frozenset({ENTRY, f"urn:uuid:v{version}"}), status)


FILED, DUE, PARKED = FilingState.FILED, FilingState.DUE, FilingState.PARKED
ONE = {
    "filed and there": (submitted(1, FILED), [found(1)], None),
    "filed under the surviving record": (submitted(1, FILED), [found(1, patient="ada-now")], None),
    "nothing owed, nothing there": (submitted(1, None), [], None),
    "cancelled before it left": (submitted(1, FilingState.CANCELLED), [], None),
    "filed and gone": (submitted(1, FILED), [], Difference.MISSING),
    "filed twice": (submitted(1, FILED), [found(1), found(1, id_="x")], Difference.SEVERAL),
    "filed once and struck once": (
        submitted(1, FILED),
        [found(1), found(1, "entered-in-error", id_="x")],
        None,
    ),
    "struck there alone": (submitted(1, FILED), [found(1, "entered-in-error")], Difference.STRUCK),
    "in another record": (submitted(1, FILED), [found(1, patient="eve")], Difference.OTHER_PATIENT),
    "there, and due here": (submitted(1, DUE), [found(1)], Difference.UNCONFIRMED),
    "there, and cancelled here": (submitted(1, FilingState.CANCELLED), [found(1)], Difference.UNCONFIRMED),
    "due": (submitted(1, DUE), [], Difference.UNDER_WAY),
    "waiting for an encounter": (submitted(1, FilingState.WAITING), [], Difference.UNDER_WAY),
    "parked": (submitted(1, PARKED), [], Difference.WITH_A_PERSON),
    "refused": (submitted(1, FilingState.REFUSED), [], Difference.WITH_A_PERSON),
    "held there": (submitted(1, FilingState.HELD_THERE), [], Difference.HELD_THERE),
    "nobody could look": (submitted(1, FILED), None, Difference.NOT_SEARCHED),
    "nobody could look, and it is parked": (submitted(1, PARKED), None, Difference.WITH_A_PERSON),
}


@pytest.mark.parametrize(("one", "there", "named"), ONE.values(), ids=ONE)
def test_one_version(one: Submitted, there: list[Standing] | None, named: Difference | None) -> None:
    (line,) = compare(entry(one), there)
    assert (line.difference, line.version, line.submitted) == (named, 1, COMPLETED)
    assert (line.reason is not None) == (
        named in (Difference.UNDER_WAY, Difference.WITH_A_PERSON, Difference.HELD_THERE)
    )


def test_every_difference_is_met_by_these_tests() -> None:
    of_several = {Difference.STANDING, Difference.NOT_SUPERSEDED, Difference.UNKNOWN_HERE}
    assert {named for _, _, named in ONE.values()} | of_several == {None, *Difference}


def test_an_amended_one_is_superseded_there() -> None:
    both = entry(submitted(1, FILED), submitted(2, FILED))
    agreed = compare(both, [found(1, "superseded"), found(2)])
    assert [line.difference for line in agreed] == [None, None]
    left = compare(both, [found(1), found(2)])
    assert [line.difference for line in left] == [Difference.NOT_SUPERSEDED, None]


def test_what_was_entered_in_error_stands_nowhere() -> None:
    withdrawn = entry(submitted(1, FILED), submitted(2, None, IN_ERROR))
    assert [line.difference for line in compare(withdrawn, [found(1, "entered-in-error")])] == [None, None]
    assert [line.difference for line in compare(withdrawn, [])] == [None, None]  # searches may leave it out
    assert [line.difference for line in compare(withdrawn, [found(1)])] == [Difference.STANDING, None]


def test_a_version_that_nobody_knows_here_is_told() -> None:
    """After a restore to an older point the record system is ahead of us (fault matrix F38)."""
    lines = list(compare(entry(submitted(1, FILED)), [found(1), found(7)]))
    assert [(line.version, line.found, line.difference) for line in lines] == [
        (1, ("d1",), None),
        (None, ("d7",), Difference.UNKNOWN_HERE),
    ]
