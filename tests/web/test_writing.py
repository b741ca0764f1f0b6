"""A patient writes after an infusion: begin, save, stop, go on (product rules 13, 14 and 17)."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from service.journal.entries import Answer
from service.journal.problems import ChangedElsewhere
from service.store import drafts
from service.workflow.begin_entry import begin_entry
from service.workflow.save_draft import save_draft
from tests.people import Patient, clinician, patient
from tests.web.kept_words import WORDS, draft_of
from tests.workflow.contexts import as_clinician, as_patient
from tests.world import World

# --- begin -----------------------------------------------------------------------------------------------------


def test_beginning_leads_to_the_first_prompt_of_that_infusions_set(world: World) -> None:
    ada = patient(world)
    answer = ada.post("begin", key=str(uuid4()), encounter="six-done-3")

    page = ada.browser.ask("GET", ada.url(answer.headers["location"]))

    assert answer.status_code == 303
    assert "After your third infusion" in page.text or "3" in page.text
    assert 'data-link-id="ai3.1"' in page.text


def test_a_double_click_begins_one_draft(world: World) -> None:
    ada = patient(world)
    key = str(uuid4())

    assert ada.begin("six-done-1", key) == ada.begin("six-done-1", key) == key
    assert len(drafts.drafts_of(world.desk.store, as_patient())) == 1


def test_another_tab_goes_on_with_the_draft_already_begun(world: World) -> None:
    first, second = patient(world), patient(world)

    key = first.begin("six-done-1")

    assert second.begin("six-done-1") == key


def test_many_tabs_at_once_begin_one_draft(world: World) -> None:
    patient(world)

    def begin(_: int) -> str:
        return begin_entry(world.desk, as_patient(), str(uuid4()), "six-done-1").key

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(24)))) == 1


def test_two_launches_in_two_tabs_never_meet(world: World) -> None:
    """A second launch opens a visit of its own; the first stays what it was (threat T8)."""
    doctor = clinician(world, "patient-six-done")
    other = clinician(world, "patient-two-in")

    assert doctor.handle != other.handle
    assert "Harrowgate" not in other.get().text
    assert doctor.get("side-by-side").status_code == other.get("side-by-side").status_code == 200


@pytest.mark.parametrize("encounter", ["two-in-1", "six-done-intake", "six-done-99", ""])
def test_only_an_infusion_of_ones_own_can_be_begun(world: World, encounter: str) -> None:
    ada = patient(world)

    assert ada.post("begin", key=str(uuid4()), encounter=encounter).status_code == 404
    assert drafts.drafts_of(world.desk.store, as_patient()) == []


def test_an_infusion_that_is_not_over_cannot_be_begun_yet(world: World) -> None:
    dương = patient(world, "patient-in-progress")

    assert dương.post("begin", key=str(uuid4()), encounter="in-progress-2").status_code == 404
    world.clock.pass_time(minutes=31)
    assert dương.post("begin", key=str(uuid4()), encounter="in-progress-2").status_code == 303


@pytest.mark.parametrize("key", ["", "x", "a/../b", "00000000-0000-0000-0000-00000000000G", "A" * 5000])
def test_a_key_that_is_no_uuid_is_refused(world: World, key: str) -> None:
    """The entry's identifier everywhere is made of it (rule 13)."""
    assert patient(world).post("begin", key=key, encounter="six-done-1").status_code == 400


def test_an_infusion_already_written_about_leads_home(world: World) -> None:
    ada = patient(world)
    ada.write("six-done-1", {"ai1.1": WORDS})

    answer = ada.post("begin", key=str(uuid4()), encounter="six-done-1")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        ada.url().removeprefix("http://127.0.0.1:8080"),
    )


def test_the_recovery_visit_of_an_infusion_is_the_same_infusion(world: World) -> None:
    noel = patient(world, "patient-split-part-of")

    key = noel.begin("split-part-of-1-recovery")

    assert noel.begin("split-part-of-1") == key


def test_what_was_begun_keeps_its_set_when_the_record_changes(world: World) -> None:
    """An earlier infusion turns up after the second set was begun: nothing is renamed (rule 9)."""
    zoe = patient(world, "patient-one-cancelled")
    key = zoe.begin("one-cancelled-3")
    records = world.records()
    late = records.read("Encounter", "one-cancelled-2") | {"status": "finished"}
    records.update("Encounter", "one-cancelled-2", late)

    zoe.post("refresh")
    home = zoe.get().text

    assert 'data-link-id="ai2.1"' in zoe.get(f"entry/{key}/prompt/1").text
    assert home.count("Carry on writing") == 1
    # What is the second infusion now would get the second set: that one is being written.
    assert "asked-already" in home


# --- save ------------------------------------------------------------------------------------------------------


