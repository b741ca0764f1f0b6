"""The published sets say what the clinic wrote, and are read without loss (product rules 1-3, 6, 10)."""

import hashlib
import json
from typing import Any

import pytest

from service.journal.prompts import REPEATING_THEMES, LookBack, PromptSet
from service.r4.questionnaire import NotAPromptSet, load_library, read_items, read_prompt_set
from tests.r4.published import files, library, own_copy, translated

# A published version never changes (rule 4). Whoever changes a file must change its version and add a line.
PUBLISHED = {
    "after-infusion-1|1.0.0": "c74251e1dcc121809d0b188bbe4ece0b905bab6f3df328fa2281df15df3e35f1",
    "after-infusion-2|1.0.0": "ad022f3c1a76c75f1232fb712a9e93c5f0fb3fb79660d65c14a75306f03ddb35",
    "after-infusion-3|1.0.0": "9b4dc74b4e92d8cd96f45efe4e84191a9e2bed874383cc85de2ef87a4dc35a52",
    "after-infusion-4|1.0.0": "24261070177986012796442b75da88f816d581471ed4fbc476e6b7cd61533ffb",
    "after-infusion-5|1.0.0": "4ddf255510cb2f9cb9858d41091900b8627242a163391772dde4dc9217b9b9c0",
    "after-infusion-6|1.0.0": "76f10d0f5c116705eb9b4c6798e284b1ec0bf7217a082e44e8cfacb07a52f002",
    "after-later-infusions|1.0.0": "f903c907892ab210a475a52fffacfb2803c59d0f108c57a0ad901be6e6e5c39a",
    "after-infusion-1-es|1.1.0": "03afee5ef2490fdabc1be92631da3614e6e33f526d5b837f727fdbacd61ff65e",
    "after-infusion-2-es|1.1.0": "8c10b28e396f52918760f4fc4469edfb166078f007a02329df95fc24123b28b8",
    "after-infusion-3-es|1.1.0": "08ce2742a2bade57ec3fc4a1283542f8a674e66b8cd953a85f0e70262a7f0f86",
    "after-infusion-4-es|1.1.0": "441270c381cdc9a2228a80e4e222cff4c76df40c36aef3d823edd6a8f7d34091",
    "after-infusion-5-es|1.1.0": "2b61ef4326aa55b45b9c03ab94455d51f5f74103037050ea3a2a5ca6fe4922ee",
    "after-infusion-6-es|1.1.0": "a490173f45eb22aae5bd6c83c1127feab744609d4cbc2643bfdb03f5aa517432",
    "after-later-infusions-es|1.1.0": "e068ff6bad68a13f8c7648c6e7311f225dfb635243ed860af555c4c3929101af",
}


def sets() -> list[PromptSet]:
    """Every published set: the six, then the one beside them."""
    return [*series(), later()]


def series() -> list[PromptSet]:
    return sorted((one for one in library().sets if one.ordinal), key=lambda one: one.ordinal or 0)


def later() -> PromptSet:
    [found] = [one for one in library().sets if one.ordinal is None]
    return found


def looks_back(copy: dict[str, Any]) -> list[tuple[LookBack, ...]]:
    """What each prompt of the tests' own copy looks back at; an entry without a set means the set itself."""
    return [
        tuple(LookBack(back.get("set"), _link_id(back)) for back in prompt.get("looks_back", []))
        for prompt in copy["prompts"]
    ]


def _link_id(back: dict[str, Any]) -> str | None:
    beginning = f"ai{back['set']}" if "set" in back else "ali"
    return f"{beginning}.{back['prompt']}" if "prompt" in back else None


def test_published_versions_have_not_changed() -> None:
    seen = {}
    for raw in [*files("Questionnaire").values(), *translated("es").values()]:
        value = json.loads(raw)
        seen[f"{value['id']}|{value['version']}"] = hashlib.sha256(raw).hexdigest()
    assert seen == PUBLISHED


