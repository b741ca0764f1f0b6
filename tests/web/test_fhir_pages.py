"""What every search answers alike: signed pages, counts, excerpts, and what comes with the matches (fhir-rest I-72 to
I-80, threats T3 and T4)."""

import base64
import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle

from service import paths
from service.audit.record import Deed
from service.r4 import excerpt
from service.r4.capability_statement import OFFERED
from service.web.fhir_definitions import KINDS
from tests.factories import keyed, response
from tests.people import FORM, App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import QR, Value, ids, issues
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World

ALL = "patient/QuestionnaireResponse.crs patient/Task.rs patient/Provenance.rs"
STAFF = "user/QuestionnaireResponse.rs user/Task.rs user/Provenance.rs"
SYSTEM = "system/QuestionnaireResponse.rs system/Task.rs system/Provenance.rs"
NAME = "patient-six-done"


def mine(world: World, name: str = NAME, **claims: Any) -> App:
    return app_of(world, name, scope=ALL, **claims)


def sent(world: World, ordinal: int, name: str = NAME) -> str:
    """One sent response; the next is written a minute later."""
    visit = f"{name.removeprefix('patient-')}-{ordinal}"
    written = response(world, ordinal, name, visit, identifier=keyed(str(uuid4())))
    answer = mine(world, name).post(QR, written)
    assert answer.status_code == 201, answer.text
    world.clock.pass_time(minutes=1)
    made: str = answer.json()["id"]
    return made


def begun(world: World, ordinal: int, name: str = NAME) -> str:
    """A draft on the page."""
    person = patient(world, name)
    key = person.begin(f"{name.removeprefix('patient-')}-{ordinal}")
    world.clock.pass_time(minutes=1)
    return world.desk.entry_id(CLINIC, key)


def following(answer: Any) -> str | None:
    return {link["relation"]: link["url"] for link in answer.json()["link"]}.get("next")


def walk(world: World, app: App, path: str) -> list[list[str]]:
    """The ids on each page."""
    seen, url = [], path
    while url is not None:
        answer = app.get(url.removeprefix(f"{world.base}/"))
        seen.append(ids(answer))
        url = following(answer)
        assert len(seen) < 40
    return seen


# --- pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 50])
def test_no_page_is_longer_than_asked_with_drafts_and_sent_ones(world: World, size: int) -> None:
    written = [sent(world, one) for one in (1, 2)]
    drafts = [begun(world, one) for one in (3, 4)]

    pages = walk(world, mine(world), f"{QR}?_count={size}")

    assert all(len(page) == size for page in pages[:-1])
    assert 0 < len(pages[-1]) <= size
    assert [one for page in pages for one in page] == [*sorted(drafts, reverse=True), *written[::-1]]


@pytest.mark.parametrize("saved", [0, 1])
def test_a_draft_saved_between_two_pages_keeps_its_place(world: World, saved: int) -> None:
    ada = patient(world)
    sets = {ada.begin(f"six-done-{ordinal}"): ordinal for ordinal in (1, 2)}
    keys = sorted(sets, key=lambda key: world.desk.entry_id(CLINIC, key), reverse=True)
    page = mine(world).get(f"{QR}?_count=1")
    world.clock.pass_time(minutes=1)
    words = {f"ai{sets[keys[saved]]}.1": "more"}
    assert ada.type(keys[saved], 1, words).status_code == 200

    url = following(page)

    assert url is not None
    pages = [ids(page), *walk(world, mine(world), url)]
    assert pages == [[world.desk.entry_id(CLINIC, key)] for key in keys]


TAMPERED = [
    lambda link: link[:-4] + ("AAA=" if not link.endswith("AAA=") else "BBB="),
    lambda link: link.replace("_count=1", "_count=2"),
    lambda link: link.replace("status=completed", "status=amended"),
    lambda link: link + "&status=completed",
    lambda link: link + "&_total=accurate",
    lambda link: link.replace("after=", "after=AAAA"),
    lambda link: link.partition("after=")[0] + "after=",
    lambda link: link.partition("after=")[0] + "after=%C3%A9",
]


@pytest.mark.parametrize("change", TAMPERED)
def test_a_page_link_is_good_for_the_search_it_was_given_for_alone(world: World, change: Any) -> None:
    sent(world, 1), sent(world, 2)
    app = mine(world)
    url = following(app.get(f"{QR}?_count=1&status=completed"))
    assert url is not None
    link = url.removeprefix(f"{world.base}/")
    assert len(ids(app.get(link))) == 1

    answer = app.get(change(link))

    assert (answer.status_code, issues(answer)) == (400, ["value"])