def test_what_is_typed_is_kept_letter_for_letter(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    answer = ada.type(key, 1, {"ai1.1": WORDS})

    assert answer.json()["revision"] == 2
    assert draft_of(world, key) == {"ai1.1": WORDS}
    assert "&lt;b&gt;not bold&lt;/b&gt;" in ada.get(f"entry/{key}/prompt/1").text


def test_a_save_whose_reply_was_lost_can_be_made_again(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    first, again = ada.type(key, 1, {"ai1.1": WORDS}), ada.type(key, 1, {"ai1.1": WORDS})

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["revision"] == again.json()["revision"] == 2


def test_another_windows_words_are_never_overwritten(world: World) -> None:
    ada, again = patient(world), patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "from the telephone"})

    answer = again.type(key, 1, {"ai1.1": "from the tablet"})

    assert (answer.status_code, answer.json()["problem"]) == (412, "ChangedElsewhere")
    assert answer.json()["conflictUrl"].endswith(f"/entry/{key}/all")
    assert draft_of(world, key) == {"ai1.1": "from the telephone"}


def _overtaken_after_a_lost_reply(world: World) -> tuple[Patient, str]:
    """A window saved at revision 1 and never heard of it; another one then wrote under another prompt."""
    ada = patient(world)
    key = ada.begin("six-done-1")
    assert ada.type(key, 1, {"ai1.1": WORDS}).status_code == 200
    assert ada.type(key, 2, {"ai1.2": "of the other window"}).status_code == 200
    return ada, key


@pytest.mark.parametrize("seen", [None, {"ai1.2": ""}, {"ai1.2": "older words of it", "ai1.3": ""}])
def test_a_save_made_again_after_another_windows_is_a_conflict_to_who_has_not_seen_that(
    world: World, seen: dict[str, str] | None
) -> None:
    """Told that it is saved at revision 3, the page would write over what it never showed (F40 with F48)."""
    ada, key = _overtaken_after_a_lost_reply(world)

    assert ada.type(key, 1, {"ai1.1": WORDS}, seen=seen).status_code == 412
    assert draft_of(world, key) == {"ai1.1": WORDS, "ai1.2": "of the other window"}


def test_a_save_made_again_by_a_page_that_shows_the_rest_as_it_stands_is_none(world: World) -> None:
    ada, key = _overtaken_after_a_lost_reply(world)

    again = ada.type(key, 1, {"ai1.1": WORDS}, seen={"ai1.2": "of the other window", "ai1.3": ""})

    assert (again.status_code, again.json()["revision"]) == (200, 3)


def test_a_conflict_shows_both_texts_and_keeps_what_is_chosen(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "from the telephone"})

    page = ada.post(f"entry/{key}/prompt/1", revision="1", text="from the tablet", go="next")
    chosen = {"revision": "2", "choice-ai1.1": "both", "mine-ai1.1": "from the tablet", "go": "save"}
    kept = ada.post(f"entry/{key}/all", **chosen)

    assert page.status_code == 412
    assert "from the telephone" in page.text
    assert "from the tablet" in page.text
    assert kept.status_code == 303
    assert draft_of(world, key) == {"ai1.1": "from the telephone\n\nfrom the tablet"}


BOTH = "theirs\n\nmine"


@pytest.mark.parametrize(
    ("choice", "mine_private", "kept", "private"),
    [
        ("mine", True, "mine", True),
        ("mine", False, "mine", False),
        ("theirs", False, "theirs", True),
        ("both", False, BOTH, True),
        ("both", True, BOTH, True),
        ("nonsense", False, BOTH, True),
    ],
)
def test_each_choice_of_a_conflict_is_obeyed_and_private_words_stay_private(
    world: World, choice: str, mine_private: bool, kept: str, private: bool
) -> None:
    """The other window kept its text private: wherever that text goes, it stays so (rule 16)."""
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "theirs"}, private=("ai1.1",))
    fields = {"revision": "2", "choice-ai1.1": choice, "mine-ai1.1": "mine"}

    ada.post(f"entry/{key}/all", **(fields | ({"private-mine-ai1.1": "on"} if mine_private else {})))

    found = drafts.draft(world.desk.store, as_patient(), key)
    assert found is not None
    assert found.answers == (Answer("ai1.1", kept, private=private),)


def test_of_many_saves_at_once_on_one_revision_one_wins(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    def save(number: int) -> bool:
        try:
            save_draft(world.desk, as_patient(), key, 1, [Answer("ai1.1", f"words {number}")])
        except ChangedElsewhere:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(save, range(16)))

    assert won.count(True) == 1
    assert draft_of(world, key) == {"ai1.1": f"words {won.index(True)}"}


def test_an_answer_longer_than_the_prompt_allows_is_refused_and_the_earlier_one_stays(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "short"})
    prompt_set = world.desk.library.for_ordinal(1)
    assert prompt_set is not None

    answer = ada.type(key, 2, {"ai1.1": "x" * (prompt_set.prompts[0].max_length + 1)})

    assert (answer.status_code, answer.json()["problem"]) == (422, "TooLong")
    assert ada.type(key, 2, {"ai1.1": "x" * prompt_set.prompts[0].max_length}).status_code == 200