def test_there_are_thirty_prompts_in_six_sets_of_five() -> None:
    assert [len(one.prompts) for one in series()] == [5] * 6
    assert [one.ordinal for one in series()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("copy", own_copy()["sets"], ids=lambda copy: f"set-{copy['infusion']}")
def test_every_word_is_the_clinics_own(copy: dict[str, Any]) -> None:
    """Title, texts, order, numbers, themes and look-backs are those of the clinic's page."""
    found = library().for_ordinal(copy["infusion"])
    assert found is not None
    assert found.title == copy["title"]
    assert found.publisher == own_copy()["publisher"]
    assert [(p.prefix, p.text, p.theme) for p in found.prompts] == [
        (f"{p['n']}.", p["text"], p["theme"]) for p in copy["prompts"]
    ]
    assert [p.looks_back for p in found.prompts] == looks_back(copy)


def test_after_later_infusions_the_repeating_prompts_return_and_nothing_else() -> None:
    """Rule 10; rule 2: the words are those of the sets they return from."""
    copy, found = own_copy()["later"], later()
    assert library().repeating is found
    assert found.title == copy["title"]
    assert [p.theme for p in found.prompts] == list(REPEATING_THEMES)
    assert [(p.prefix, p.text, p.theme) for p in found.prompts] == [
        (f"{p['n']}.", p["text"], p["theme"]) for p in copy["prompts"]
    ]
    assert [p.looks_back for p in found.prompts] == looks_back(copy)


@pytest.mark.parametrize("theme", REPEATING_THEMES)
def test_a_repeating_prompt_looks_back_at_every_answer_of_its_theme(theme: str) -> None:
    [asked] = [prompt for prompt in later().prompts if prompt.theme == theme]
    everything = tuple(LookBack(one.ordinal, p.link_id) for one, p in library().of_theme(theme))
    assert asked.looks_back == everything


def test_the_set_beside_the_six_is_not_given_out_as_the_clinics_seventh() -> None:
    """Rule 1: the clinic's are the six; the title of this one is ours, and its wording is said to be the clinic's."""
    value = json.loads(files("Questionnaire")["after-later-infusions.json"])
    assert {one.publisher for one in series()} == {own_copy()["publisher"]}
    assert value["publisher"] == "Infusion Journal"
    assert value["copyright"].startswith(f"The wording of the prompts is {own_copy()['publisher']}'s own.")


def test_what_stands_in_several_sets_stands_there_word_for_word() -> None:
    texts = {(s["infusion"], p["n"]): p for s in own_copy()["sets"] for p in s["prompts"]}
    texts |= {(None, p["n"]): p for p in own_copy()["later"]["prompts"]}
    for (infusion, _), prompt in texts.items():
        for other in prompt.get("same_as", []):
            assert other != infusion
            same = library().for_ordinal(other)
            assert same is not None
            assert prompt["text"] in [one.text for one in same.prompts if one.theme == prompt["theme"]]


def test_no_prompt_is_required_and_each_has_room_for_fifty_thousand_characters() -> None:
    for one in sets():
        assert {prompt.max_length for prompt in one.prompts} == {50_000}
        assert not any(item.required for top in one.items for item in top.walk())


def test_every_set_begins_with_the_notice_and_the_crisis_line() -> None:
    for one in sets():
        assert [item.type for item in one.items[:2]] == ["display", "display"]
        assert [item.link_id for item in one.items[:2]] == [one.notice_link_id, one.crisis_link_id]
        assert "in real time" in one.notice
        assert "988" in one.crisis_line
        assert "911" in one.crisis_line


def test_link_ids_are_made_of_set_and_number() -> None:
    for one in series():
        assert [item.link_id for item in one.items] == [
            f"ai{one.ordinal}.{part}" for part in ("notice", "crisis", 1, 2, 3, 4, 5)
        ]
    assert [item.link_id for item in later().items] == ["ali.notice", "ali.crisis", "ali.1", "ali.2"]


def test_every_look_back_names_an_answer_that_can_be_given() -> None:
    for one in sets():
        for back in [back for prompt in one.prompts for back in prompt.looks_back]:
            there = (
                library().repeating if back.set_ordinal is None else library().for_ordinal(back.set_ordinal)
            )
            assert there is not None, back
            assert back.theme_link_id is None or there.prompt(back.theme_link_id) is not None, back


def test_canonicals_are_found_with_their_version_only() -> None:
    one = sets()[0]
    assert one.canonical == "https://infusion-journal.example/fhir/Questionnaire/after-infusion-1|1.0.0"
    assert library().by_canonical(one.canonical) is one
    assert library().by_canonical(one.url) is None
    assert library().by_canonical(None) is None


def test_the_item_tree_is_the_whole_questionnaire() -> None:
    raw = files("Questionnaire")["after-infusion-1.json"]
    assert read_items(raw) == read_prompt_set(raw).items
    assert len(read_items(raw)) == 7


def _changed(**members: Any) -> bytes:
    value = json.loads(files("Questionnaire")["after-infusion-1.json"])
    value.update(members)
    return json.dumps({name: member for name, member in value.items() if member is not None}).encode()


@pytest.mark.parametrize("missing", ["url", "version", "name", "title"])
def test_a_set_without_its_name_is_refused(missing: str) -> None:
    with pytest.raises(NotAPromptSet) as refused:
        read_prompt_set(_changed(**{missing: None}))
    assert [fault.expression for fault in refused.value.faults] == [f"Questionnaire.{missing}"]


def test_a_set_without_the_notice_is_refused() -> None:
    items = json.loads(files("Questionnaire")["after-infusion-1.json"])["item"]
    with pytest.raises(NotAPromptSet):
        read_prompt_set(_changed(item=items[1:]))


def test_what_is_no_questionnaire_is_refused() -> None:
    with pytest.raises(NotAPromptSet):
        load_library({"a": b'{"resourceType":"Patient"}'})


def test_a_new_version_is_offered_and_the_old_one_stays_known() -> None:
    old, new = files("Questionnaire")["after-infusion-1.json"], _changed(version="1.10.0")
    both = load_library({"old": old, "new": new, "between": _changed(version="1.9.0")})
    offered = both.for_ordinal(1)
    assert offered is not None
    assert offered.version == "1.10.0"
    assert both.by_canonical(f"{offered.url}|1.0.0") is not None


def _looking_back(questionnaire: str, link_id: str | None) -> tuple[LookBack, ...]:
    """What the first prompt after later infusions looks back at when its first query asks for this."""
    value = json.loads(files("Questionnaire")["after-later-infusions.json"])
    item = value["item"][2]
    del item["extension"][1:]
    expression = item["extension"][0]["extension"][1]["valueExpression"]
    expression["expression"] = f"QuestionnaireResponse?questionnaire={questionnaire}&status=completed"
    [looked_back] = expression.pop("extension")
    if link_id is not None:
        expression["extension"] = [looked_back | {"valueString": link_id}]
    return read_prompt_set(json.dumps(value).encode()).prompts[0].looks_back


@pytest.mark.parametrize(
    ("questionnaire", "link_id", "found"),
    [
        ("https://clinic.example/Questionnaire/after-later-infusions", "ali.1", (LookBack(None, "ali.1"),)),
        ("https://clinic.example/Questionnaire/after-later-infusions|1.0.0", "x", (LookBack(None, "x"),)),
        ("https://clinic.example/Questionnaire/after-infusion-12", None, (LookBack(12),)),
        ("https://clinic.example/Questionnaire/after-later-infusions", None, ()),
        ("https://clinic.example/Questionnaire/after-later-infusions-2", "ali.1", ()),
        ("https://clinic.example/Questionnaire/booster", "b1", ()),
    ],
)
def test_the_set_looked_back_at_is_known_by_the_end_of_its_url(
    questionnaire: str, link_id: str | None, found: tuple[LookBack, ...]
) -> None:
    """The whole of a set without an ordinal cannot be looked back at: it would be of every such set."""
    assert _looking_back(questionnaire, link_id) == found


def test_a_retired_set_is_known_but_not_offered() -> None:
    retired = load_library({"one": _changed(status="retired")})
    assert retired.for_ordinal(1) is None
    assert not retired.sets[0].is_open
