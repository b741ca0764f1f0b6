"""A patient writes before anybody documented the infusion: "capture now" (product rule 11)."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.front_desk import FrontDesk
from tests.people import Patient, clinician, patient
from tests.web.test_visits import plain
from tests.world import CLINIC, EHR, NOON, World

WORDS = "I remembered the harbour"


def offered(page: str) -> list[tuple[str, str]]:
    """The forms for writing at once: each key with the set it would send by itself."""
    return re.findall(r'name="key" value="([^"]+)">\s*<input type="hidden" name="set" value="([^"]+)">', page)


def set_url(world: World, ordinal: int) -> str:
    found = world.desk.library.for_ordinal(ordinal)
    assert found is not None
    return found.url


def begin_now(who: Patient, url: str, key: str | None = None) -> str:
    """Start writing at once; the key of the entry."""
    answer = who.post("begin-now", key=key or str(uuid4()), set=url)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/")[4]


def write_now(world: World, who: Patient, ordinal: int = 1) -> str:
    """Write and send without an infusion; the key of the entry."""
    prompt_set = world.desk.library.for_ordinal(ordinal)
    assert prompt_set is not None
    key = begin_now(who, prompt_set.url)
    saved = who.type(key, 1, {prompt_set.prompts[0].link_id: WORDS})
    assert who.send(key, saved.json()["revision"]).status_code == 303
    return key


def test_where_no_infusion_is_ready_writing_at_once_comes_first(world: World) -> None:
    page = patient(world, "patient-none-yet").get().text

    ((_, url),) = offered(page)
    assert url == set_url(world, 1)
    assert page.index("at-once prominent") < page.index("Who reads this?")
    assert "Has your infusion not shown up here yet? You can write at once." in plain(page)
    for ordinal in range(2, 7):
        assert f'type="radio" id="set-{ordinal - 1}" name="set" value="{set_url(world, ordinal)}"' in page


def test_where_one_is_ready_it_stays_in_the_background(world: World) -> None:
    page = patient(world, "patient-two-in").get().text

    ((_, url),) = offered(page)
    assert url == set_url(world, 3)
    assert "prominent" not in page
    assert page.index("Start writing") < page.index("Write now")


def test_the_way_from_the_button_to_the_receipt(world: World) -> None:
    chidera = patient(world, "patient-none-yet")
    ((key, url),) = offered(chidera.get().text)

    assert begin_now(chidera, url, key) == key
    home = plain(chidera.get().text)
    saved = chidera.type(key, 1, {"ai1.1": WORDS})
    for page in ("prompt/1", "all", "check"):
        assert chidera.get(f"entry/{key}/{page}").status_code == 200
        assert "None" not in plain(chidera.get(f"entry/{key}/{page}").text)
    sent = chidera.send(key, saved.json()["revision"])
    receipt = plain(chidera.get(f"entry/{key}/receipt").text)
    after = plain(chidera.get().text)

    assert "Written on Friday, 20 November 2026" in home
    assert "Carry on writing" in home
    assert "Waiting for its infusion" not in home
    assert sent.status_code == 303
    assert "Sent" in receipt
    assert "None" not in receipt
    assert "Waiting for its infusion: your clinic will connect it" in after


def test_stopping_for_today_leaves_it_in_the_list(world: World) -> None:
    chidera = patient(world, "patient-none-yet")
    key = begin_now(chidera, set_url(world, 1))
    chidera.type(key, 1, {"ai1.1": WORDS})

    assert chidera.post(f"entry/{key}/stop").status_code == 200
    home = plain(chidera.get().text)
    assert "Written on Friday, 20 November 2026" in home
    assert "Not today" in home
    assert "Carry on writing" in home


def test_another_set_can_be_chosen(world: World) -> None:
    chidera = patient(world, "patient-none-yet")
    key = begin_now(chidera, set_url(world, 4))

    assert 'data-link-id="ai4.1"' in chidera.get(f"entry/{key}/prompt/1").text


def test_pressing_twice_begins_once_and_after_sending_leads_home(world: World) -> None:
    chidera = patient(world, "patient-none-yet")
    key = write_now(world, chidera)

    again = chidera.post("begin-now", key=key, set=set_url(world, 1))

    assert again.status_code == 303
    assert again.headers["location"].endswith(f"/journal/{chidera.handle}/")
    other = str(uuid4())
    assert (
        begin_now(chidera, set_url(world, 1), other) == begin_now(chidera, set_url(world, 1), other) == other
    )


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"set": "https://elsewhere.example/Questionnaire/mine"}, 404),
        ({"set": ""}, 404),
        ({"key": "not-a-key"}, 400),
        ({"csrf": ""}, 403),
    ],
)
def test_what_is_not_offered_is_not_begun(world: World, changed: dict[str, str], status: int) -> None:
    chidera = patient(world, "patient-none-yet")
    said = {"key": str(uuid4()), "set": set_url(world, 1)}

    assert chidera.post("begin-now", **(said | changed)).status_code == status
    assert "Written on" not in chidera.get().text


def test_a_foreign_key_opens_nothing(world: World) -> None:
    """A key that somebody else's draft has gives neither their words nor a draft of one's own."""
    key = begin_now(patient(world, "patient-none-yet"), set_url(world, 1))
    other = patient(world, "patient-two-in")

    answer = other.post("begin-now", key=key, set=set_url(world, 3))

    assert answer.status_code in (404, 409)
    assert other.get(f"entry/{key}/prompt/1").status_code == 404


def test_what_was_written_connects_by_itself_and_both_sides_are_told(world: World) -> None:
    chidera = patient(world, "patient-none-yet")
    key = write_now(world, chidera)
    before = plain(clinician(world, "patient-none-yet").get().text)
    FrontDesk(world).book("patient-none-yet", NOON - timedelta(hours=2))

    assert chidera.post("refresh").status_code == 303
    home = plain(chidera.get().text)
    entry = world.desk.entry_id(CLINIC, key)
    page = plain(clinician(world, "patient-none-yet").get(f"entry/{entry}").text)

    assert "Belongs to no infusion" in before
    assert "Infusion 1" in home
    assert "Waiting for its infusion" not in home
    assert "Belongs to Infusion 1, Friday, 20 November 2026" in page
    assert "Connected with its infusion on Friday, 20 November 2026" in page


def test_an_entry_that_a_clinician_leaves_without_an_infusion_is_not_said_to_wait(world: World) -> None:
    """Never tell somebody something that is not so (product, section 5)."""
    chidera = patient(world, "patient-none-yet")
    write_now(world, chidera)
    doctor = clinician(world, "patient-none-yet")
    (item,) = re.findall(r'name="item" value="(\w+)"', doctor.get("visits").text)
    said = {"patient": "patient-none-yet", "item": item, "way": "leave", "why": "said-by-patient"}

    assert doctor.post("decide", **said).status_code == 303
    assert "Waiting for its infusion" not in chidera.get().text
    assert "Written on Friday, 20 November 2026" in plain(chidera.get().text)


def test_a_silent_record_system_holds_nothing_up(world: World) -> None:
    chidera = patient(world, "patient-none-yet")
    world.net.servers.pop(EHR)

    write_now(world, chidera)
    assert "Waiting for its infusion: your clinic will connect it" in plain(chidera.get().text)
