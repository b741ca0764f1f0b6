"""The combinations that US Core asks of servers find what each part of them finds: by patient with questionnaire, with
authored, with status; documents by patient with category, date, type, status, period. [US Core 7, QuestionnaireResponse
and DocumentReference, mandatory search parameters]
"""

from urllib.parse import quote

import pytest

from tests.conformance.rest.asking import DR, NAME, QR, Day, Value, by_form, found_in

PATIENT = f"patient={NAME}"


def parts(day: Day) -> dict[str, list[str]]:
    response: Value = day.app.get(day.place(QR)).json()
    document: Value = day.app.get(day.place(DR)).json()
    kind, category = (document["type"]["coding"][0], document["category"][0]["coding"][0])
    times = ("gt2026-11-19", "ge2026-11-20", "lt2026-11-21", "le2026-11-20", "2026-11-20")
    return {
        "questionnaire": [quote(response["questionnaire"])],
        "authored": list(times),
        "status": ["completed", "completed,amended", "current", "current,superseded"],
        "type": [kind["code"], quote(f"{kind['system']}|{kind['code']}")],
        "category": [category["code"], quote(f"{category['system']}|{category['code']}")],
        "date": list(times),
        "period": [f"le{document['context']['period']['start'][:10]}", "gt2000", "lt2100"],
    }


COMBINED = [
    (QR, ("questionnaire",)),
    (QR, ("authored",)),
    (QR, ("status",)),
    (DR, ("category",)),
    (DR, ("category", "date")),
    (DR, ("type",)),
    (DR, ("status",)),
    (DR, ("type", "period")),
]


@pytest.mark.parametrize(("kind", "named"), COMBINED)
def test_a_combination_finds_what_all_its_parts_find(day: Day, kind: str, named: tuple[str, ...]) -> None:
    queries = [""]
    for name in named:
        fitting = [one for one in parts(day)[name] if name != "status" or ("current" in one) == (kind == DR)]
        queries = [f"{query}&{name}={value}" for query in queries for value in fitting]
    for query in queries:
        found = found_in(day.app.get(f"{kind}?{PATIENT}{query}"))
        alone = [found_in(day.app.get(f"{kind}?{part}")) for part in query.strip("&").split("&")]
        assert found, query
        assert found == [one for one in found_in(day.app.get(kind)) if all(one in each for each in alone)]
        assert found == found_in(by_form(day.app, kind, f"patient=Patient/{NAME}{query}"))
