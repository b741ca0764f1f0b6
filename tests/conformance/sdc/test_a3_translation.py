"""A translation stands beside the words it translates, with its language, for whoever knows translations.
[FHIR R4 translation extension; SDC 4.0 rendering, Language and translations]
"""

from service.r4.canonical import TRANSLATION
from tests.conformance.sdc.published import PUBLISHED, Value, items, questionnaire


def translations(element: Value, member: str) -> list[dict[str, str]]:
    found = element.get(f"_{member}", {}).get("extension", [])
    return [
        {part["url"]: part.get("valueCode") or part["valueString"] for part in one["extension"]}
        for one in found
        if one["url"] == TRANSLATION
    ]


def test_each_text_of_an_edition_stands_in_both_languages() -> None:
    editions = [one for name, one in PUBLISHED.items() if name.endswith("-es.json")]
    assert len(editions) == 7
    for value in editions:
        for element, member in ((value, "title"), *((one, "text") for one in items(value))):
            [said] = translations(element, member)
            assert (set(said), said["lang"]) == ({"lang", "content"}, "es")
            assert said["content"] != element[member]


def test_the_words_themselves_are_those_of_the_plain_version() -> None:
    plain, edition = questionnaire("after-infusion-1.json"), questionnaire("after-infusion-1-es.json")

    assert (edition["language"], edition["title"]) == (plain["language"], plain["title"])
    assert [one["text"] for one in items(edition)] == [one["text"] for one in items(plain)]
