"""A linkId stands once in a questionnaire, and has at most 255 characters. [FHIR R4 que-2; SDC 4.0 que-15]"""

from tests.conformance.sdc.published import each_set, items, questionnaire


@each_set
def test_each_linkid_stands_once_and_is_short(name: str) -> None:
    links = [one["linkId"] for one in items(questionnaire(name))]

    assert len(set(links)) == len(links)
    assert all(0 < len(link) <= 255 for link in links)