def test_a_place_that_somebody_made_up_is_none_of_ours(world: World) -> None:
    sent(world, 1)
    place = base64.urlsafe_b64encode(b"\0" * 32 + b"2030-01-01T00:00:00.000000+00:00 x").decode()
    bare = base64.urlsafe_b64encode(b"2030-01-01T00:00:00.000000+00:00 x").decode()

    for made_up in (place, bare, "2030-01-01T00:00:00.000000+00:00 x"):
        assert mine(world).get(f"{QR}?after={quote(made_up)}").status_code == 400


def test_a_page_link_goes_to_no_other_person_client_clinic_or_type(world: World) -> None:
    for ordinal in (1, 2):
        sent(world, ordinal)
    url = following(mine(world).get(f"{QR}?_count=1"))
    assert url is not None
    link = url.removeprefix(f"{world.base}/")

    others = [
        mine(world, "patient-eight-done"),
        mine(world, client_id="another-app"),
        staff_app(world, chart=NAME),
        backend_app(world),
        app_of(world, clinic=OTHER),
    ]
    for other in others:
        assert other.get(link).status_code == 400
    assert mine(world).get(link.replace(QR, "Task")).status_code == 400
    # A new token of the same person and client goes on.
    assert len(ids(mine(world).get(link))) == 1


def test_a_search_by_form_gives_links_that_go_on(world: World) -> None:
    wanted = [sent(world, one) for one in (1, 2)]
    app = mine(world)
    first = app.ask("POST", f"{QR}/_search", content=b"_count=1", headers=FORM)

    url = following(first)

    assert url is not None
    assert [*ids(first), *ids(app.get(url.removeprefix(f"{world.base}/")))] == wanted[::-1]


def test_definitions_come_in_pages_too(world: World) -> None:
    pages = walk(world, App(world), "Questionnaire?_count=3")

    assert [len(page) for page in pages] == [3, 3, 1]
    files = (paths.definitions() / "Questionnaire").glob("*.json")
    assert [one for page in pages for one in page] == sorted(file.stem for file in files)
    assert App(world).get("Questionnaire?_count=3").json()["total"] == 7
    assert App(world).get("Questionnaire?_count=3&after=after-infusion-3").status_code == 400


# --- how many --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["_summary=count", "_count=0", "_summary=count&_count=5"])
@pytest.mark.parametrize("kind", [QR, "Task", "Provenance", "Questionnaire"])
def test_a_count_has_no_matches_and_all_in_it(world: World, kind: str, how: str) -> None:
    sent(world, 1), sent(world, 2), begun(world, 3)
    app = mine(world)
    everything = [one for page in walk(world, app, kind) for one in page]

    bundle = app.get(f"{kind}?{how}").json()

    assert ("entry" in bundle, bundle["total"], following(app.get(f"{kind}?{how}"))) == (
        False,
        len(everything),
        None,
    )
    assert bundle["total"] > 1
    Bundle.model_validate(bundle)


def test_a_total_is_told_where_it_is_asked_for_and_is_the_same_on_every_page(world: World) -> None:
    for ordinal in (1, 2):
        sent(world, ordinal)
    begun(world, 3)
    app = mine(world)
    for kind in (QR, "Task", "Provenance"):
        everything = sum(map(len, walk(world, app, kind)))
        first = app.get(f"{kind}?_count=1&_total=accurate")
        url = following(first)
        assert url is not None
        second = app.get(url.removeprefix(f"{world.base}/"))
        assert first.json()["total"] == second.json()["total"] == everything, kind
        assert "total" not in app.get(f"{kind}?_total=none").json()
        assert "total" not in app.get(kind).json()


