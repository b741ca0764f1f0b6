"""What may be done with each type is exactly what the statement says: the offered is answered, the rest is not there.
[FHIR R4 http, capabilities; ours: the table of what is served]
"""

import pytest

from tests.conformance.rest.asking import SET, Day, names
from tests.people import App, staff_app

READ, PAST, FOUND = {"read"}, {"vread", "history-instance"}, {"search-type"}
OFFERED: dict[str, set[str]] = {
    "Questionnaire": READ | PAST | FOUND,
    "QuestionnaireResponse": READ | PAST | FOUND | {"create", "update"},
    "DocumentReference": READ | PAST | FOUND,
    "Binary": READ,
    "Encounter": READ | FOUND,
    "AuditEvent": READ | FOUND,
    "Provenance": READ | FOUND,
    "Task": READ | PAST | FOUND | {"update"},
}
ASKED: dict[str, tuple[str, str]] = {
    "read": ("GET", "{place}"),
    "vread": ("GET", "{place}/_history/{version}"),
    "history-instance": ("GET", "{place}/_history"),
    "history-type": ("GET", "{kind}/_history"),
    "search-type": ("GET", "{kind}"),
    "create": ("POST", "{kind}"),
    "update": ("PUT", "{place}"),
    "patch": ("PATCH", "{place}"),
    "delete": ("DELETE", "{place}"),
}


def who_and_where(day: Day, kind: str) -> tuple[App, str]:
    if kind == "Questionnaire":
        return day.app, SET
    if kind != "AuditEvent":
        return day.app, day.place(kind)
    officer = staff_app(day.world, "officer-1", scope="user/AuditEvent.rs")
    return officer, f"AuditEvent/{names(officer.get('AuditEvent?_count=1'))[0]}"


@pytest.mark.parametrize("kind", OFFERED)
@pytest.mark.parametrize("interaction", ASKED)
def test_what_is_offered_is_answered_and_nothing_else(day: Day, kind: str, interaction: str) -> None:
    (app, place), (method, path) = who_and_where(day, kind), ASKED[interaction]
    version = app.get(place, Accept="application/fhir+json").json().get("meta", {}).get("versionId", "1")
    where = path.format(kind=kind, place=place, version=version)
    answer = app.ask(method, where, headers={"Content-Type": "application/json"})
    wanted = {200} if method == "GET" else {400, 411}

    assert answer.status_code in (wanted if interaction in OFFERED[kind] else {404, 405}), answer.text


@pytest.mark.parametrize("kind", OFFERED)
def test_the_statement_says_the_same(day: Day, kind: str) -> None:
    told = {one["type"]: one for one in day.app.get("metadata").json()["rest"][0]["resource"]}

    assert {one["code"] for one in told[kind]["interaction"]} == OFFERED[kind]
    assert "vread" in OFFERED[kind] or not told[kind]["readHistory"]
