"""A questionnaire is asked for by its canonical: with |version that version alone, without it any.
[FHIR R4 search, uri; References and Versions]
"""

from urllib.parse import quote

from tests.conformance.rest.asking import QR, Day, names


def test_with_and_without_a_version(day: Day) -> None:
    canonical = str(day.app.get(f"{QR}/{day.first}").json()["questionnaire"])
    url, _, version = canonical.partition("|")

    assert version
    for wanted, found in (
        (canonical, [day.first]),
        (url, [day.first]),
        (f"{url}|9.9.9", []),
        (url[:-1], []),
        (url.upper(), []),
    ):
        assert names(day.app.get(f"{QR}?questionnaire={quote(wanted)}")) == found, wanted


def test_the_set_itself_is_found_the_same_way(day: Day) -> None:
    canonical = str(day.app.get(f"{QR}/{day.first}").json()["questionnaire"])

    assert names(day.app.get(f"Questionnaire?url={quote(canonical)}")) == ["after-infusion-1"]
    assert names(day.app.get(f"Questionnaire?url={quote(canonical.split('|')[0])}")) == ["after-infusion-1"]
