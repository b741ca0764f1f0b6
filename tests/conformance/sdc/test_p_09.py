"""Earlier answers are shown beside the question that looks back at them, and never copied into the new answer.
[house rule; SDC 4.0 sdc-questionnaire-contextExpression]
"""

from tests.conformance.sdc.asking import POPULATE, SET, mine
from tests.conformance.sdc.filling import made, parameters, subject
from tests.people import patient
from tests.world import World

WORDS = "planted-words-of-the-first"


def test_they_stand_beside_it_and_not_in_it(world: World) -> None:
    ada = patient(world)
    ada.write("six-done-1", {f"ai1.{n}": f"{WORDS} {n}" for n in range(1, 6)})
    pages = [ada.get(f"entry/{ada.begin(f'six-done-{number}')}/all").text for number in range(2, 7)]
    assert any(WORDS in page for page in pages)
    assert not any(WORDS in area for page in pages for area in areas(page))


def test_a_blank_response_holds_none_of_them(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": WORDS, "ai1.3": WORDS})
    for number in range(2, 7):
        named = {"name": "questionnaire", "valueUri": f"{SET[:-1]}{number}"}
        answer = mine(world).post(POPULATE, parameters(named, subject()))
        assert not any("answer" in one for one in made(answer)["response"]["item"])
        assert WORDS not in answer.text


def areas(page: str) -> list[str]:
    """What stands in the fields one writes in."""
    return [one.partition("</textarea>")[0] for one in page.split("<textarea")[1:]]