def test_a_count_is_made_within_reach_and_by_every_filter(world: World) -> None:
    """T4: nobody learns from a number what they may not see."""
    one, two = sent(world, 1), sent(world, 2)
    sent(world, 1, "patient-eight-done")
    begun(world, 2, "patient-eight-done")

    def count(app: App, path: str) -> int:
        told: int = app.get(f"{path}&_summary=count").json()["total"]
        return told

    staff, registry = staff_app(world, scope=STAFF), backend_app(world, scope=SYSTEM)
    for app, of_all in ((mine(world), 2), (staff, 3), (registry, 3)):
        assert count(app, f"{QR}?status=completed,in-progress") == of_all
        assert count(app, "Provenance?recorded=ge2026") == of_all
        assert count(app, f"{QR}?_id={one},nothing") == 1
        assert count(app, f"Provenance?target={QR}/{one}") == 1
        assert count(app, f"Provenance?target={QR}/{one}/_history/2") == 0
        assert count(app, f"Provenance?target={QR}/{one}/_history/x,{QR}/{two}") == 1
        assert count(app, f"Provenance?target={QR}/{one}/_history/1&_id={one}.1,{two}.1") == 1
        assert count(app, f"Provenance?_id={two}.2,x") == 0
        assert count(app, "Provenance?recorded=lt2026") == 0
        assert count(app, f"Provenance?patient={NAME}") == 2
    assert count(staff_app(world, "clinician-2", scope=STAFF), f"{QR}?status=completed") == 0


def test_a_count_is_remembered_with_whom_it_is_about(world: World) -> None:
    sent(world, 1)
    before = len(log(world))

    mine(world).get(f"{QR}?_summary=count")
    backend_app(world).get(f"{QR}?_summary=count&patient={NAME}")
    backend_app(world).get(f"{QR}?_summary=count")

    told = [(one.deed, one.what, one.patient) for one in log(world)[before:]]
    assert told == [(Deed.SEARCH, QR, NAME), (Deed.SEARCH, QR, NAME), (Deed.SEARCH, QR, None)]


# --- excerpts --------------------------------------------------------------------------------------------------


def test_what_is_summary_and_what_is_mandatory_is_what_r4_says() -> None:
    # A Bundle is read whole: there is nothing of it to search for.
    assert set(excerpt.SUMMARY) == set(excerpt.MANDATORY) == {one.type for one in OFFERED} - {"Bundle"}
    for kind in excerpt.SUMMARY:
        model = get_fhir_model_class(kind)
        of_all = {"id", "implicitRules", "meta"}
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        extra = {name: field.json_schema_extra or {} for name, field in fields.items()}
        marked = {name for name, said in extra.items() if said.get("summary_element_property")}
        needed = {
            name for name in fields if fields[name].is_required() or extra[name].get("element_required")
        }
        assert (excerpt.SUMMARY[kind], excerpt.MANDATORY[kind]) == (marked - of_all, needed), kind


def first_of(app: App, path: str) -> Value:
    found: Value = app.get(path).json()["entry"][0]["resource"]
    return found


@pytest.mark.parametrize("kind", [QR, "Task", "Provenance", *(one for one in KINDS if one[0] != "O")])
def test_an_excerpt_is_marked_and_holds_what_was_asked_for(world: World, kind: str) -> None:
    sent(world, 1)
    app = mine(world)
    whole = first_of(app, kind)
    always = {"resourceType", "id", "meta"} & {"meta", *whole} | excerpt.MANDATORY[kind] & set(whole)
    always |= {"meta"}
    wanted = {
        "_summary=true": (excerpt.SUMMARY[kind] & set(whole)) | always,
        "_summary=data": set(whole) - {"text"} | {"meta"},
        "_summary=text": always | ({"text"} & set(whole)),
        "_elements=id": always,
        "_elements=url,text,authored,nothing": always | {"url", "text", "authored"} & set(whole),
    }
    for query, members in wanted.items():
        bundle = app.get(f"{kind}?{query}").json()
        part = next(one["resource"] for one in bundle["entry"] if one["resource"]["id"] == whole["id"])
        assert set(part) == members, query
        assert part["meta"]["tag"] == [excerpt.SUBSETTED]
        assert {name: part[name] for name in members - {"meta"}} == {
            name: whole[name] for name in members - {"meta"}
        }
        assert part["meta"].get("versionId") == whole.get("meta", {}).get("versionId")
        Bundle.model_validate(bundle)
    assert first_of(app, f"{kind}?_summary=false") == whole


def test_an_excerpt_cannot_be_sent_back_as_the_whole(world: World) -> None:
    draft = response(world, identifier=keyed(str(uuid4())), status="in-progress")
    assert mine(world).post(QR, draft).status_code == 201
    part = first_of(mine(world), f"{QR}?_summary=data")

    assert mine(world).post(QR, part).status_code == 422


