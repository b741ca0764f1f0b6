"""Writing before the record system knows the infusion: it finds its place by itself, and so does its document."""

import re

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.journeys.barriers import SMALLEST_PHONE, assert_no_barrier
from tests.journeys.conftest import PHONE, House
from tests.journeys.people import Patient
from tests.journeys.staffed import FrontDeskInTown, ago, desk, on_visit, replaced, stack

__all__ = ["desk", "stack"]

WORDS = "The rain stopped when I looked up. Ветер, naïve 🌧"
FILED = re.compile("^In your record since ")
SMALL: ViewportSize = {"width": SMALLEST_PHONE[0], "height": SMALLEST_PHONE[1]}


def chidera_writes(chidera: Patient) -> None:
    """From the portal to the check page, with no infusion anywhere."""
    chidera.comes_from_the_portal()
    chidera.sees("There is no infusion here yet.")
    chidera.writes_at_once()
    chidera.writes(WORDS)
    if not chidera.scripts:
        chidera.goes("Save")
    chidera.sees_it_saved()
    chidera.page.reload()
    chidera.is_ready_to_write()
    chidera.finds_on_the_paper(WORDS)
    chidera.goes("Check and send")
    chidera.sees_heading("Check what you wrote")


@pytest.mark.parametrize(
    ("scripts", "size"),
    [(True, PHONE), (False, PHONE), (True, SMALL), (False, SMALL)],
    ids=["scripts", "no scripts", "scripts, small", "no scripts, small"],
)
def test_what_was_written_at_once_finds_its_infusion(
    house: House, desk: FrontDeskInTown, scripts: bool, size: ViewportSize
) -> None:
    """Written, sent and filed without an infusion; booked at last, and filed once more in the right place (rule 11)."""
    desk.asks_to_be_told()
    chidera = house.patient("patient-none-yet", scripts=scripts)
    chidera.page.set_viewport_size(size)
    chidera_writes(chidera)
    chidera.sends()
    chidera.waits_until_it_is_in_the_record()
    expect(chidera.page.locator(".where time")).to_have_count(0)
    assert WORDS.split(".")[0] in chidera.reads_own_copy()
    chidera.follows("Back to your journal")
    chidera.sees_state("Written on", "Waiting for its infusion: your clinic will connect it")
    first = desk.current_document("patient-none-yet")
    assert on_visit(first) == []
    visit = desk.book("patient-none-yet", ago(hours=2))
    chidera.sees_state_in_the_end("Infusion 1", FILED)
    chidera.does_not_see("Written on")
    second = desk.current_document("patient-none-yet")
    assert on_visit(second) == [visit]
    assert replaced(second) == [first["id"]]
    assert desk.read("DocumentReference", first["id"])["status"] == "superseded"
    assert len(desk.documents("patient-none-yet")) == 2
    chidera.infusion("Infusion 1").get_by_role("link", name="See where it is").click()
    expect(chidera.page.locator(".where")).to_contain_text("Infusion 1")
    assert WORDS.split(".")[0] in chidera.reads_own_copy()


def test_the_infusion_shows_up_while_one_writes(house: House, desk: FrontDeskInTown) -> None:
    """Nothing changes under the pen: the draft keeps its words and prompts, and has its infusion when it is sent."""
    desk.asks_to_be_told()
    chidera = house.patient("patient-none-yet")
    chidera_writes(chidera)
    visit = desk.book("patient-none-yet", ago(hours=3))
    course = chidera.opens_another_tab(chidera.page.url.partition("entry/")[0])
    course.sees_state_in_the_end("Infusion 1", "In progress")
    expect(course.page.get_by_role("listitem").filter(has_text="Carry on writing")).to_have_count(1)
    chidera.sends()
    chidera.waits_until_it_is_in_the_record()
    chidera.follows("Back to your journal")
    chidera.sees_state("Infusion 1", FILED)
    (only,) = desk.documents("patient-none-yet")
    assert on_visit(only) == [visit]


def test_the_record_system_tells_of_a_visit(house: House, desk: FrontDeskInTown) -> None:
    """Handshake, event, look: a new infusion stands there after a reload, and goes again when it is cancelled."""
    subscription = desk.asks_to_be_told()
    rowan = house.patient("patient-two-in")
    rowan.comes_from_the_portal()
    rowan.sees_state("Infusion 2", "Ready")
    expect(rowan.infusion("Infusion 3")).to_have_count(0)
    visit = desk.book("patient-two-in", ago(minutes=20), minutes=None, status="in-progress")
    rowan.sees_state_in_the_end("Infusion 3", "Not yet")
    desk.close(visit, ago(minutes=5))
    rowan.sees_state_in_the_end("Infusion 3", "Ready")
    desk.cancel(visit)
    rowan.sees_in_the_end(rowan.page.locator("ol.infusions:not(:has-text('Infusion 3'))"))
    rowan.sees_state("Infusion 2", "Ready")
    assert desk.read("Subscription", subscription)["status"] == "active"


def test_nobody_is_kept_out(house: House, desk: FrontDeskInTown) -> None:
    """Every page of writing at once, in both colour schemes and on the smallest phone."""
    chidera = house.patient("patient-none-yet")
    chidera.comes_from_the_portal()
    chidera.page.get_by_text("Choose other prompts").click()
    assert_no_barrier(chidera.page)
    chidera.writes_at_once()
    chidera.writes(f"{WORDS} {'mm' * 60}")
    chidera.sees_it_saved()
    assert_no_barrier(chidera.page)
    chidera.goes("Check and send")
    assert_no_barrier(chidera.page)
    chidera.page.go_back()
    chidera.goes("Stop for today")
    chidera.sees_state("Written on", "Not today")
    assert_no_barrier(chidera.page)
    chidera.carries_on("Written on")
    chidera.goes("Check and send")
    chidera.sends()
    chidera.waits_until_it_is_in_the_record()
    assert_no_barrier(chidera.page)
    chidera.follows("Back to your journal")
    chidera.sees_state("Written on", "Waiting for its infusion: your clinic will connect it")
    assert_no_barrier(chidera.page)
    desk.book("patient-none-yet", None)
    chidera.presses("Look again")
    chidera.sees("Your clinic is sorting out one visit.")
    assert_no_barrier(chidera.page)