@pytest.mark.parametrize("link_id", ["ai2.1", "ai1.notice", "", "x" * 999])
def test_an_answer_to_no_prompt_of_the_set_is_refused(world: World, link_id: str) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    assert ada.type(key, 1, {link_id: WORDS}).json()["problem"] == "UnknownPromptSet"
    assert draft_of(world, key) == {}


BODIES = [
    {},
    {"revision": "1", "answers": []},
    {"revision": True, "answers": []},
    {"revision": 1.0, "answers": []},
    {"revision": 1, "answers": {}},
    {"revision": 1, "answers": ["x"]},
    {"revision": 1, "answers": [{"linkId": "ai1.1"}]},
    {"revision": 1, "answers": [{"linkId": 1, "text": "x"}]},
    {"revision": 1, "answers": [{"linkId": "ai1.1", "text": None}]},
    {"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x", "private": "yes"}]},
    {"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x", "status": "completed"}]},
    {"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x"}], "patient_id": "patient-two-in"},
    {"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x"}], "seen": "x"},
    {"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x"}], "seen": [{"linkId": "ai1.2"}]},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_save_in_another_shape_is_refused(world: World, body: object) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    assert ada.put(f"entry/{key}/draft", body).status_code == 400
    assert draft_of(world, key) == {}


def test_without_scripts_the_form_saves_too_and_leads_on(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    answer = ada.post(f"entry/{key}/prompt/1", revision="1", text="one\r\ntwo", private="on", go="next")

    assert answer.headers["location"].endswith("/prompt/2")
    found = drafts.draft(world.desk.store, as_patient(), key)
    assert found is not None
    assert found.answers == (Answer("ai1.1", "one\ntwo", private=True),)
    assert found.resume_at == "ai1.2"


WAYS = {
    "next": "/prompt/3",
    "skip": "/prompt/3",
    "back": "/prompt/1",
    "save": "/prompt/2",
    "all": "/all",
    "check": "/check",
    "stop": "/",
    "http://evil.example/": "/prompt/3",
}


@pytest.mark.parametrize("go", WAYS)
def test_each_button_leads_where_it_says_and_saves_first(world: World, go: str) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    answer = ada.post(f"entry/{key}/prompt/2", revision="1", text=WORDS, go=go)

    assert answer.status_code == 303
    assert answer.headers["location"].endswith(WAYS[go])
    assert draft_of(world, key) == {"ai1.2": WORDS}


def test_the_last_prompt_leads_to_the_check(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    assert (
        ada.post(f"entry/{key}/prompt/5", revision="1", text="x", go="next")
        .headers["location"]
        .endswith("/check")
    )


@pytest.mark.parametrize("number", [0, 6, 999])
def test_there_is_no_prompt_beyond_the_set(world: World, number: int) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    assert ada.get(f"entry/{key}/prompt/{number}").status_code == 404


def test_a_paste_with_control_characters_is_kept_and_never_refused(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    ada.post(f"entry/{key}/prompt/1", revision="1", text="be\x00fore\x07 after", go="next")

    assert draft_of(world, key) == {"ai1.1": "be fore  after"}


# --- stop and resume -------------------------------------------------------------------------------------------


def test_not_today_keeps_the_words_and_the_entry_can_be_resumed(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.post(f"entry/{key}/prompt/2", revision="1", text=WORDS, go="stop")

    home = ada.get().text
    assert "not-today" in home
    assert f"/entry/{key}/prompt/3" in home
    assert WORDS.replace("<", "&lt;").replace(">", "&gt;") in ada.get(f"entry/{key}/prompt/2").text

    ada.type(key, 3, {"ai1.3": "and more"})
    assert "in-progress" in ada.get().text
    assert ada.send(key, 4).status_code == 303


def test_stopping_twice_is_stopping_once(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    assert [ada.post(f"entry/{key}/stop").status_code for _ in range(2)] == [200, 200]
    found = drafts.draft(world.desk.store, as_patient(), key)
    assert found is not None
    assert found.revision == 2


def test_stopping_with_words_whose_reply_was_lost_can_be_done_again(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    told = [ada.post(f"entry/{key}/prompt/1", revision="1", text=WORDS, go="stop") for _ in range(2)]

    assert [one.status_code for one in told] == [303, 303]
    assert draft_of(world, key) == {"ai1.1": WORDS}
    assert "not-today" in ada.get().text


def test_an_entry_put_off_is_nobody_elses(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": WORDS})
    ada.post(f"entry/{key}/stop")

    assert "calm" not in clinician(world).get("side-by-side").text
    assert drafts.draft(world.desk.store, as_clinician(), key) is None
