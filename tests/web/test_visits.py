"""The clinician's visits, worklist and moving of entries: who may decide what, and what is never lost or shown."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from service.web.deciding import NoSuchTime, TimeTwice, instant
from service.web.reading import NotReadable
from tests.front_desk import FrontDesk
from tests.people import Clinician, clinician, patient
from tests.world import CLINIC, EHR, NOON, World

WORDS = "the lake was quite still"
_FORM = re.compile(r'name="item" value="(\w+)">\s*<input type="hidden" name="way" value="([\w-]+)"')
_PATIENT = "patient-six-done"


def ways(page: str) -> list[tuple[str, str]]:
    """Each form that settles something: the item's id and the way."""
    return _FORM.findall(page)


def item_of(doctor: Clinician, way: str, path: str = "visits") -> str:
    """The first open item that can be settled so."""
    found = ways(doctor.get(path).text)
    return next(item for item, offered in found if offered == way)


def without_start(world: World, name: str = "patient-next-planned") -> str:
    """A visit that the record system gives no time at all."""
    return FrontDesk(world).book(name, None)


def plain(text: str) -> str:
    """The words of a page, blanks joined."""
    return " ".join(re.sub(r"<[^>]*>", "", text.replace("</dt>", " ")).split())


# --- what the page shows ---------------------------------------------------------------------------------------


def test_the_infusions_stand_there_with_their_evidence_and_the_rest_with_its_reason(world: World) -> None:
    page = plain(clinician(world, "patient-one-cancelled").get("visits").text)

    assert "Nothing waits for a decision." in page
    assert "Series 1begun with its first infusion" in page
    assert "Infusion 1, Monday, 9 November 2026" in page
    assert "Infusion 2, Sunday, 15 November 2026" in page
    assert "one-cancelled-1" in page
    assert "It was cancelled." in page


def test_a_draft_looks_like_nothing_written(world: World) -> None:
    """Drafts are the patient's alone (rule 13), on this page too."""
    doctor = clinician(world, "patient-two-in")
    before = plain(doctor.get("visits").text)
    rowan = patient(world, "patient-two-in")
    rowan.type(rowan.begin("two-in-1"), 1, {"ai1.1": WORDS})

    assert plain(doctor.get("visits").text) == before
    assert "Not written" in before


