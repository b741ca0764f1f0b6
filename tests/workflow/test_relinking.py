"""An entry comes to another infusion: no word lost or shown, one document that counts, and the log says why (rule 11).

The record system is worked at its front desk alone; troubles stand on the wire.
"""

from collections.abc import Callable

import httpx2
import pytest

from service.audit.record import Deed
from service.ehr.outcome import Rung
from service.journal.problems import ChangedElsewhere, NotYours
from service.journal.rulings import Reason
from service.store import entries, filings
from service.workflow.deliver_entry import deliver_next
from service.workflow.filings_by_command import try_again
from service.workflow.relink_entry import relink_entry
from tests.factories import response
from tests.front_desk import FrontDesk
from tests.people import app_of, clinician, patient
from tests.workflow.contexts import as_clinician, as_patient
from tests.workflow.courses import course, living, versions
from tests.workflow.deciding import (
    capture,
    current,
    deliver_for_days,
    encounters_of,
    id_of,
    move,
    owed_by,
    own_versions,
    pdf_text,
    remembered,
    states,
    text_of,
    version_names,
)
from tests.workflow.filing import (
    HEALING,
    NAME,
    Carry,
    Killed,
    Trouble,
    answer,
    dying_at,
    fails,
    on_rung,
    told,
)
from tests.world import CLINIC, NOON, World

SHARED, PRIVATE = "the harbour lay still", "kept for nobody else"
WORDS = {"ai1.1": SHARED, "ai1.2": PRIVATE}
QR = "QuestionnaireResponse"


class OnUpdates:
    """Stands on the wire and spoils the first so many changes of a document there."""

    def __init__(self, spoil: Callable[[Carry], httpx2.Response], times: int = 1) -> None:
        self._spoil = spoil
        self.left = times

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method != "PUT" or "/DocumentReference/" not in request.url.path or not self.left:
            return carry()
        self.left -= 1
        return self._spoil(carry)


def written(world: World) -> str:
    """Written and sent after the first infusion, one answer kept private; its key."""
    return patient(world).write("six-done-1", WORDS, private=("ai1.2",))


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["six-done-2", None], ids=["moved", "detached"])
def test_private_answers_go_along_and_stay_private(world: World, to: str | None) -> None:
    tamsin = patient(world)
    key = tamsin.write("six-done-1", WORDS, private=("ai1.2",))

    move(world, NAME, key, to)
    world.deliver()

    first, second = own_versions(world, NAME, key)
    assert first.answers == second.answers
    assert {(one.text, one.private) for one in second.answers} == {(SHARED, False), (PRIVATE, True)}
    copy = tamsin.get(f"entry/{key}/copy.pdf").content
    assert PRIVATE in pdf_text(copy)
    nobody_elses = [
        second.shared.decode(),
        str([one.answers for one in versions(world, NAME, key)]),
        text_of(FrontDesk(world).documents(NAME)[0]),
        app_of(world).get(f"{QR}/{id_of(world, key)}").text,
        app_of(world).get(f"{QR}/{id_of(world, key)}/_history/2").text,
        clinician(world).get(f"entry/{id_of(world, key)}").text,
    ]
    assert [SHARED in one for one in nobody_elses] == [True] * len(nobody_elses)
    assert [PRIVATE in one for one in nobody_elses] == [False] * len(nobody_elses)


def test_private_answers_go_along_where_the_service_attaches_by_itself(world: World) -> None:
    chidera = patient(world, "patient-none-yet")
    key = capture(chidera, WORDS, private=("ai1.2",))
    FrontDesk(world).book("patient-none-yet", NOON.replace(hour=18))

    world.find(minutes=6)
    world.deliver()

    _, attached = own_versions(world, "patient-none-yet", key)
    assert (attached.cause, attached.made_by) == ("attached", None)
    assert {(one.text, one.private) for one in attached.answers} == {(SHARED, False), (PRIVATE, True)}
    (document,) = FrontDesk(world).documents("patient-none-yet")
    assert SHARED in text_of(document)
    assert PRIVATE not in text_of(document)


def test_an_entry_kept_wholly_private_moves_and_owes_nothing(world: World) -> None:
    key = patient(world).write("six-done-1", WORDS, private=("ai1.1", "ai1.2"))

    move(world, NAME, key, "six-done-2")

    assert owed_by(world, NAME) == []
    assert own_versions(world, NAME, key)[-1].link.ordinal == 2


