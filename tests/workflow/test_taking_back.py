"""While an entry is held its patient can take it back, or change it as if it had never been sent; after that they amend
it, and the record keeps what was (product rules 15 to 17)."""

from dataclasses import replace

import pytest

from service.audit.record import Deed
from service.journal.entries import Answer, Draft, EntryStatus, EntryVersion, FilingState
from service.journal.problems import ChangedElsewhere, NothingWritten, NotYours, TooLate
from service.store import audit_trail, drafts, entries, filings
from service.workflow.amend_entry import begin_amending, enter_in_error, leave_as_it_was
from service.workflow.begin_entry import begin_entry
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import LEASE, Desk
from service.workflow.save_draft import save_draft
from service.workflow.submit_entry import read_receipt, submit_entry
from service.workflow.take_back import take_back
from tests.factories import keyed, response
from tests.people import app_of, backend_app, patient
from tests.web.changing import answered, made, put, writer
from tests.workflow.contexts import as_clinician, as_patient
from tests.workflow.holding import holding, until_morning
from tests.world import CLINIC, World

__all__ = ["holding"]

ADA = as_patient()
KEY = "3f2b8c1e-5a7d-4e9f-8b6a-0c1d2e3f4a5b"
FIRST, SECOND, LATER = "what I wrote first", "only for me", "what I wrote later"


def sent(world: World) -> EntryVersion:
    """An entry with one shared and one private answer, sent on the page."""
    patient(world)
    draft = begin_entry(world.desk, ADA, KEY, "six-done-1")
    return send(world.desk, draft, {"ai1.1": (FIRST, False), "ai1.2": (SECOND, True)})


def send(desk: Desk, draft: Draft, words: dict[str, tuple[str, bool]]) -> EntryVersion:
    saved = typed(desk, draft, words)
    return submit_entry(desk, ADA, KEY, saved.revision).entry


def typed(desk: Desk, draft: Draft, words: dict[str, tuple[str, bool]]) -> Draft:
    answers = [Answer(link, text, private) for link, (text, private) in words.items()]
    return save_draft(desk, ADA, KEY, draft.revision, answers)


def mine(world: World) -> EntryVersion | None:
    return entries.by_key(world.desk.store, ADA, KEY)


# --- taking back ------------------------------------------------------------------------------------------------


def test_what_is_taken_back_is_a_draft_again_with_every_word(holding: World) -> None:
    entry = sent(holding)

    draft = take_back(holding.desk, ADA, KEY)

    assert draft == drafts.draft(holding.desk.store, ADA, KEY)
    assert (draft.answers, draft.link, draft.follows) == (entry.answers, entry.link, 1)
    assert draft.started_at == entry.begun_at
    assert mine(holding) is None
    assert entries.versions_of(holding.desk.store, ADA, entry.id) == []
    assert filings.of_entry(holding.desk.store, ADA, entry.id) == []
    until_morning(holding)
    assert holding.deliver() == 0


def test_sent_again_it_goes_on_with_the_next_number_and_a_new_morning(holding: World) -> None:
    sent(holding)
    draft = take_back(holding.desk, ADA, KEY)
    holding.clock.pass_time(hours=17)

    entry = send(holding.desk, draft, {"ai1.1": (LATER, False)})

    assert (entry.version, entry.status) == (2, EntryStatus.COMPLETED)
    assert entry.held_until is not None
    assert (entry.held_until - holding.clock()).total_seconds() > 20 * 3600
    assert [one.version for one in entries.versions_of(holding.desk.store, ADA, entry.id)] == [2]
    assert take_back(holding.desk, ADA, KEY).follows == 2


def test_it_is_remembered_that_it_was_taken_back_and_by_whom(holding: World) -> None:
    entry = sent(holding)
    take_back(holding.desk, ADA, KEY)
    [told] = [
        one.record
        for one in audit_trail.newest(holding.desk.store, CLINIC)
        if one.record.reason == "taken-back"
    ]
    assert (told.deed, told.patient) == (Deed.UPDATE, "patient-six-done")
    assert told.what == f"QuestionnaireResponse/{entry.id}/_history/1"
    assert told.agent.person == "Patient/patient-six-done"


def test_pressed_twice_it_is_taken_back_once(holding: World) -> None:
    sent(holding)
    first = take_back(holding.desk, ADA, KEY)
    assert take_back(holding.desk, ADA, KEY) == first


def test_after_its_release_it_is_too_late(holding: World) -> None:
    entry = sent(holding)
    until_morning(holding)
    with pytest.raises(TooLate):
        take_back(holding.desk, ADA, KEY)
    assert mine(holding) == entry
    assert drafts.drafts_of(holding.desk.store, ADA) == []


def test_where_nothing_is_held_it_is_too_late_at_once(world: World) -> None:
    sent(world)
    with pytest.raises(TooLate):
        take_back(world.desk, ADA, KEY)


