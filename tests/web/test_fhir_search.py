"""Finding responses: each parameter, pages, and that no search ever reaches further than its asker (threat T2, T4)."""

import random
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest

from service.audit.record import Deed
from service.cli.demo_clinic import CLINIC
from tests.factories import keyed, response
from tests.people import FORM, App, app_of, backend_app, patient, staff_app
from tests.web.searching import comparators, minute_and_day
from tests.workflow.remembered import log
from tests.world import OTHER, World

QR = "QuestionnaireResponse"
PEOPLE = {"patient-six-done": "six-done", "patient-eight-done": "eight-done", "patient-two-in": "two-in"}
Value = dict[str, Any]


def write(world: World, name: str, ordinal: int, **more: Any) -> Value:
    """One sent response; the next is written a minute later."""
    encounter = f"{PEOPLE[name]}-{ordinal}"
    sent = response(world, ordinal, name, encounter, **({"identifier": keyed(str(uuid4()))} | more))
    answer = app_of(world, name).post(QR, sent)
    assert answer.status_code == 201, answer.text
    world.clock.pass_time(minutes=1)
    found: Value = answer.json()
    return found


def found(app: App, query: str = "") -> list[str]:
    return [one["id"] for one in resources(app.get(f"{QR}?{query}"))]


def resources(answer: httpx2.Response) -> list[Value]:
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def test_each_parameter_finds_what_it_names_and_nothing_else(world: World) -> None:
    first, second = write(world, "patient-six-done", 1), write(world, "patient-six-done", 2)
    app, a, b = app_of(world), first["id"], second["id"]
    canonical = quote(first["questionnaire"])

    assert found(app) == [b, a]
    assert found(app, "patient=patient-six-done") == [b, a]
    assert found(app, "patient=Patient/patient-six-done") == [b, a]
    assert found(app, "subject=Patient/patient-six-done") == [b, a]
    assert found(app, "author=Patient/patient-six-done&patient=patient-six-done&status=completed") == [b, a]
    assert found(app, f"author=patient-six-done&_id={a}") == [a]
    assert found(app, "author=Practitioner/clinician-1") == []
    assert found(app, "status=http://hl7.org/fhir/questionnaire-answers-status%7Ccompleted") == [b, a]
    assert found(app, f"_id={a}") == [a]
    assert found(app, f"_id={a},{b},nothing") == [b, a]
    assert found(app, "encounter=Encounter/six-done-1") == [a]
    assert found(app, "encounter=six-done-1,six-done-2") == [b, a]
    assert found(app, f"identifier={quote(first['identifier']['value'])}") == [a]
    assert found(app, f"identifier=urn:ietf:rfc:3986%7C{quote(first['identifier']['value'])}") == [a]
    assert found(app, "identifier=urn:ietf:rfc:3986%7Curn:uuid:nothing") == []
    assert found(app, f"questionnaire={canonical}") == [a]
    assert found(app, f"questionnaire={canonical.split('%7C')[0]}") == [a]
    assert found(app, f"questionnaire={canonical}9") == []
    assert found(app, "status=completed,amended") == [b, a]
    assert found(app, "status=amended") == []
    assert found(app, f"status=completed&encounter=six-done-2&_id={a}") == []


@pytest.mark.parametrize("minutes", [-30, 0, 30])
def test_every_comparator_of_authored_covers_the_span_that_was_written(world: World, minutes: int) -> None:
    """Compared with an oracle of its own: the written value is a span, the entry an instant."""
    times = {}
    for ordinal in (1, 2, 3):
        kept = write(world, "patient-six-done", ordinal)
        times[kept["id"]] = kept["authored"]
        world.clock.pass_time(days=1)
    at = world.clock() - timedelta(days=2, minutes=minutes)
    for written, span in minute_and_day(at).items():
        for prefix, holds in comparators(*span).items():
            wanted = {name for name, time in times.items() if holds(_instant(time))}
            assert set(found(app_of(world), f"authored={prefix}{written}")) == wanted, (prefix, written)


