r"""A comma means or, a parameter that stands again means and; a comma, bar, dollar sign or stroke that is meant itself
stands after a stroke. [FHIR R4 search, Escaping; Composite values]
"""

from tests.conformance.rest.asking import QR, Day, names


def test_a_comma_is_or(day: Day) -> None:
    assert set(names(day.app.get(f"{QR}?_id={day.first},{day.draft},nothing"))) == {day.first, day.draft}
    assert len(names(day.app.get(f"{QR}?status=completed,in-progress"))) == 3


def test_standing_again_is_and(day: Day) -> None:
    assert names(day.app.get(f"{QR}?_id={day.first},{day.second}&_id={day.second}")) == [day.second]
    assert names(day.app.get(f"{QR}?_id={day.first}&_id={day.second}")) == []
    assert len(names(day.app.get(f"{QR}?authored=ge2026-11-20&authored=lt2026-11-21"))) == 3


def test_what_is_escaped_is_meant_itself(day: Day) -> None:
    canonical = day.app.get(f"{QR}/{day.first}").json()["questionnaire"]

    assert names(day.app.get(f"{QR}?_id={day.first}%5C,{day.second}")) == []
    assert names(day.app.get(f"{QR}?_id={day.first}%5C%5C")) == names(day.app.get(f"{QR}?_id=%5C%24")) == []
    assert names(day.app.get(f"{QR}?questionnaire={canonical.replace('|', '%5C%7C')}")) == [day.first]