def test_what_an_app_sent_keeps_every_other_byte(world: World) -> None:
    """Its own order, blanks, escapes and decimals: only the member that names the encounter comes and goes."""
    made = response(world, name="patient-none-yet", encounter=None)
    raw = (
        '{ "resourceType" : "QuestionnaireResponse",\n\t"extension":[{"url":"http://app.example/x",'
        '"valueDecimal":1.50}], "status":"completed",  "subject":{"reference":"Patient/patient-none-yet"},'
        f'"questionnaire":"{made["questionnaire"]}","authored":"{made["authored"]}",'
        '"item":[{"linkId":"ai1.1","answer":[{"valueString":"sea \\ud83c\\udf0a \\u00e9"}]}]}'
    ).encode()
    answered = app_of(world, "patient-none-yet").post(QR, raw)
    assert answered.status_code == 201, answered.text
    entry_id = answered.json()["id"]
    infusion = FrontDesk(world).book("patient-none-yet", NOON.replace(hour=18))

    world.find(minutes=6)

    context = as_clinician("patient-none-yet")
    second, first = entries.versions_of(world.desk.store, context, entry_id)
    member = b'"encounter":{"reference":"Encounter/' + infusion.encode() + b'"}'
    assert b"1.50" in first.shared
    assert member in second.shared
    assert second.shared.count(b"\\ud83c\\udf0a") == first.shared.count(b"\\ud83c\\udf0a") == 1

    relink_entry(
        world.desk, context, second, first.link, made_by="Practitioner/clinician-1", why=Reason.OTHER
    )

    third = entries.versions_of(world.desk.store, context, entry_id)[0]
    assert third.shared == second.shared.replace(b"," + member, b"")
    # Every value as the app wrote it, blanks and escapes inside it too.
    for value in (b'"valueDecimal":1.50}]', b'"sea \\ud83c\\udf0a \\u00e9"}]}]', made["authored"].encode()):
        assert value in third.shared


# --- who, and what is remembered ---------------------------------------------------------------------------------


def test_the_log_and_the_provenance_say_cause_and_reason(world: World) -> None:
    key = written(world)

    move(world, NAME, key, "six-done-2", Reason.WRONG_VISIT)
    move(world, NAME, key, None, Reason.SAID_BY_PATIENT)

    told_ = [one for one in remembered(world, Deed.UPDATE, NAME) if (one.what or "").startswith(QR)]
    assert [(one.what, one.reason, one.agent.person) for one in told_] == [
        (f"{QR}/{id_of(world, key)}/_history/2", "moved:wrong-visit", "Practitioner/clinician-1"),
        (f"{QR}/{id_of(world, key)}/_history/3", "detached:said-by-patient", "Practitioner/clinician-1"),
    ]
    assert [(one.cause, one.made_by, one.why) for one in versions(world, NAME, key)] == [
        ("sent", None, None),
        ("moved", "Practitioner/clinician-1", "wrong-visit"),
        ("detached", "Practitioner/clinician-1", "said-by-patient"),
    ]


def test_an_entry_out_of_reach_is_nobody_s_to_move(world: World) -> None:
    key = written(world)
    link = course(world, NAME).steps[1].link

    for context in (as_clinician("patient-two-in"), as_clinician(NAME, "cedar-hill")):
        with pytest.raises(NotYours):
            relink_entry(world.desk, context, versions(world, NAME, key)[0], link)
    assert len(versions(world, NAME, key)) == 1