def test_no_word_of_the_patient_is_on_it(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": WORDS})
    doctor = clinician(world)

    assert WORDS not in doctor.get("visits").text
    assert WORDS not in doctor.get("worklist").text
    assert "/entry/" in doctor.get("visits").text
    assert "No word of the patient is on this page. This view is recorded." in doctor.get("visits").text


def test_what_is_open_is_counted_at_the_tab(world: World) -> None:
    without_start(world)
    doctor = clinician(world, "patient-next-planned")

    assert "Visits (1 to decide)" in plain(doctor.get().text)
    assert "Visits (1 to decide)" in plain(doctor.get("side-by-side").text)
    assert "(1 to decide)" not in plain(clinician(world).get().text)


# --- deciding --------------------------------------------------------------------------------------------------


def test_a_visit_without_a_time_counts_once_somebody_says_when(world: World) -> None:
    visit = without_start(world)
    doctor = clinician(world, "patient-next-planned")
    said = {"item": item_of(doctor, "given"), "way": "given", "why": "seen-in-chart"}

    answer = doctor.post(
        "decide", patient="patient-next-planned", page="visits", day="2026-11-19", clock="10:30", **said
    )

    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/visits?kept=yes")
    page = plain(doctor.get("visits").text)
    assert "Nothing waits for a decision." in page
    assert "Infusion 2, Thursday, 19 November 2026, 10:30" in page
    assert "It was given, Thursday, 19 November 2026, 10:30" in page
    assert visit in page


def test_a_missing_time_is_asked_for_and_what_was_chosen_stays(world: World) -> None:
    without_start(world)
    doctor = clinician(world, "patient-next-planned")
    item = item_of(doctor, "given")

    answer = doctor.post(
        "decide", patient="patient-next-planned", item=item, way="given", why="other", day="2026-11-19"
    )

    assert answer.status_code == 422
    assert "Please say on which day and at what time the infusion began." in answer.text
    assert 'name="day" value="2026-11-19"' in answer.text
    assert '<option value="other" selected>' in answer.text
    assert (item, "given") in ways(answer.text)


def test_a_time_that_came_twice_is_asked_back(world: World) -> None:
    without_start(world)
    doctor = clinician(world, "patient-next-planned")
    said = {"item": item_of(doctor, "given"), "way": "given", "why": "other", "page": "visits"}
    said |= {"patient": "patient-next-planned", "day": "2026-11-01", "clock": "01:30"}

    asked = doctor.post("decide", **said)
    answer = doctor.post("decide", **said, which="second")

    assert asked.status_code == 422
    assert "Which of the two" in asked.text
    assert answer.status_code == 303


def test_what_was_settled_meanwhile_is_shown_as_it_stands(world: World) -> None:
    without_start(world)
    doctor, other = clinician(world, "patient-next-planned"), clinician(world, "patient-next-planned")
    said = {"item": item_of(doctor, "not-given"), "way": "not-given", "why": "seen-in-chart"}
    said["patient"] = "patient-next-planned"
    assert other.post("decide", **said).status_code == 303

    answer = doctor.post("decide", **said)

    assert answer.status_code == 409
    assert "This was decided or has changed meanwhile." in answer.text
    assert "Nothing waits for a decision." in answer.text


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"way": "attach"}, 422),
        ({"way": "one-infusion", "target": "nowhere"}, 422),
        ({"way": "no-such-way"}, 400),
        ({"why": "because"}, 400),
        ({"why": ""}, 400),
        ({"item": "0" * 32}, 409),
        ({"patient": ""}, 404),
        ({"way": "given", "day": "yesterday", "clock": "10:00"}, 400),
        ({"way": "given", "day": "2026-11-19", "clock": "10:00+02:00"}, 400),
        ({"csrf": ""}, 403),
        ({"csrf": "x" * 64}, 403),
    ],
)
def test_what_cannot_be_decided_so_changes_nothing(
    world: World, changed: dict[str, str], status: int
) -> None:
    without_start(world)
    doctor = clinician(world, "patient-next-planned")
    item = item_of(doctor, "not-given")
    said = {"item": item, "way": "not-given", "why": "seen-in-chart", "patient": "patient-next-planned"}

    assert doctor.post("decide", **(said | changed)).status_code == status
    assert (item, "not-given") in ways(doctor.get("visits").text)


def test_a_visit_is_never_said_to_be_one_with_all_the_others_at_once(world: World) -> None:
    """Where several infusions could be meant, one has to be named."""
    without_start(world, "patient-two-in")
    doctor = clinician(world, "patient-two-in")
    said = {"patient": "patient-two-in", "item": item_of(doctor, "one-infusion"), "way": "one-infusion"}

    assert doctor.post("decide", why="documented-twice", **said).status_code == 422
    assert "Infusion 2" in plain(doctor.get("visits").text)
    assert doctor.post("decide", why="documented-twice", target="two-in-2", **said).status_code == 303
    assert "Infusion 2" in plain(doctor.get("visits").text)
    assert "because a clinician said so" in plain(doctor.get("visits").text)


def test_a_decision_can_be_taken_back(world: World) -> None:
    doctor = clinician(world, "patient-two-in")
    said = {"patient": "patient-two-in", "why": "said-by-patient", "page": "visits"}
    assert doctor.post("say", kind="not-given", encounter="two-in-1", **said).status_code == 303
    page = doctor.get("visits").text
    (ruling,) = re.findall(r'name="ruling" value="([^"]+)"', page)

    taken = doctor.post("take-back", ruling=ruling, **said)

    assert "A clinician said that it was not given." in page
    assert "Infusion 2" not in plain(page)
    assert taken.status_code == 303
    assert "Infusion 2" in plain(doctor.get("visits").text)
    assert doctor.post("take-back", ruling=ruling, **said).status_code == 404


@pytest.mark.parametrize(
    ("kind", "shows"),
    [
        ("series-begins", "Series 2begun by a clinician’s word"),
        ("series-closed", "The series ends here"),
        ("ask-closing", "The closing set is asked"),
        ("ask-nothing", "Nothing is asked"),
    ],
)
def test_a_word_about_an_infusion_is_kept_and_followed(world: World, kind: str, shows: str) -> None:
    doctor = clinician(world, "patient-two-in")
    before = plain(doctor.get("visits").text).count(shows)

    answer = doctor.post(
        "say", kind=kind, encounter="two-in-2", patient="patient-two-in", why="treatment-plan", page="visits"
    )

    assert answer.status_code == 303
    page = plain(doctor.get("visits?kept=yes").text)
    assert page.count(shows) > before
    assert "Practitioner/clinician-1" in page
    assert "Your decision is kept." in page


