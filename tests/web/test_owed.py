"""What is not in the record, before the care team: its reason, another try, and the summary to be had meanwhile."""

import re
from typing import Any

import pytest

from service.ehr.outcome import Rung, Why
from service.journal.entries import FilingState
from service.web.owed import REASONS
from tests.people import Clinician, clinician, patient
from tests.web.test_capture_now import write_now
from tests.workflow.filing import Trouble, documents, keep_rules, owed, sent, told
from tests.workflow.remembered import log
from tests.workflow.test_looking_after import gone, look
from tests.world import World

_FORM = re.compile(r'name="filing" value="([^"]+)"')
_OTHER = "patient-eight-done"


def refused(world: World, status: int = 422) -> None:
    """An entry of Ada's that the record system has refused for good."""
    sent(world)
    world.net.meddler = Trouble(told(status), times=9)
    world.deliver()
    world.net.meddler = None
    assert [one.state for one in owed(world)] == [FilingState.REFUSED]


def again(doctor: Clinician, page: str = "one", **more: str) -> Any:
    fields = {"patient": "patient-six-done", "page": page} | more
    return doctor.post("send-again", **fields)


def test_what_was_refused_stands_there_with_its_reason_and_goes_once_somebody_tries_again(
    world: World,
) -> None:
    refused(world)
    doctor = clinician(world)
    page = doctor.get("not-in-record").text
    (filing_id,) = _FORM.findall(page)
    assert REASONS[Why.CONTENT] in page
    assert "Infusion 1" in page
    assert "(1<span" in page

    answer = again(doctor, filing=filing_id)
    assert (answer.status_code, answer.headers["location"].rpartition("/")[2]) == (
        303,
        "not-in-record?sent=yes",
    )
    world.deliver()

    assert owed(world)[0].state is FilingState.FILED
    assert "Everything that was sent is in the record." in doctor.get("not-in-record").text


def test_the_care_team_sees_it_over_patients_and_nobody_else_does(world: World) -> None:
    refused(world)
    team, other = clinician(world, _OTHER), clinician(world, _OTHER, "clinician-2")
    page = team.get("not-in-record/all").text
    (filing_id,) = _FORM.findall(page)
    assert "Harrowgate" in page

    assert other.get("not-in-record/all").status_code == 404
    assert again(other, "all", filing=filing_id).status_code == 404
    assert _FORM.findall(team.get("not-in-record").text) == []
    assert again(team, "all", filing=filing_id).status_code == 303


def test_each_read_is_remembered_and_so_is_each_try(world: World) -> None:
    refused(world)
    doctor = clinician(world)
    (filing_id,) = _FORM.findall(doctor.get("not-in-record/all").text)
    doctor.get("not-in-record")
    again(doctor, filing=filing_id)

    told_of = [(one.deed.value, one.what, one.reason) for one in log(world)[-3:]]
    assert told_of == [("read", "Filings", None)] * 2 + [("filing", filing_id, "tried-again")]
    assert {one.patient for one in log(world)[-3:]} == {"patient-six-done"}


def test_the_summary_is_to_be_had_where_it_was_made(world: World) -> None:
    refused(world)
    doctor = clinician(world)
    (path,) = re.findall(r'href="[^"]+/(paper/[^"]+)"', doctor.get("not-in-record").text)
    paper = doctor.get(path)

    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert paper.content.startswith(b"%PDF")
    assert paper.headers["cache-control"] == "no-store"
    assert (log(world)[-1].deed.value, log(world)[-1].what) == (
        "print",
        f"Binary/{owed(world)[0].entry_id}.1",
    )
    assert clinician(world, _OTHER).get(path).status_code == 404


def test_what_is_amiss_there_is_shown_and_only_what_is_gone_can_be_sent(world: World) -> None:
    sent(world)
    world.deliver()
    world.net.meddler = gone
    look(world, hours=25)
    doctor = clinician(world)
    page = doctor.get("not-in-record").text

    assert REASONS["missing-there"] in page
    assert len(_FORM.findall(page)) == 1


def test_what_the_journal_tries_again_by_itself_is_shown_without_a_button(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(told(503), times=9)
    world.deliver()
    page = clinician(world).get("not-in-record").text

    assert "It is tried again by itself." in page
    assert _FORM.findall(page) == []


def test_what_waits_for_a_visit_says_so(world: World) -> None:
    keep_rules(world, needs_encounter=True)
    write_now(world, patient(world, "patient-none-yet"))
    world.deliver()

    assert (
        "It waits until it belongs to a visit"
        in clinician(world, "patient-none-yet").get("not-in-record").text
    )


def test_somebody_was_quicker(world: World) -> None:
    refused(world)
    doctor, other = clinician(world), clinician(world)
    (filing_id,) = _FORM.findall(doctor.get("not-in-record").text)
    assert again(other, filing=filing_id).status_code == 303
    world.deliver()

    answer = again(doctor, filing=filing_id)
    assert answer.status_code in (404, 409)
    assert len(documents(world)) == 1


@pytest.mark.parametrize("filing_id", ["", "nobodys"])
def test_a_name_that_is_nobodys_is_not_there(world: World, filing_id: str) -> None:
    assert again(clinician(world), filing=filing_id).status_code == 404


def test_no_word_of_the_patient_stands_there(world: World) -> None:
    refused(world)
    doctor = clinician(world)
    assert "from my own app" not in doctor.get("not-in-record").text + doctor.get("not-in-record/all").text


@pytest.mark.parametrize("why", list(Why))
def test_each_reason_of_a_refusal_has_its_words(why: Why) -> None:
    assert len(REASONS[why]) > 20


def test_an_unknown_end_says_that_one_should_look_first(world: World) -> None:
    keep_rules(world, rung=Rung.NONE)
    sent(world)
    world.net.meddler = Trouble(told(503), times=9)
    world.deliver()
    assert "Look in the record first" in clinician(world).get("not-in-record").text
