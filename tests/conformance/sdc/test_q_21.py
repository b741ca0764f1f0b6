"""A prompt that returns over the series has the same code and words in every set, and a linkId of each set's own.
[house rule; FHIR R4 questionnaire, item.code and Identifiers]
"""

from collections import defaultdict

from service.r4.canonical import THEMES
from tests.conformance.sdc.published import PUBLISHED, SERIES, of_type, questionnaire


def test_what_returns_is_known_by_its_code() -> None:
    codes, links = defaultdict(set), defaultdict(list)
    for name in SERIES:
        for item in of_type(questionnaire(name), "text"):
            [code] = item["code"]
            assert code["system"] == THEMES
            codes[item["text"]].add(code["code"])
            links[code["code"]].append(item["linkId"])

    assert {len(found) for found in codes.values()} == {1}
    assert len(links["insights"]) > 3
    assert all(len(set(found)) == len(found) for found in links.values())


def test_a_linkid_names_its_own_set() -> None:
    for name, value in PUBLISHED.items():
        beginnings = {one["linkId"].partition(".")[0] for one in of_type(value, "text")}
        assert len(beginnings) == 1, name
    assert len({one["item"][2]["linkId"] for one in map(questionnaire, SERIES)}) == 6