def test_one_resource_is_read_in_excerpts_too(world: World) -> None:
    entry = sent(world, 1)
    app = mine(world)
    before = len(log(world))
    for path in (
        f"{QR}/{entry}",
        f"{QR}/{entry}/_history/1",
        f"Provenance/{entry}.1",
        "CodeSystem/journal-themes",
    ):
        part = app.get(f"{path}?_summary=true").json()
        whole = app.get(path).json()
        assert part["meta"]["tag"] == [excerpt.SUBSETTED]
        assert set(part) - {"meta"} < set(whole)
        for query in ("_summary=count", "_summary=most", "_elements=a.b", "_summary=text&_elements=id"):
            assert app.get(f"{path}?{query}").status_code == 400
    # What was refused was not read.
    assert len(log(world)) - before == 6


def test_the_past_can_be_shown_in_excerpts(world: World) -> None:
    entry = sent(world, 1)

    bundle = mine(world).get(f"{QR}/{entry}/_history?_elements=authored").json()

    [part] = [one["resource"] for one in bundle["entry"]]
    assert set(part) == {"resourceType", "id", "meta", "status", "authored"}


# --- what comes with the matches -------------------------------------------------------------------------------


def entries_of(answer: Any, mode: str) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    Bundle.model_validate(bundle)
    return [
        (one["resource"]["resourceType"], one["fullUrl"].rpartition("/")[2])
        for one in bundle.get("entry", [])
        if one["search"]["mode"] == mode
    ]


def test_the_questionnaires_and_provenances_of_the_matches_come_with_them(world: World) -> None:
    one, two = sent(world, 1), sent(world, 2)
    draft = begun(world, 3)
    app = mine(world)
    asked = "_include=QuestionnaireResponse:questionnaire&_revinclude=Provenance:target"

    answer = app.get(f"{QR}?{asked}&_total=accurate")

    assert entries_of(answer, "match") == [(QR, draft), (QR, two), (QR, one)]
    assert set(entries_of(answer, "include")) == {
        *(("Questionnaire", f"after-infusion-{n}") for n in (1, 2, 3)),
        *(("Provenance", f"{entry}.1") for entry in (one, two)),
    }
    assert answer.json()["total"] == 3
    assert entries_of(app.get(f"{QR}?{asked}&_id={one}"), "include") == [
        ("Questionnaire", "after-infusion-1"),
        ("Provenance", f"{one}.1"),
    ]
    included = answer.json()["entry"][-1]
    assert included["resource"] == app.get(included["fullUrl"].removeprefix(f"{world.base}/")).json()
    assert entries_of(app.get(f"{QR}?{asked}&_id=nothing"), "include") == []


def test_what_comes_with_a_match_needs_its_own_scope(world: World) -> None:
    sent(world, 1)
    asked = f"{QR}?_revinclude=Provenance:target"

    for scope in (
        "patient/QuestionnaireResponse.rs",
        "patient/QuestionnaireResponse.rs patient/Provenance.r",
    ):
        answer = app_of(world, scope=scope).get(asked)
        assert (answer.status_code, issues(answer)) == (403, ["forbidden"])
        assert 'scope="patient/Provenance.s"' in answer.headers["www-authenticate"]
    assert mine(world).get(asked).status_code == 200


def test_nothing_foreign_comes_with_a_match_and_all_of_it_is_remembered(world: World) -> None:
    own = sent(world, 1)
    theirs = sent(world, 1, "patient-eight-done")
    asked = f"{QR}?_revinclude=Provenance:target"
    before = len(log(world))

    assert theirs not in mine(world).get(asked).text

    told = [(one.deed, one.what, one.patient) for one in log(world)[before:]]
    assert told == [(Deed.SEARCH, QR, NAME), (Deed.READ, f"Provenance/{own}.1", NAME)]
    of_all = entries_of(backend_app(world, scope=SYSTEM).get(asked), "include")
    assert {name for _, name in of_all} == {f"{own}.1", f"{theirs}.1"}


def test_the_statement_tells_what_comes_with_a_match(world: World) -> None:
    [told] = [one for one in App(world).get("metadata").json()["rest"][0]["resource"] if one["type"] == QR]

    assert told["searchInclude"] == ["QuestionnaireResponse:encounter", "QuestionnaireResponse:questionnaire"]
    assert told["searchRevInclude"] == ["Provenance:target"]
    app = app_of(world, scope=f"{ALL} patient/Encounter.s")
    for value in told["searchInclude"]:
        assert app.get(f"{QR}?_include={value}").status_code == 200
    for value in told["searchRevInclude"]:
        assert mine(world).get(f"{QR}?_revinclude={value}").status_code == 200


