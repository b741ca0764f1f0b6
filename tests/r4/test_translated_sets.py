"""The sets in Spanish are the clinic's own sets with our words beside them, and nothing else (product rule 5)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.r4.canonical import TRANSLATION
from service.r4.questionnaire import load_library, read_prompt_set
from tests.r4.published import files, translated

TRANSLATED = translated("es")
# What names the edition itself: everything else is the English one, word for word.
_ITS_OWN = ("id", "version", "copyright")


def _original(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(files("Questionnaire")[name.replace("-es.json", ".json")])
    return value


def _without_translations(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_translations(part) for key, part in value.items() if not key.startswith("_")}
    return [_without_translations(part) for part in value] if isinstance(value, list) else value


def _spanish(value: dict[str, Any], element: str) -> str:
    [translation] = value[f"_{element}"]["extension"]
    lang, content = translation["extension"]
    assert (translation["url"], lang) == (TRANSLATION, {"url": "lang", "valueCode": "es"})
    assert content["url"] == "content"
    words: str = content["valueString"]
    return words


def _translations(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every English text of a set with its Spanish."""
    yield from ((value[element], _spanish(value, element)) for element in ("title", "description"))
    yield from ((item["text"], _spanish(item, "text")) for item in value["item"])


def test_every_set_is_there_in_spanish() -> None:
    assert set(TRANSLATED) == {name.replace(".json", "-es.json") for name in files("Questionnaire")}


@pytest.mark.parametrize("name", TRANSLATED)
def test_the_english_beside_it_is_unchanged(name: str) -> None:
    """linkIds, themes, look-backs and every word: only the edition's id, version and copyright are its own."""
    edition, original = json.loads(TRANSLATED[name]), _original(name)
    bare = _without_translations(edition)
    assert {key: bare[key] for key in bare if key not in _ITS_OWN} == {
        key: original[key] for key in original if key not in _ITS_OWN
    }
    assert (original["version"], edition["version"]) == ("1.0.0", "1.1.0")


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_text_a_patient_reads_stands_in_spanish(name: str) -> None:
    for english, spanish in _translations(json.loads(TRANSLATED[name])):
        assert spanish
        assert spanish != english
        assert english.count("?") == spanish.count("?") == spanish.count("¿")
        assert [mark for mark in english if mark.isdigit()] == [
            mark for mark in spanish if mark.isdigit()
        ] or "988" in english


def test_the_crisis_line_reaches_someone_who_speaks_spanish() -> None:
    """The 988 line is answered in Spanish after pressing 2, and by text after the word AYUDA."""
    for raw in TRANSLATED.values():
        [crisis] = [one for one in json.loads(raw)["item"] if one["linkId"].endswith(".crisis")]
        words = _spanish(crisis, "text")
        assert all(part in words for part in ("988 y oprima 2", "AYUDA", "911"))


def test_what_recurs_word_for_word_in_english_recurs_so_in_spanish() -> None:
    """Rule 2: the repeating prompts can be set side by side in either language."""
    told: dict[str, set[str]] = {}
    for raw in TRANSLATED.values():
        for english, spanish in _translations(json.loads(raw)):
            told.setdefault(english, set()).add(spanish)
    assert {len(versions) for versions in told.values()} == {1}


@pytest.mark.parametrize("name", TRANSLATED)
def test_it_says_whose_translation_it_is_in_both_languages(name: str) -> None:
    value = json.loads(TRANSLATED[name])
    assert "Infusion Journal's translation, not the clinic's own words" in value["copyright"]
    assert "traducción de Infusion Journal" in _spanish(value, "copyright")


@pytest.mark.parametrize("name", TRANSLATED)
def test_it_is_read_as_a_translation(name: str) -> None:
    edition = read_prompt_set(TRANSLATED[name])
    assert edition.translations == {"es"}
    assert {len(item.texts) for item in edition.items} == {2}


def test_a_clinic_is_offered_it_only_once_it_has_approved_it() -> None:
    known = load_library(files("Questionnaire") | TRANSLATED)
    for ordinal in range(1, 7):
        plain, approved = known.offered().for_ordinal(ordinal), known.offered(["es"]).for_ordinal(ordinal)
        assert plain is not None
        assert approved is not None
        assert (plain.version, approved.version) == ("1.0.0", "1.1.0")


def test_what_is_withheld_is_still_known_by_its_canonical() -> None:
    """A clinic that takes its approval back can still read what was written meanwhile."""
    known = load_library(files("Questionnaire") | TRANSLATED)
    for one in known.sets:
        kept = known.offered().by_canonical(one.canonical)
        assert kept is not None
        assert kept.is_withheld == bool(one.translations)
        assert kept.is_open != kept.is_withheld