def test_a_word_about_what_is_not_there_is_refused(world: World) -> None:
    doctor = clinician(world, "patient-two-in")
    said = {"patient": "patient-two-in", "why": "other"}

    assert doctor.post("say", kind="not-given", encounter="six-done-1", **said).status_code == 404
    assert doctor.post("say", kind="withdrawn", encounter="two-in-1", **said).status_code == 400
    assert doctor.post("say", encounter="two-in-1", **said).status_code == 400


# --- whose ------------------------------------------------------------------------------------------------------


def test_another_patient_is_out_of_reach_for_who_is_not_on_the_care_team(world: World) -> None:
    """A clinician has the launched patient; a foreign one reads exactly like one that is not (rule 29)."""
    without_start(world)
    item = item_of(clinician(world, "patient-next-planned"), "not-given")
    doctor = clinician(world, name="clinician-2")

    for patient_id in ("patient-next-planned", "nobody"):
        said = {"patient": patient_id, "why": "other"}
        for path, more in (
            ("decide", {"item": item, "way": "not-given"}),
            ("say", {"kind": "not-given", "encounter": "next-planned-1"}),
            ("take-back", {"ruling": "r"}),
            ("move", {"entry": str(uuid4()), "target": "no infusion"}),
        ):
            answer = doctor.post(path, **said, **more)
            assert answer.status_code == 404, path
            assert "There is nothing here for you." in answer.text


def test_the_worklist_is_the_care_teams(world: World) -> None:
    doctor, other = clinician(world), clinician(world, name="clinician-2")

    assert "Worklist" in doctor.get().text
    assert doctor.get("worklist").status_code == 200
    assert "Worklist" not in other.get().text
    assert other.get("worklist").status_code == 404


def test_the_worklist_goes_over_patients_and_settles_there(world: World) -> None:
    without_start(world)
    clinician(world, "patient-next-planned")  # whoever opens the chart looks into the record system
    doctor = clinician(world)

    page = doctor.get("worklist").text
    said = {"item": item_of(doctor, "not-given", "worklist"), "way": "not-given", "why": "seen-in-chart"}
    answer = doctor.post("decide", patient="patient-next-planned", page="worklist", **said)

    assert "Castellane" in page
    assert "Born 25 July 1969" in page
    assert "This view is recorded." in page
    assert "Harrowgate" not in page  # not even the patient whose chart is open: this page is about others
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/worklist?kept=yes")
    assert "Nothing waits for a decision." in doctor.get("worklist").text
    assert "Nothing waits for a decision." in clinician(world, "patient-next-planned").get("visits").text


def test_a_refusal_on_the_worklist_shows_the_worklist(world: World) -> None:
    without_start(world)
    clinician(world, "patient-next-planned")
    doctor = clinician(world)

    answer = doctor.post(
        "decide", patient="patient-next-planned", page="worklist", item="0" * 32, way="leave", why="other"
    )

    assert answer.status_code == 409
    assert "This was decided or has changed meanwhile." in answer.text
    assert "Castellane" in answer.text


def test_without_names_the_worklist_says_who_by_id(world: World) -> None:
    without_start(world)
    clinician(world, "patient-next-planned")
    doctor = clinician(world)
    world.net.servers.pop(EHR)

    page = doctor.get("worklist")

    assert page.status_code == 200
    assert "Patient patient-next-planned" in page.text


# --- moving an entry --------------------------------------------------------------------------------------------


def sent(world: World, encounter: str = "six-done-1") -> str:
    """An entry of the patient's, by its id."""
    return world.desk.entry_id(CLINIC, patient(world).write(encounter, {"ai1.1": WORDS}))


def test_an_entry_moves_to_another_infusion_and_says_so(world: World) -> None:
    entry, doctor = sent(world), clinician(world)

    answer = doctor.post(
        "move", patient=_PATIENT, entry=entry, target="six-done-2", why="wrong-visit", page="entry"
    )

    assert answer.status_code == 303
    page = plain(doctor.get(f"entry/{entry}").text)
    assert "Belongs to Infusion 2" in page
    assert "Moved by Practitioner/clinician-1 on Friday, 20 November 2026 (wrong visit)" in page
    assert WORDS in page