# --- references of this base -----------------------------------------------------------------------------------


def test_a_reference_may_name_this_very_base_and_no_other(world: World) -> None:
    entry = sent(world, 1)
    app = mine(world)
    here, elsewhere = quote(f"{world.base}/Patient/{NAME}"), quote(f"https://x.example/fhir/Patient/{NAME}")

    assert ids(app.get(f"{QR}?patient={here}")) == ids(app.get(f"{QR}?subject={here}")) == [entry]
    assert ids(app.get(f"{QR}?encounter={quote(f'{world.base}/Encounter/six-done-1')}")) == [entry]
    assert ids(app.get(f"Task?patient={here}")) == ids(app.get("Task"))
    assert ids(app.get(f"Provenance?patient={here}")) == [f"{entry}.1"]
    assert app.get(f"{QR}?patient={elsewhere}").status_code == 403
    assert app.get(f"{QR}?patient={here},{quote(world.base)}/Patient/patient-eight-done").status_code == 403


# --- definitions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_definition_is_read_and_found_without_a_token(world: World, kind: str) -> None:
    stranger = App(world)
    files = [json.loads(one.read_bytes()) for one in sorted((paths.definitions() / kind).glob("*.json"))]

    assert ids(stranger.get(kind)) == [one["id"] for one in files]
    for one in files:
        answer = stranger.get(f"{kind}/{one['id']}")
        assert (answer.json(), answer.headers["access-control-allow-origin"]) == (one, "*")
        assert (
            stranger.get(f"{kind}/{one['id']}", **{"If-None-Match": answer.headers["etag"]}).status_code
            == 304
        )
        url, version = quote(one["url"]), one["version"]
        for query in (
            f"url={url}",
            f"url={url}%7C{version}",
            f"_id={one['id']}",
            f"name={one['name'].lower()}",
        ):
            assert one["id"] in ids(stranger.get(f"{kind}?{query}"))
            form = stranger.ask("POST", f"{kind}/_search", content=query.encode(), headers=FORM)
            assert one["id"] in ids(form)
        assert ids(stranger.get(f"{kind}?url={url}%7C9")) == []
    refused = stranger.get(f"{kind}?jurisdiction=US", Prefer="handling=lenient")
    assert (refused.status_code, issues(refused)) == (400, ["not-supported"])
    assert stranger.get(f"{kind}/no-such").status_code == 404
    assert App(world, clinic="no-such-clinic").get(kind).status_code == 404


def test_definitions_are_found_by_texts_dates_and_codes_as_r4_says(world: World) -> None:
    """I-81 to I-84 on what is published: strings by beginning, part or whole; dates by their span; codes by system."""
    app = App(world)
    six = {f"after-infusion-{one}" for one in range(1, 7)}
    one = app.get("Questionnaire/after-infusion-1").json()
    title, theme = one["title"], next(each["code"][0] for each in one["item"] if "code" in each)
    wanted = {
        "title=after%20INFUSION%201": {"after-infusion-1"},
        "title=Infusion": set(),
        "title:contains=setting%20int": {"after-infusion-1"},
        f"title:exact={quote(title)}": {"after-infusion-1"},
        f"title:exact={quote(title.lower())}": set(),
        "name:exact=AfterInfusion1,AfterInfusion2": {"after-infusion-1", "after-infusion-2"},
        f"date={one['date']}&name=AfterInfusion": six,
        f"date=lt{one['date']}": set(),
        f"code={theme['code']}&_id=after-infusion-1": {"after-infusion-1"},
        f"code={quote(theme['system'])}%7C{theme['code']}&_id=after-infusion-1": {"after-infusion-1"},
        f"code=urn:x%7C{theme['code']}": set(),
        "subject-type=Patient&name=AfterInfusion": six,
        "subject-type:not=Patient": set(),
        "effective:missing=false": set(),
        "status:not=active": set(),
        "publisher:contains=nobody": set(),
        "name=AfterInfusion&_id:not=after-infusion-1&_id:not=after-infusion-2": six
        - {"after-infusion-1", "after-infusion-2"},
    }
    for query, expected in wanted.items():
        assert set(ids(app.get(f"Questionnaire?{query}"))) == expected, query
    backwards = walk(world, app, "Questionnaire?_sort=-name&name=AfterInfusion&_count=4")
    assert [name for page in backwards for name in page] == sorted(six, reverse=True)