def test_two_clinicians_moving_at_once_make_one_version(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one looked before the first one wrote."""
    key = written(world)
    (seen,) = versions(world, NAME, key)
    links = {step.link.encounter_id: step.link for step in course(world, NAME).steps}
    whole = entries.whole

    def looked(*asked: object) -> object:
        monkeypatch.setattr(entries, "whole", whole)
        before = whole(*asked)  # type: ignore[arg-type]
        relink_entry(world.desk, as_clinician(), seen, links["six-done-2"])
        return before

    monkeypatch.setattr(entries, "whole", looked)
    with pytest.raises(ChangedElsewhere):
        relink_entry(world.desk, as_clinician(), seen, links["six-done-3"])

    assert [one.link.encounter_id for one in versions(world, NAME, key)] == ["six-done-1", "six-done-2"]


# --- documents ---------------------------------------------------------------------------------------------------


def test_what_never_left_is_cancelled_and_only_the_new_version_is_filed(world: World) -> None:
    key = written(world)

    move(world, NAME, key, "six-done-2")
    world.deliver()

    assert states(world, NAME) == [(1, "cancelled"), (2, "filed")]
    (document,) = FrontDesk(world).documents(NAME)
    assert encounters_of(document) == ["six-done-2"]
    assert "relatesTo" not in document


def test_what_was_filed_is_replaced_and_the_paper_says_what_it_replaces(world: World) -> None:
    key = written(world)
    world.deliver()
    (first,) = FrontDesk(world).documents(NAME)

    move(world, NAME, key, "six-done-2")
    world.deliver()

    (second,) = current(world, NAME)
    assert states(world, NAME) == [(1, "filed"), (2, "filed")]
    assert encounters_of(second) == ["six-done-2"]
    assert second["relatesTo"] == [
        {"code": "replaces", "target": {"reference": f"DocumentReference/{first['id']}"}}
    ]
    assert FrontDesk(world).read("DocumentReference", first["id"])["status"] == "superseded"
    assert first["masterIdentifier"]["value"].removeprefix("urn:uuid:")[:8] in text_of(second)
    assert (2, "six-done-2", "completed") in living(world, NAME)


@pytest.mark.parametrize("tried_before", [False, True], ids=["never sent", "after an answer that got lost"])
def test_what_was_refused_for_a_withdrawn_visit_is_filed_once_on_the_right_one(
    world: World, tried_before: bool
) -> None:
    key = written(world)
    if tried_before:
        world.net.meddler = Trouble(fails(httpx2.ReadTimeout))
        world.deliver()
    FrontDesk(world).cancel("six-done-1")
    deliver_for_days(world, NAME)
    assert states(world, NAME) == [(1, "refused")]

    world.find(minutes=6)
    move(world, NAME, key, "six-done-2")
    deliver_for_days(world, NAME)

    assert states(world, NAME) == [(1, "cancelled"), (2, "filed")]
    (document,) = FrontDesk(world).documents(NAME)
    assert encounters_of(document) == ["six-done-2"]


def test_what_was_written_there_before_its_visit_was_withdrawn_is_found_and_replaced(world: World) -> None:
    """The answer got lost, the visit was cancelled: the document stands there all the same."""
    key = written(world)
    world.net.meddler = Trouble(HEALING["no answer in time, but written"])
    world.deliver()
    FrontDesk(world).cancel("six-done-1")
    deliver_for_days(world, NAME)

    world.find(minutes=6)
    move(world, NAME, key, "six-done-2")
    deliver_for_days(world, NAME)

    (document,) = current(world, NAME)
    assert encounters_of(document) == ["six-done-2"]
    assert len(FrontDesk(world).documents(NAME)) == 2
    assert states(world, NAME) == [(1, "filed"), (2, "filed")]


def test_what_the_record_system_would_not_take_does_not_hold_up_what_follows(world: World) -> None:
    key = written(world)
    world.net.meddler = Trouble(told(422))
    world.deliver()
    assert states(world, NAME) == [(1, "refused")]

    move(world, NAME, key, "six-done-2")
    world.deliver()

    assert states(world, NAME) == [(1, "cancelled"), (2, "filed")]
    assert [encounters_of(one) for one in FrontDesk(world).documents(NAME)] == [["six-done-2"]]


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH])
@pytest.mark.parametrize("name", ["no answer in time", "no answer in time, but written"])
def test_what_may_have_left_goes_first(world: World, name: str, rung: Rung) -> None:
    key = written(world)
    desk = on_rung(world, rung)
    world.net.meddler = Trouble(HEALING[name])
    deliver_next(desk, CLINIC, "worker")

    move(world, NAME, key, "six-done-2")
    assert states(world, NAME) == [(1, "due"), (2, "due")]
    deliver_for_days(world, NAME, desk=desk)

    assert states(world, NAME) == [(1, "filed"), (2, "filed")]
    everything = FrontDesk(world).documents(NAME)
    assert len(set(version_names(everything))) == len(everything) == 2
    assert [encounters_of(one) for one in everything if one["status"] == "current"] == [["six-done-2"]]


def test_a_lost_answer_is_not_forgotten_over_a_later_attempt_that_never_left(world: World) -> None:
    """Written, answer lost; then the record system is silent before anything is sent; then the entry moves."""
    key = written(world)
    world.net.meddler = Trouble(HEALING["no answer in time, but written"])
    world.deliver()
    world.net.meddler = lambda request, carry: answer(503)
    world.clock.pass_time(minutes=30)
    world.deliver()
    world.net.meddler = None

    move(world, NAME, key, "six-done-2")
    deliver_for_days(world, NAME)

    assert [encounters_of(one) for one in current(world, NAME)] == [["six-done-2"]]
    assert states(world, NAME) == [(1, "filed"), (2, "filed")]


def test_a_worker_that_died_while_sending_leaves_its_filing_in_its_order(world: World) -> None:
    """Killed between the document there and our note of it (K-points): it goes first, and is then replaced."""

    key = written(world)
    with pytest.raises(Killed):
        deliver_next(dying_at(world.desk, "K9"), CLINIC, "worker")

    move(world, NAME, key, "six-done-2")
    deliver_for_days(world, NAME)

    assert states(world, NAME) == [(1, "filed"), (2, "filed")]
    assert [encounters_of(one) for one in current(world, NAME)] == [["six-done-2"]]
    assert len(FrontDesk(world).documents(NAME)) == 2


def test_moving_twice_and_off_leaves_one_document_that_counts(world: World) -> None:
    key = written(world)
    world.deliver()
    move(world, NAME, key, "six-done-2")
    move(world, NAME, key, "six-done-3")
    world.deliver()
    assert states(world, NAME) == [(1, "filed"), (2, "cancelled"), (3, "filed")]

    move(world, NAME, key, None)
    world.deliver()

    (document,) = current(world, NAME)
    assert encounters_of(document) == []
    assert len(FrontDesk(world).documents(NAME)) == 3
    assert [one[2] for one in living(world, NAME)] == ["requested"] * 6


def test_a_record_system_that_takes_no_changes_gets_the_new_document_all_the_same(world: World) -> None:
    key = written(world)
    world.deliver()
    world.net.meddler = OnUpdates(told(403), times=99)

    move(world, NAME, key, "six-done-2")
    deliver_for_days(world, NAME)

    assert states(world, NAME) == [(1, "filed"), (2, "filed")]
    first, second = sorted(FrontDesk(world).documents(NAME), key=encounters_of)
    assert first["status"] == "current"
    assert second["relatesTo"][0]["target"] == {"reference": f"DocumentReference/{first['id']}"}


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH])
@pytest.mark.parametrize(
    "name",
    [
        "503 before it was written",
        "503 after it was written",
        "no answer in time",
        "no answer in time, but written",
        "429",
        "not connected",
    ],
)
def test_whatever_befalls_the_marking_of_the_old_one_there_is_one_of_each(
    world: World, name: str, rung: Rung
) -> None:
    key, desk = written(world), on_rung(world, rung)
    deliver_next(desk, CLINIC, "worker")
    world.net.meddler = spoiled = OnUpdates(HEALING[name])

    move(world, NAME, key, "six-done-2")
    deliver_for_days(world, NAME, desk=desk)

    assert spoiled.left == 0
    assert states(world, NAME) == [(1, "filed"), (2, "filed")]
    everything = FrontDesk(world).documents(NAME)
    assert len(set(version_names(everything))) == len(everything) == 2
    assert {(one["status"], *encounters_of(one)) for one in everything} == {
        ("superseded", "six-done-1"),
        ("current", "six-done-2"),
    }


@pytest.mark.parametrize("name", ["429", "not connected", "503 before it was written"])
def test_a_document_that_stands_there_is_never_taken_for_unsent(world: World, name: str) -> None:
    """The new one is filed, the old one could not be marked yet, and the entry moves once more."""
    key = written(world)
    world.deliver()
    world.net.meddler = OnUpdates(HEALING[name], times=1)
    move(world, NAME, key, "six-done-2")
    world.deliver()

    move(world, NAME, key, "six-done-3")
    deliver_for_days(world, NAME)

    assert states(world, NAME) == [(1, "filed"), (2, "filed"), (3, "filed")]
    assert [encounters_of(one) for one in current(world, NAME)] == [["six-done-3"]]


def test_nobody_can_have_a_cancelled_filing_tried_again(world: World) -> None:
    key = written(world)
    move(world, NAME, key, "six-done-2")
    (first, _) = filings.of_patient(world.desk.store, as_patient(), NAME)
    with pytest.raises(NotYours):
        try_again(world.desk, CLINIC, first.id)
    world.deliver()
    assert len(FrontDesk(world).documents(NAME)) == 1
