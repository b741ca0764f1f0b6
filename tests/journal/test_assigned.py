"""The assigned sets as they are kept: what ends one, and what begins another (rules 9 and 13)."""

from dataclasses import replace

from service.journal.assigned import AssignedStatus
from service.journal.entries import EntryStatus
from service.journal.match import EncounterSeen
from tests.journal.calendars import FIRST, IV, Keeper, draft, entry, look

MONDAY = EncounterSeen("mon", "ada", "finished", types=(IV,), start=FIRST, end=FIRST)


def statuses(keeper: Keeper) -> list[tuple[str, AssignedStatus, int]]:
    return [(one.id, one.status, one.version) for one in keeper.kept.values()]


def test_an_entry_entered_in_error_ends_its_request_for_good_and_the_set_is_asked_anew() -> None:
    keeper = Keeper()
    first = look([MONDAY]).assignments[0]
    assert first.prompt_set is not None
    sent = entry("e1", first.link, first.prompt_set.canonical)
    keeper.keep(look([MONDAY], entries=[sent]))

    wrong = look([MONDAY], entries=[replace(sent, status=EntryStatus.ENTERED_IN_ERROR, version=2)])
    keeper.keep(wrong)

    assert statuses(keeper) == [
        ("t0001", AssignedStatus.CANCELLED, 2),
        ("t0002", AssignedStatus.REQUESTED, 1),
    ]
    assert keeper.keep(wrong) == ()


def test_a_request_never_tells_that_its_patient_has_begun_to_write() -> None:
    keeper = Keeper()
    view = look([MONDAY])
    (first,) = view.assignments
    assert first.prompt_set is not None
    keeper.keep(view)

    changed = keeper.keep(look([MONDAY], drafts=[draft("d1", first.link, first.prompt_set.canonical)]))

    assert changed == ()


def test_what_was_put_off_reads_declined_until_it_is_sent() -> None:
    keeper = Keeper()
    first = look([MONDAY]).assignments[0]
    assert first.prompt_set is not None
    put_off = draft("d1", first.link, first.prompt_set.canonical, status=EntryStatus.STOPPED)
    sent = entry("d1", first.link, first.prompt_set.canonical)

    keeper.keep(look([MONDAY], drafts=[put_off]))
    declined = statuses(keeper)
    keeper.keep(look([MONDAY], drafts=[replace(put_off, status=EntryStatus.IN_PROGRESS)]))
    resumed = statuses(keeper)
    keeper.keep(look([MONDAY], entries=[sent]))

    assert declined == resumed == [("t0001", AssignedStatus.REJECTED, 1)]
    assert statuses(keeper) == [("t0001", AssignedStatus.COMPLETED, 2)]


def test_an_infusion_that_counts_again_is_a_new_request() -> None:
    keeper = Keeper()
    keeper.keep(look([MONDAY]))
    keeper.keep(look([replace(MONDAY, status="cancelled")]))
    keeper.keep(look([MONDAY]))

    assert statuses(keeper) == [
        ("t0001", AssignedStatus.CANCELLED, 2),
        ("t0002", AssignedStatus.REQUESTED, 1),
    ]
