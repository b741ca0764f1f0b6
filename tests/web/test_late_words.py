"""Words in a form that comes after the visit has ended: held for their patient, given back to nobody else (rule 14)."""

import html
import random
import re
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import select

from service.audit.record import Record
from service.store import audit_trail, deeds
from service.store.held_words import held_of, held_words
from service.store.row_security import whole_house
from service.web.guards import csrf_token
from service.workflow.deliver_entry import forget_expired
from service.workflow.hold_words import MOST
from tests.people import FORM, Browser, Patient, app_of, clinician, patient
from tests.store.builders import context
from tests.web.kept_words import draft_of
from tests.world import CLINIC, World

ADA, BO = "patient-six-done", "patient-eight-done"
LETTERS = "abcdefghij ÄÖüß 𝒳🙂é नमस्ते <>&\"'"


def over(world: World) -> None:
    """Nobody comes back to the visits that are open now."""
    world.clock.pass_time(hours=3)


def prompt(one: Patient, key: str, revision: int, text: str, number: int = 1, **more: str) -> httpx2.Response:
    """The form of the page with one prompt."""
    fields = {"revision": str(revision), "text": text, "go": "next"} | more
    return one.post(f"entry/{key}/prompt/{number}", **fields)


def shown(page: httpx2.Response) -> list[str]:
    """What the page with both texts would give back, prompt by prompt."""
    found = re.findall(r'<textarea name="mine-[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    return [html.unescape(one) for one in found]


def fields_of(page: httpx2.Response, choice: str) -> dict[str, str]:
    """The form of that page as a browser without scripts sends it, with one choice for all."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    names = re.findall(r'<textarea name="mine-([^"]+)"', page.text)
    mine = dict(zip((f"mine-{name}" for name in names), shown(page), strict=True))
    return hidden | mine | {f"choice-{name}": choice for name in names} | {"go": "save"}


def late_page(one: Patient, key: str) -> httpx2.Response:
    """Where carrying on with the draft leads."""
    there = one.get(f"entry/{key}/prompt/1")
    assert there.status_code == 303, there.status_code
    assert there.headers["location"].endswith(f"/entry/{key}/before/")
    return one.get(f"entry/{key}/before/")


def records(world: World) -> list[Record]:
    return [entry.record for entry in audit_trail.records(world.desk.store, CLINIC)]


def held(world: World, name: str = ADA) -> int:
    now = world.clock()
    return len(held_of(world.desk.store, context(patients=frozenset({name}), clinic=CLINIC), now))


def test_nothing_is_lost_and_nothing_shown_to_another_when_visits_end_while_people_write(
    world: World,
) -> None:
    """Fifty sittings that end at some point; somebody else signs in at the same browser before the patient does."""
    chance, lost, shown_to_other = random.Random(42), 0, 0
    ada = patient(world)
    key = ada.begin("six-done-1")
    revision, saved = 1, ""
    for run in range(50):
        ada = patient(world)
        ends = chance.choice(("runs out", "is cleared away"))
        text = f"{saved}\nsitting {run}: " + "".join(chance.choices(LETTERS, k=chance.randint(1, 200))) + "."
        over(world)
        if ends == "is cleared away":
            forget_expired(world.desk)
        refused = prompt(ada, key, revision, text)
        assert refused.status_code == 401
        assert "kept for you" in refused.text
        assert (held(world), held(world, BO)) == (1, 0)
        other = patient(world, BO)
        looks = [other.get(path) for path in ("", f"entry/{key}/before/", f"entry/{key}/prompt/1")]
        shown_to_other += sum(f"sitting {run}" in page.text for page in looks)
        again = patient(world)
        page = late_page(again, key)
        lost += shown(page) != [text]
        kept = again.post(f"entry/{key}/before/", **fields_of(page, "mine"))
        assert kept.status_code == 303, kept.text
        revision, saved = revision + 1, text
        lost += draft_of(world, key) != {"ai1.1": text}
        assert held(world) == 0
    assert (lost, shown_to_other) == (0, 0)


def test_when_the_draft_moved_on_both_texts_are_there_to_choose_from(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    assert prompt(ada, key, 1, "from the old window").status_code == 401
    again = patient(world)
    assert again.type(key, 1, {"ai1.1": "from the phone"}).status_code == 200

    page = late_page(again, key)

    assert "from the phone" in page.text
    assert "from the old window" in page.text
    again.post(f"entry/{key}/before/", **fields_of(page, "both"))
    assert draft_of(world, key) == {"ai1.1": "from the phone\n\nfrom the old window"}


def test_a_choice_that_another_window_overtook_keeps_the_words(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    prompt(ada, key, 1, "late words")
    again = patient(world)
    fields = fields_of(late_page(again, key), "mine")
    again.type(key, 1, {"ai1.1": "quicker words"})

    answer = again.post(f"entry/{key}/before/", **fields)

    assert answer.status_code == 412
    assert shown(answer) == ["late words"]
    assert held(world) == 1


def test_every_answer_of_the_page_with_all_prompts_is_held_and_private_ones_stay_private(
    world: World,
) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    fields = {"text-ai1.1": "one", "text-ai1.2": "two", "private-ai1.2": "yes", "revision": "1", "go": "all"}
    assert ada.post(f"entry/{key}/all", **fields).status_code == 401

    page = late_page(patient(world), key)

    assert shown(page) == ["one", "two"]
    assert 'name="private-mine-ai1.2"' in page.text
    assert 'name="private-mine-ai1.1"' not in page.text


def test_two_late_forms_about_one_prompt_are_both_given_back_and_one_sent_twice_once(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    for text in ("the first", "the first", "the second"):
        assert "kept for you" in prompt(ada, key, 1, text).text

    assert held(world) == 2
    assert shown(late_page(patient(world), key)) == ["the first\n\nthe second"]


def test_words_are_held_where_the_record_system_ended_the_sign_in(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    world.desk.writer.perform(deeds.Deed(CLINIC, changes=(deeds.EndVisit(ada.handle, world.clock()),)))

    assert "kept for you" in prompt(ada, key, 1, "late").text
    assert held(world) == 1


def test_after_a_day_they_are_gone(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    prompt(ada, key, 1, "yesterday's words")
    world.clock.pass_time(hours=23, minutes=50)
    forget_expired(world.desk)
    assert held(world) == 1
    world.clock.pass_time(minutes=20)
    assert held(world) == 0, "what is over is not shown, cleared away or not"
    assert patient(world).get(f"entry/{key}/prompt/1").status_code == 200
    forget_expired(world.desk)
    with world.desk.store.asking(whole_house()) as connection:
        assert connection.execute(select(held_words)).all() == []


def test_a_visit_that_ended_more_than_a_day_ago_holds_nothing(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    world.clock.pass_time(hours=27)

    assert "kept for you" not in prompt(ada, key, 1, "very late").text
    forget_expired(world.desk)
    assert "kept for you" not in prompt(ada, key, 1, "very late").text
    assert held(world) == 0


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("how", ["no cookie", "forged cookie", "no token", "another's token", "another site"])
def test_whoever_cannot_prove_the_visit_has_nothing_held(world: World, how: str, swept: bool) -> None:
    ada, bo = patient(world), patient(world, BO)
    key = ada.begin("six-done-1")
    over(world)
    if swept:
        forget_expired(world.desk)
    fields = {"csrf": ada.csrf, "revision": "1", "text": "planted", "go": "next"}
    headers, browser = dict(FORM), ada.browser
    if how in ("no cookie", "forged cookie"):
        browser = Browser(world)
        fields["csrf"] = csrf_token("")
    if how == "forged cookie":
        headers["Cookie"] = f"__Host-visit-{ada.handle}=guessed"
        fields["csrf"] = csrf_token("guessed")  # whoever guesses a secret can make its token as well
    if how == "no token":
        del fields["csrf"]
    if how == "another's token":
        fields["csrf"] = bo.csrf
    if how == "another site":
        headers["Sec-Fetch-Site"] = "cross-site"

    answer = browser.ask("POST", ada.url(f"entry/{key}/prompt/1"), content=urlencode(fields), headers=headers)

    assert answer.status_code == 401
    assert "kept for you" not in answer.text
    assert held(world) == 0


def test_only_the_own_draft_takes_words_and_not_once_it_was_sent(world: World) -> None:
    ada, bo = patient(world), patient(world, BO)
    theirs, gone = bo.begin("eight-done-1"), ada.write("six-done-1", {"ai1.1": "sent"})
    over(world)

    for key in (theirs, gone, "nowhere"):
        assert "kept for you" not in prompt(ada, key, 1, "planted").text
    assert held(world) == held(world, BO) == 0


def test_after_signing_out_nothing_is_held(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.post("sign-out")

    assert "kept for you" not in prompt(ada, key, 1, "typed on").text
    assert held(world) == 0


def test_there_is_an_end_to_what_is_held_for_one_patient_and_to_each_answer(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    for number in range(MOST):
        assert "kept for you" in prompt(ada, key, 1, f"form {number}").text

    one_more = prompt(ada, key, 1, "one too many")
    assert "kept for you" not in one_more.text
    assert "one too many" in one_more.text
    assert held(world) == MOST
    assert "kept for you" not in prompt(ada, key, 1, "x" * 60_000).text


def test_holding_and_giving_back_leave_records_without_the_words(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    before = records(world)
    prompt(ada, key, 1, "late and secret")
    new = records(world)[len(before) :]

    assert [one.what for one in new if one.deed.value == "save-draft"] == [f"Draft/{key}"]
    again = patient(world)
    late_page(again, key)
    assert records(world)[-1].what == f"Draft/{key}"
    assert "late and secret" not in repr(records(world))


def test_a_clinician_and_an_app_find_nothing_of_it(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    over(world)
    prompt(ada, key, 1, "not for you")

    doctor, app = clinician(world), app_of(world)
    told = [doctor.get(""), doctor.get("visits"), app.get("QuestionnaireResponse"), app.get("Task")]
    assert all("not for you" not in one.text for one in told)
    assert doctor.get(f"entry/{key}/before/").status_code == 404


def test_sending_waits_until_the_patient_has_chosen(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "early"})
    over(world)
    prompt(ada, key, 2, "early and late")
    again = patient(world)

    answer = again.send(key, 2)

    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/before/")
    assert draft_of(world, key) == {"ai1.1": "early"}