def test_a_filing_whose_sending_has_begun_is_not_taken_back(holding: World) -> None:
    """Our clocks differ, and the worker's is ahead: what may be in the record already stays sent."""
    entry = sent(holding)
    ahead = replace(holding.desk, now=lambda: holding.clock().replace(day=22))
    stopped = replace(ahead, at=Stop("K5"))
    with pytest.raises(Stopped):
        deliver_next(stopped, CLINIC, "worker")
    with pytest.raises(TooLate):
        take_back(holding.desk, ADA, KEY)
    assert mine(holding) == entry


def test_what_a_worker_has_only_claimed_can_be_taken_back_and_is_never_sent(holding: World) -> None:
    sent(holding)
    ahead = replace(holding.desk, now=lambda: holding.clock().replace(day=22))
    deliver_next(replace(ahead, at=TakesBack(holding.desk, "K2")), CLINIC, "worker")
    holding.clock.pass_time(seconds=LEASE.total_seconds())
    holding.deliver()
    assert holding.records().search("DocumentReference", []).resources == []
    assert mine(holding) is None
    assert drafts.draft(holding.desk.store, ADA, KEY) is not None


def test_nobody_else_takes_anything_back(holding: World) -> None:
    entry = sent(holding)
    for other in (as_clinician(), as_patient("patient-two-in")):
        with pytest.raises(NotYours):
            take_back(holding.desk, other, KEY)
    assert mine(holding) == entry


class Stopped(BaseException):
    """The worker ends here."""


class Stop:
    """Ends the worker at this point."""

    def __init__(self, point: str) -> None:
        self._point = point

    def __call__(self, point: str) -> None:
        if point == self._point:
            raise Stopped


class TakesBack:
    """While the worker stands at this point, the patient takes the entry back."""

    def __init__(self, desk: Desk, point: str) -> None:
        self._desk, self._point = desk, point

    def __call__(self, point: str) -> None:
        if point == self._point:
            take_back(self._desk, ADA, KEY)


# --- through an app ---------------------------------------------------------------------------------------------


def test_an_app_takes_its_response_back_and_learns_when_it_is_too_late(holding: World) -> None:
    app = writer(holding)
    body, tag = made(holding, app, "completed")

    begun = put(app, body | {"status": "in-progress"}, tag)
    assert begun.status_code == 200, begun.text
    assert begun.json()["status"] == "in-progress"
    resent = put(app, begun.json() | {"status": "completed"}, begun.headers["etag"])
    assert resent.status_code == 200, resent.text
    assert resent.json()["meta"]["versionId"] == "2"

    until_morning(holding)
    later = put(writer(holding), resent.json() | {"status": "in-progress"}, resent.headers["etag"])
    assert later.status_code == 409
    assert "too late" in later.text


def test_what_changes_while_it_is_held_leaves_nothing_of_the_old_words_to_others(holding: World) -> None:
    """Free until release (rule 16): the version before goes for good, not only from sight until the morning."""
    app = writer(holding)
    body, tag = made(holding, app, "completed", words={"ai1.1": FIRST})
    changed = put(app, answered(body, LATER) | {"status": "amended"}, tag)
    assert changed.status_code == 200, changed.text

    until_morning(holding)
    everybody = backend_app(holding)
    place = f"QuestionnaireResponse/{body['id']}"
    assert LATER in everybody.get(place).text
    assert everybody.get(f"{place}/_history").json()["total"] == 1
    assert everybody.get(f"{place}/_history/1").status_code == 404
    assert holding.deliver() == 1


def test_a_mistake_while_it_is_held_tells_nobody_a_word(holding: World) -> None:
    entry = sent(holding)
    enter_in_error(holding.desk, ADA, KEY)
    until_morning(holding)

    answer = backend_app(holding).get(f"QuestionnaireResponse/{entry.id}/_history")

    assert FIRST not in answer.text
    assert [one["resource"]["status"] for one in answer.json()["entry"]] == ["entered-in-error"]
    kept = mine(holding)
    assert kept is not None
    assert [one.text for one in kept.answers] == [FIRST, SECOND]
    assert holding.deliver() == 0


# --- amending ---------------------------------------------------------------------------------------------------


def test_what_was_sent_is_changed_in_a_draft_and_becomes_its_next_version(world: World) -> None:
    first = sent(world)
    world.deliver()

    draft = begin_amending(world.desk, ADA, KEY)
    assert (draft.answers, draft.follows) == (first.answers, 1)
    assert mine(world) == first
    second = send(world.desk, draft, {"ai1.1": (LATER, False), "ai1.2": (SECOND, False)})

    assert (second.version, second.status, second.link) == (2, EntryStatus.AMENDED, first.link)
    assert drafts.drafts_of(world.desk.store, ADA) == []
    told = entries.by_key(world.desk.store, as_clinician(), KEY)
    assert told is not None
    assert [one.text for one in told.answers] == [LATER, SECOND]
    assert [one.version for one in entries.versions_of(world.desk.store, as_clinician(), first.id)] == [2, 1]
    assert world.deliver() == 1
    current = [
        one for one in world.records().search("DocumentReference", []).resources if one["status"] == "current"
    ]
    assert len(current) == 1


