"""Every page for everybody: no axe finding in light and dark, and no sideways scrolling on the smallest phone.

These walks have a demo of their own, since they leave every kind of page behind them and need its patients for it.
"""

from collections.abc import Iterator

import pytest

from service.cli.demo_stack import ANY_PORT, Stack, running
from tests.journeys.barriers import assert_no_barrier
from tests.journeys.conftest import House
from tests.journeys.people import Patient

# As hard to lay out as words get: no place to break a line, two writing directions, signs beyond the first plane.
WORDS = f"A word without an end: {'mm' * 60}. שלום, Привет, 🌊."


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A demo that nobody else walks through."""
    with running(tmp_path_factory.mktemp("demo"), ANY_PORT, ANY_PORT) as started:
        yield started


def wrote(house: House, patient_id: str, ordinals: tuple[int, ...] = (1,)) -> Patient:
    """A patient who has sent these entries and stands on the receipt."""
    patient = house.patient(patient_id)
    patient.comes_from_the_portal()
    home = patient.page.url
    for ordinal in ordinals:
        patient.page.goto(home)
        patient.starts_writing(f"Infusion {ordinal}")
        patient.writes_everything(WORDS)
        patient.sends()
    return patient


def test_writing(house: House) -> None:
    """The course, a prompt, all prompts, what earlier words look like beside it, and the check."""
    tamsin = wrote(house, "patient-six-done")
    assert_no_barrier(tamsin.page)
    tamsin.waits_until_it_is_in_the_record()
    assert_no_barrier(tamsin.page)
    tamsin.follows("Back to your journal")
    assert_no_barrier(tamsin.page)
    tamsin.starts_writing("Infusion 2")
    tamsin.page.get_by_text("Who reads this?").click()
    assert_no_barrier(tamsin.page)
    tamsin.page.emulate_media(color_scheme="light")
    tamsin.presses("Dim the page")
    assert_no_barrier(tamsin.page)
    tamsin.goes("Check and send")
    tamsin.sees_heading("Nothing is written yet")
    assert_no_barrier(tamsin.page)
    tamsin.page.go_back()
    tamsin.writes_everything(WORDS)
    assert_no_barrier(tamsin.page)
    tamsin.page.go_back()
    tamsin.is_ready_to_write()
    for earlier in tamsin.page.get_by_text("What you wrote after infusion 1").all():
        earlier.click()
    assert_no_barrier(tamsin.page)
    tamsin.goes("Check and send")
    tamsin.presses("Stop for today")
    tamsin.sees_heading("That is enough for today")
    assert_no_barrier(tamsin.page)
    tamsin.follows("Back to your journal")
    assert_no_barrier(tamsin.page)
    tamsin.signs_out()
    assert_no_barrier(tamsin.page)


def test_trouble(house: House) -> None:
    """What a patient sees when something is in the way: two texts, no infusion, doubt, refusal, no such page."""
    for status in ("400", "401", "404", "412"):
        house.watch.expects(status)
    magnus = house.patient("patient-intramuscular")
    magnus.comes_from_the_portal()
    magnus.starts_writing("Infusion 1")
    magnus.opens_another_tab().answers(WORDS)
    magnus.writes("Something else.")
    magnus.sees("This was also changed in another window.")
    assert_no_barrier(magnus.page)
    magnus.goes("See both texts")
    assert_no_barrier(magnus.page)
    for patient_id in ("patient-none-yet", "patient-no-times"):
        other = house.patient(patient_id, browser_of=magnus)
        other.comes_from_the_portal()
        assert_no_barrier(other.page)
    signed_out = magnus.page.url
    magnus.page.context.clear_cookies()
    for address in (
        signed_out,
        f"{house.stack.service_url}/nowhere",
        f"{house.stack.service_url}/launch/patient?iss=https://elsewhere.example/fhir&launch=1",
        f"{house.stack.sandbox_url}/nowhere",
    ):
        magnus.page.goto(address)
        assert_no_barrier(magnus.page)


def test_reading(house: House) -> None:
    """The clinician's pages, with nothing in them and with more than enough."""
    maren = house.clinician()
    maren.opens_chart("patient-next-planned")
    assert_no_barrier(maren.page)
    maren.opens_the_journal()
    maren.sees_heading("No entry yet")
    assert_no_barrier(maren.page)
    maren.follows("Side by side")
    assert_no_barrier(maren.page)
    wrote(house, "patient-eight-done", (1, 2, 3)).waits_until_it_is_in_the_record()
    maren.opens_chart("patient-eight-done")
    assert_no_barrier(maren.page)
    maren.opens_the_journal()
    assert_no_barrier(maren.page)
    maren.follows("Side by side")
    assert_no_barrier(maren.page)
    maren.signs_out()
    assert_no_barrier(maren.page)


def test_the_access_log(house: House) -> None:
    """The compliance officer's pages, also where nothing fits the filter."""
    wrote(house, "patient-two-in")
    ines = house.officer()
    ines.opens_the_access_log()
    assert_no_barrier(ines.page)
    ines.page.get_by_role("link", name="patient-two-in").first.click()
    ines.sees_heading("Who saw patient")
    assert_no_barrier(ines.page)
    ines.follows("Back to the access log")
    ines.filters(since="2099-01-01")
    ines.sees("No record fits this filter.")
    assert_no_barrier(ines.page)
    ines.presses("Check the log now")
    ines.sees_heading("The log is whole")
    assert_no_barrier(ines.page)


def test_the_record_system(house: House) -> None:
    """The sandbox's pages around the journal: a demo that shuts people out shows nothing worth having."""
    bruno = house.patient("patient-in-progress")
    for path in ("/", "/sign-in"):
        bruno.page.goto(f"{house.stack.sandbox_url}{path}")
        assert_no_barrier(bruno.page)
    bruno.signs_in("/portal/")
    assert_no_barrier(bruno.page)
    maren = house.clinician()
    for path in ("/chart", "/staff"):
        maren.signs_in(path)
        assert_no_barrier(maren.page)