def test_an_entry_comes_off_its_infusion_and_waits(world: World) -> None:
    entry, doctor = sent(world), clinician(world)

    assert (
        doctor.post(
            "move", patient=_PATIENT, entry=entry, target="no infusion", why="wrong-visit"
        ).status_code
        == 303
    )
    page = plain(doctor.get(f"entry/{entry}").text)
    assert "Belongs to no infusion" in page
    assert "Taken off its infusion by Practitioner/clinician-1" in page
    assert "An entry waits for its infusion" in doctor.get("visits").text
    item = item_of(doctor, "attach")
    said = {"patient": _PATIENT, "item": item, "way": "attach", "why": "seen-in-chart"}
    assert doctor.post("decide", target="six-done-3", **said).status_code == 303
    assert "Connected with its infusion by Practitioner/clinician-1" in plain(
        doctor.get(f"entry/{entry}").text
    )


def test_an_infusion_that_is_not_free_is_not_taken(world: World) -> None:
    """Written for, or begun: the answer is the same, since a draft is the patient's alone."""
    entry = sent(world)
    tamsin, doctor = patient(world), clinician(world)
    tamsin.write("six-done-2", {"ai2.1": WORDS})
    tamsin.begin("six-done-3")

    for target, status in (("six-done-2", 422), ("six-done-3", 409), ("two-in-1", 422)):
        answer = doctor.post("move", patient=_PATIENT, entry=entry, target=target, why="other")
        assert answer.status_code == status
        assert 'role="alert"' in answer.text
        assert "draft" not in plain(answer.text)
    assert "Belongs to Infusion 1" in plain(doctor.get(f"entry/{entry}").text)


def test_a_foreign_entry_cannot_be_moved(world: World) -> None:
    foreign = world.desk.entry_id(
        CLINIC, patient(world, "patient-two-in").write("two-in-1", {"ai1.1": WORDS})
    )
    doctor = clinician(world)
    for entry in (foreign, str(uuid4())):
        answer = doctor.post("move", patient=_PATIENT, entry=entry, target="no infusion", why="other")
        assert answer.status_code == 404
    assert doctor.post("move", patient=_PATIENT, entry=foreign, why="other").status_code == 400
    assert (
        doctor.post("move", csrf="", patient=_PATIENT, entry=foreign, target="no infusion").status_code == 403
    )


def test_a_number_that_differs_is_said_calmly_and_the_entry_keeps_its_own(world: World) -> None:
    rowan = patient(world, "patient-two-in")
    entry = world.desk.entry_id(CLINIC, rowan.write("two-in-1", {"ai1.1": WORDS}))
    FrontDesk(world).book("patient-two-in", NOON - timedelta(days=6))
    doctor = clinician(world, "patient-two-in")

    page = plain(doctor.get(f"entry/{entry}").text)
    visits = plain(doctor.get("visits").text)

    assert "The record system now counts this infusion as number 2; the entry keeps its number." in page
    assert "Belongs to Infusion 1" in page
    assert "Infusion 1 now counts as number 2" in visits
    assert "It keeps number 1" in visits


# --- local times ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "clock", "which", "expected"),
    [
        ("2026-11-20", "10:30", "", datetime(2026, 11, 20, 18, 30, tzinfo=UTC)),
        ("2026-07-20", "10:30", "", datetime(2026, 7, 20, 17, 30, tzinfo=UTC)),
        ("2026-11-01", "01:30", "first", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01", "01:30", "second", datetime(2026, 11, 1, 9, 30, tzinfo=UTC)),
        ("2026-11-20", "", "", None),
        ("", "10:30", "", None),
    ],
)
def test_a_local_time_is_read_as_one_instant(
    day: str, clock: str, which: str, expected: datetime | None
) -> None:
    assert instant(day, clock, which, "America/Los_Angeles") == expected


@pytest.mark.parametrize(
    ("day", "clock", "problem"),
    [
        ("2026-03-08", "02:30", NoSuchTime),
        ("2026-11-01", "01:30", TimeTwice),
        ("0001-01-01", "00:00", NotReadable),
        ("2026-02-30", "10:00", NotReadable),
        ("2026-11-20", "25:00", NotReadable),
    ],
)
def test_a_local_time_that_is_none_or_two_is_never_guessed(
    day: str, clock: str, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        instant(day, clock, "", "America/Los_Angeles" if day != "0001-01-01" else "Asia/Tokyo")