def _instant(written: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(written)


@pytest.mark.parametrize("year", ["2026", "2026-11", "ge2026-11-20", "le2026-12", "lt2027"])
def test_a_year_and_a_month_are_spans_too(world: World, year: str) -> None:
    write(world, "patient-six-done", 1)

    assert len(found(app_of(world), f"authored={year}")) == 1
    assert found(app_of(world), "authored=2025") == found(app_of(world), "authored=2026-12") == []


def test_a_form_finds_what_the_address_finds(world: World) -> None:
    write(world, "patient-six-done", 1)
    write(world, "patient-six-done", 2)
    app = app_of(world)

    by_form = app.ask("POST", f"{QR}/_search?status=completed", content=b"encounter=six-done-1", headers=FORM)

    assert resources(by_form) == resources(app.get(f"{QR}?status=completed&encounter=six-done-1"))
    assert len(resources(by_form)) == 1


REFUSED = [
    "_include=QuestionnaireResponse:patient",
    "_include=*",
    "_include=QuestionnaireResponse:*",
    "_include:iterate=QuestionnaireResponse:encounter",
    "_include=QuestionnaireResponse:encounter:Patient",
    "_sort=questionnaire",
    "_sort=%2Bauthored",
    "_sort=--authored",
    "_sort=",
    "_sort=authored&_sort=status",
    "_sort:desc=authored",
    "patient:Practitioner=patient-six-done",
    "patient:missing=",
    "patient:not=x",
    "questionnaire:below=x",
    "questionnaire:exact=x",
    "authored:not=2026",
    "authored:missing=1",
    "status:=completed",
    "status:not=sent",
    "status:text=done",
    "identifier:of-type=a|b|c",
    "identifier=a|b|c",
    "identifier=|",
    "_id:above=x",
    "encounter=Encounter/a/_history/1",
    "encounter=a/b",
    "&".join(["status=completed"] * 21),
    "_include:iterate=QuestionnaireResponse:questionnaire",
    "_include=QuestionnaireResponse:questionnaire:Questionnaire&_summary=text",
    "_revinclude=Provenance:target&_summary=text",
    "_revinclude=Provenance:entity",
    "_revinclude=Task:focus",
    "_has:Observation:patient:code=1",
    "patient.name=x",
    "subject:identifier=x",
    "_filter=a",
    "_text=x",
    "_content=x",
    "_summary=",
    "_summary=most",
    "_summary=true&_summary=false",
    "_summary=true&_elements=status",
    "_elements=",
    "_elements=subject.reference",
    "_elements=status&_elements=subject",
    "_total=maybe",
    "_count=-1",
    "_count=99999999",
    "_count=x",
    "_count=٣",
    "part-of=x",
    "status=sent",
    "status=",
    "_id=",
    "_id=,",
    "_id=%00",
    "authored=",
    "authored=2026-13",
    "authored=2026-02-30",
    "authored=0000",
    "authored=0001-01-01T00:00:00%2B14:00",
    "authored=2026-11-20T10",
    "authored=2026-W47-5",
    "authored=20261120",
    "authored=٢٠٢٦",
    "after=x",
    "after=" + "A" * 400,
    "after=MjAyNi0xMS0yMCB4",
    "after=MDAwMS0wMS0wMVQwMDowMDowMC4wMDAwMDArMTQ6MDAgeA==",
    "_id=" + "x" * 2100,
]


def test_what_is_not_understood_is_refused_and_never_ignored(world: World) -> None:
    """A filter that is dropped would widen the answer (I-41)."""
    app = app_of(world)
    write(world, "patient-six-done", 1)

    for query in REFUSED:
        for answer in (
            app.get(f"{QR}?{query}"),
            app.get(f"{QR}?{query}", Prefer="handling=lenient"),
        ):
            assert answer.status_code == 400, (query, answer.text)
            assert answer.json()["resourceType"] == "OperationOutcome"


def test_modifiers_and_forms_of_a_value_mean_what_r4_says(world: World) -> None:
    """I-81 to I-84: each form alone, own bases and others, and parameters that stand more than once."""
    first, second = write(world, "patient-six-done", 1), write(world, "patient-six-done", 2)
    sent = response(world, 5, encounter=None, identifier=keyed(str(uuid4())))
    alone = app_of(world).post(QR, sent).json()["id"]
    app, a, b = app_of(world), first["id"], second["id"]
    both, everything = {a, b}, {a, b, alone}
    key, system = quote(first["identifier"]["value"]), "urn:ietf:rfc:3986%7C"
    elsewhere = quote("https://x.example/fhir/")
    url, _, version = first["questionnaire"].partition("|")
    wanted = {
        "encounter:missing=true": {alone},
        "encounter:missing=false": both,
        "status:missing=true": set(),
        "authored:missing=false": everything,
        "identifier:missing=false": everything,
        "status:not=completed": set(),
        "status:not=amended,in-progress": everything,
        "status:not=urn:another%7Ccompleted": everything,
        f"_id:not={a}": {b, alone},
        f"_id:not={a},{b}": {alone},
        f"identifier:not={key}": {b, alone},
        f"identifier={system}": everything,
        f"identifier:not={system}": set(),
        f"identifier=%7C{key}": set(),
        f"identifier=urn:another%7C{key}": set(),
        "status=%7Ccompleted": set(),
        "status=http://hl7.org/fhir/questionnaire-answers-status%7C": everything,
        "subject:Patient=patient-six-done": everything,
        "author:Patient=Patient/patient-six-done": everything,
        "source=patient-six-done": everything,
        "encounter:Encounter=six-done-1": {a},
        "encounter=Patient/six-done-1": set(),
        f"encounter={elsewhere}Encounter/six-done-1": set(),
        f"encounter=six-done-1,{elsewhere}Encounter/six-done-2": {a},
        f"_id={a},{b}&_id={b},{alone}": {b},
        f"_id={a}&_id={b}": set(),
        "patient=patient-six-done&subject=Patient/patient-six-done&author=patient-six-done": everything,
        "status=completed&status=completed,amended": everything,
        f"questionnaire={quote(url)}": {a},
        f"questionnaire={quote(url)}%5C%7C{version}": {a},
        f"questionnaire={quote(url.upper())}": set(),
        f"questionnaire={quote(url[:-1])}": set(),
        f"_id={a}%5C,{b}": set(),
        f"_id={a}%5C%5C": set(),
        f"_id={a}%5C%24": set(),
    }
    for query, expected in wanted.items():
        assert set(found(app, query)) == expected, query


def test_every_prefix_and_precision_of_a_date(world: World) -> None:
    """I-82: a written date is a span as long as its precision, in its own zone; a comma is an or."""
    kept = write(world, "patient-six-done", 1)["id"]
    at = world.clock().replace(second=0, microsecond=0) - timedelta(minutes=1)
    exact = app_of(world).get(f"{QR}/{kept}").json()["meta"]["lastUpdated"]
    local = f"{at - timedelta(hours=8):%Y-%m-%dT%H:%M}-08:00"
    minute, later = f"{at:%Y-%m-%dT%H:%MZ}", f"{at + timedelta(minutes=2):%Y-%m-%dT%H:%MZ}"
    day, tomorrow = f"{at:%Y-%m-%d}", f"{at + timedelta(days=1):%Y-%m-%d}"
    hits = [
        *(f"authored={prefix}{minute}" for prefix in ("", "eq", "ge", "le", "ap")),
        *(f"authored={prefix}{later}" for prefix in ("ne", "lt", "le", "eb")),
        *(f"authored={prefix}{tomorrow}" for prefix in ("ne", "lt", "le", "eb", "ap")),
        *(
            f"authored={one}"
            for one in (quote(local), f"lt9999-12-31,{tomorrow}", "lt9999", "le9999-12", "ge0001")
        ),
        f"authored={tomorrow},{minute}",
        f"authored=ge{day}&authored=lt{tomorrow}&authored=ne{later}",
        f"_lastUpdated={quote(exact)}",
        f"_lastUpdated=ge{quote(exact)}&_lastUpdated=le{quote(exact)}",
        f"_lastUpdated={day}",
    ]
    misses = [
        *(f"authored={prefix}{minute}" for prefix in ("ne", "gt", "lt", "sa", "eb")),
        *(f"authored={prefix}{later}" for prefix in ("", "gt", "ge", "sa", "ap")),
        *(f"authored={prefix}{day}" for prefix in ("ne", "gt", "lt", "sa", "eb")),
        f"_lastUpdated=gt{quote(exact)}",
        f"_lastUpdated=lt{quote(exact)}",
        f"authored=gt9999&authored=ge{day}",
    ]
    for query in hits:
        assert found(app_of(world), query) == [kept], query
    for query in misses:
        assert found(app_of(world), query) == [], query


def test_a_sort_puts_drafts_where_they_belong_and_ties_by_id(world: World) -> None:
    """I-76: the fields of the list in their order; one's own drafts are sorted among what was sent."""
    sent = [write(world, "patient-six-done", ordinal)["id"] for ordinal in (1, 2)]
    key = patient(world).begin("six-done-3")
    begun = world.desk.entry_id(CLINIC, key)
    app = app_of(world)

    assert found(app, "_sort=authored") == [*sent, begun]
    assert found(app, "_sort=-authored") == found(app, "_sort=-_lastUpdated") == [begun, *sent[::-1]]
    assert found(app, "_sort=status,authored") == [*sent, begun]
    assert found(app, "_sort=-status,-authored") == [begun, *sent[::-1]]
    assert found(app, "_sort=status") == [*sorted(sent), begun]
    assert found(app, "_sort=status,-status") == [*sorted(sent), begun]
    assert found(backend_app(world), "_sort=authored") == sent


def test_the_visits_of_the_matches_come_with_them_and_are_remembered(world: World) -> None:
    """I-80: each visit once, with the record of a read; what has none brings none."""
    patient(world)
    write(world, "patient-six-done", 1)
    sent = response(world, 5, encounter=None, identifier=keyed(str(uuid4())))
    app_of(world).post(QR, sent)
    scope = "patient/QuestionnaireResponse.rs patient/Encounter.rs"
    before = len(log(world))

    answer = app_of(world, scope=scope).get(f"{QR}?_include={QR}:encounter&_total=accurate")

    entries = [(one["search"]["mode"], one["resource"]["resourceType"]) for one in answer.json()["entry"]]
    assert entries == [("match", QR), ("match", QR), ("include", "Encounter")]
    assert answer.json()["total"] == 2
    told = [(one.deed, one.what, one.patient) for one in log(world)[before:]]
    assert told == [
        (Deed.SEARCH, QR, "patient-six-done"),
        (Deed.READ, "Encounter/six-done-1", "patient-six-done"),
    ]


def test_the_span_between_two_days_is_asked_for_with_two_values(world: World) -> None:
    kept = write(world, "patient-six-done", 1)

    assert found(app_of(world), "authored=ge2026-11-20&authored=lt2026-11-21") == [kept["id"]]


def test_pages_visit_each_response_once_while_others_are_written(world: World) -> None:
    names = [write(world, "patient-eight-done", ordinal)["id"] for ordinal in range(1, 7)]
    app = app_of(world, "patient-eight-done")
    seen: list[str] = []
    url: str | None = f"{QR}?_count=2&status=completed"
    while url is not None:
        answer = app.get(url.removeprefix(f"{world.base}/"))
        page = resources(answer)
        assert len(page) <= 2
        seen += [one["id"] for one in page]
        links = {link["relation"]: link["url"] for link in answer.json()["link"]}
        assert "_count=2" in links["self"]
        url = links.get("next")
        if len(seen) == 2:
            write(world, "patient-six-done", 1)

    assert seen == names[::-1]


def test_a_page_link_in_other_hands_reaches_no_further_than_they_do(world: World) -> None:
    for ordinal in (1, 2, 3):
        write(world, "patient-eight-done", ordinal)
    write(world, "patient-six-done", 1)
    answer = app_of(world, "patient-eight-done").get(f"{QR}?_count=1")
    following = next(link["url"] for link in answer.json()["link"] if link["relation"] == "next")
    link = following.removeprefix(f"{world.base}/")

    for other in (app_of(world), staff_app(world), backend_app(world), app_of(world, client_id="another")):
        assert other.get(link).status_code == 400
    assert len(found(app_of(world, "patient-eight-done"), link.partition("?")[2])) == 1


def test_a_patient_is_never_found_by_another_whatever_is_asked(world: World) -> None:
    """Random searches of every parameter: the answer lies within the asker's own, and is what an oracle says."""
    kept = {name: [write(world, name, ordinal) for ordinal in (1, 2)] for name in PEOPLE}
    everything = [one for many in kept.values() for one in many]
    chance = random.Random(7)
    values = {
        "_id": [one["id"] for one in everything],
        "encounter": [one["encounter"]["reference"] for one in everything],
        "identifier": [one["identifier"]["value"] for one in everything],
        "questionnaire": [one["questionnaire"] for one in everything],
        "status": ["completed", "amended", "in-progress"],
        "authored": ["ge2026", "lt2026", "2026-11-20"],
    }
    apps = {name: app_of(world, name) for name in PEOPLE} | {
        "staff": staff_app(world),
        "backend": backend_app(world),
    }
    for _ in range(150):
        who = chance.choice(list(apps))
        asked = {
            name: ",".join(chance.sample(values[name], chance.randint(1, 2)))
            if name != "authored"
            else chance.choice(values[name])
            for name in chance.sample(list(values), chance.randint(0, 3))
        }
        query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
        within = kept.get(who, everything)
        wanted = {one["id"] for one in within if _meets(one, asked)}
        assert set(found(apps[who], query)) == wanted, (who, query)


def _meets(one: Value, asked: dict[str, str]) -> bool:
    said = {
        "_id": one["id"],
        "encounter": one["encounter"]["reference"],
        "identifier": one["identifier"]["value"],
        "questionnaire": one["questionnaire"],
        "status": one["status"],
    }
    times = {"ge2026": True, "lt2026": False, "2026-11-20": True}
    return all(
        times[wanted] if name == "authored" else said[name] in wanted.split(",")
        for name, wanted in asked.items()
    )


def test_a_search_for_another_patient_is_refused_and_their_ids_find_nothing(world: World) -> None:
    theirs = write(world, "patient-eight-done", 1)
    app = app_of(world)

    for query in (
        "patient=patient-eight-done",
        "patient=patient-six-done,patient-eight-done",
        "subject=Patient/patient-eight-done",
        "author=Patient/patient-eight-done",
        "author=Patient/patient-six-done,Patient/patient-eight-done&patient=patient-six-done",
        "patient=nobody",
        f"patient={quote('https://elsewhere.example/Patient/patient-six-done')}",
    ):
        assert app.get(f"{QR}?{query}").status_code == 403, query
    for query in (
        f"_id={theirs['id']}",
        "encounter=eight-done-1",
        f"identifier={quote(theirs['identifier']['value'])}",
    ):
        assert found(app, query) == []


def test_the_other_clinics_patients_of_the_same_name_are_other_people(world: World) -> None:
    mine = write(world, "patient-six-done", 1)
    there = app_of(world, "patient-six-done", OTHER)

    assert found(there) == found(there, f"_id={mine['id']}") == []
    assert there.get(f"{QR}/{mine['id']}").status_code == 404
    # The same key at both clinics makes two entries, each under an id of its own.
    sent = response(world, identifier=mine["identifier"])
    kept = there.post(QR, sent).json()
    assert kept["id"] != mine["id"]
    assert found(there) == [kept["id"]]
    assert found(app_of(world)) == [mine["id"]]


def test_what_another_patient_writes_changes_no_byte_of_an_answer(world: World) -> None:
    """Noninterference (threat T4): the same question before and after gives the same answer."""
    write(world, "patient-six-done", 1)
    app = app_of(world)
    questions = ["", "_count=1", "status=completed", "encounter=eight-done-1", "_id=x"]
    before = [app.get(f"{QR}?{one}").content for one in questions]

    theirs = write(world, "patient-eight-done", 1)
    after = [app.get(f"{QR}?{one}").content for one in questions]

    assert before == after
    absent, foreign = app.get(f"{QR}/{uuid4()}"), app.get(f"{QR}/{theirs['id']}")
    assert absent.content == foreign.content