def test_an_answer_made_private_later_is_left_out_and_the_record_keeps_the_old_version(world: World) -> None:
    """Rule 16: later it is an amendment."""
    first = sent(world)
    send(world.desk, begin_amending(world.desk, ADA, KEY), {"ai1.1": (FIRST, True), "ai1.3": (LATER, False)})
    newest = backend_app(world).get(f"QuestionnaireResponse/{first.id}").text
    assert FIRST not in newest
    assert LATER in newest
    assert FIRST in backend_app(world).get(f"QuestionnaireResponse/{first.id}/_history/1").text


def test_nothing_changed_is_no_new_version(world: World) -> None:
    first = sent(world)
    draft = begin_amending(world.desk, ADA, KEY)

    receipt = submit_entry(world.desk, ADA, KEY, draft.revision)

    assert (receipt.entry, receipt.unchanged) == (first, True)
    assert drafts.drafts_of(world.desk.store, ADA) == []


def test_an_amendment_is_no_second_entry_to_anybody(world: World) -> None:
    """Neither in the course, nor in searches of one's own app, nor among what waits."""
    first = sent(world)
    begin_amending(world.desk, ADA, KEY)
    app = app_of(world)
    found = app.get("QuestionnaireResponse?_total=accurate").json()
    assert (found["total"], [one["resource"]["id"] for one in found["entry"]]) == (1, [first.id])
    assert app.get(f"QuestionnaireResponse/{first.id}").json()["status"] == "completed"
    page = patient(world).get("").text
    assert page.count("<h2>Infusion 1</h2>") == 1
    assert begin_amending(world.desk, ADA, KEY).revision == 1


def test_what_was_begun_to_change_it_can_be_left_and_nothing_changes(world: World) -> None:
    first = sent(world)
    typed(world.desk, begin_amending(world.desk, ADA, KEY), {"ai1.1": (LATER, False)})
    leave_as_it_was(world.desk, ADA, KEY)
    assert mine(world) == first
    assert drafts.drafts_of(world.desk.store, ADA) == []
    leave_as_it_was(world.desk, ADA, KEY)


def test_a_draft_that_changes_nothing_sent_is_not_dropped_by_leaving_it(holding: World) -> None:
    sent(holding)
    take_back(holding.desk, ADA, KEY)
    with pytest.raises(NotYours):
        leave_as_it_was(holding.desk, ADA, KEY)
    assert drafts.draft(holding.desk.store, ADA, KEY) is not None


def test_an_amendment_does_not_take_every_word_away(world: World) -> None:
    sent(world)
    draft = typed(
        world.desk, begin_amending(world.desk, ADA, KEY), {"ai1.1": ("", False), "ai1.2": (" ", True)}
    )
    with pytest.raises(NothingWritten):
        submit_entry(world.desk, ADA, KEY, draft.revision)


def test_two_changes_at_once_are_told_of_and_the_later_goes_first_only_when_said_twice(world: World) -> None:
    """F49: an app amended it while the page was still writing."""
    sent(world)
    draft = typed(world.desk, begin_amending(world.desk, ADA, KEY), {"ai1.1": (LATER, False)})
    app = writer(world)
    kept = app.get(f"QuestionnaireResponse/{world.desk.entry_id(CLINIC, KEY)}")
    body = answered(kept.json(), "by my app") | {"status": "amended"}
    assert put(app, body, kept.headers["etag"]).status_code == 200

    with pytest.raises(ChangedElsewhere):
        submit_entry(world.desk, ADA, KEY, draft.revision)
    again = submit_entry(world.desk, ADA, KEY, draft.revision + 1)

    assert again.entry.version == 3
    history = entries.versions_of(world.desk.store, ADA, again.entry.id)
    assert [one.answers[0].text for one in history] == [LATER, "by my app", FIRST]


def test_what_was_entered_in_error_ends_its_amendment_and_frees_its_infusion(world: World) -> None:
    sent(world)
    begin_amending(world.desk, ADA, KEY)

    marked = enter_in_error(world.desk, ADA, KEY)

    assert (marked.version, marked.status) == (2, EntryStatus.ENTERED_IN_ERROR)
    assert enter_in_error(world.desk, ADA, KEY) == marked
    assert drafts.drafts_of(world.desk.store, ADA) == []
    assert [one.state for one in filings.of_entry(world.desk.store, ADA, marked.id)] == [
        FilingState.CANCELLED
    ]
    with pytest.raises(NotYours):
        begin_amending(world.desk, ADA, KEY)
    another = begin_entry(world.desk, ADA, KEY.replace("3f2b", "4f2b"), "six-done-1")
    assert another.follows == 0
    assert read_receipt(world.desk, ADA, KEY).entry == marked


def test_changing_what_is_held_takes_it_back(holding: World) -> None:
    sent(holding)
    draft = begin_amending(holding.desk, ADA, KEY)
    assert draft.link.encounter_id == "six-done-1"
    assert mine(holding) is None


def test_a_plain_create_completes_no_draft_that_was_taken_back_with_private_words(holding: World) -> None:
    sent(holding)
    take_back(holding.desk, ADA, KEY)
    answer = app_of(holding).post("QuestionnaireResponse", response(holding, identifier=keyed(KEY)))
    assert answer.status_code == 412
