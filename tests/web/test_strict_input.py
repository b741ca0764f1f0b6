"""What is written to us is read strictly or not at all: named problems, never a fault of ours, nothing kept (T33)."""

import json
import random
from collections.abc import Callable
from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx2
import pytest

from service.store import drafts, entries
from service.web.reading import FORM_BYTES, JSON_BYTES, MAX_DEPTH, NotReadable, parse_json
from tests.factories import keyed, response
from tests.people import FORM, Patient, app_of, officer, patient
from tests.workflow.contexts import as_patient
from tests.world import World

QR = "QuestionnaireResponse"
GOOD = {"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x"}]}


def with_text(text: str) -> bytes:
    """A good save but for these letters inside its text."""
    return json.dumps(GOOD).replace('"x"', text).encode("utf-8", "surrogatepass")


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "no JSON": b"revision=1",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "two objects": b"{}{}",
    "junk behind": json.dumps(GOOD).encode() + b"x",
    "a comment": b'{/**/"revision": 1}',
    "single quotes": b"{'revision': 1}",
    "a comma too many": b'{"revision": 1,}',
    "cut in the middle": json.dumps(GOOD).encode()[:-5],
    "a key twice": b'{"revision": 1, "revision": 1, "answers": []}',
    "a key twice, deep": b'{"revision": 1, "answers": [{"linkId": "ai1.1", "text": "x", "text": "y"}]}',
    "a key twice, by an escape": b'{"revision": 1, "revisio\\u006e": 1, "answers": []}',
    "not a number": b'{"revision": NaN, "answers": []}',
    "infinity": b'{"revision": Infinity, "answers": []}',
    "minus infinity": b'{"revision": -Infinity, "answers": []}',
    "a huge number": b'{"revision": 1e999, "answers": []}',
    "a number of 5000 digits": b'{"revision": ' + b"9" * 5000 + b', "answers": []}',
    "half a surrogate pair": with_text('"\\ud800"'),
    "the other half": with_text('"\\udc00"'),
    "half a pair in a key": b'{"revision": 1, "answers": [], "\\ud800": 1}',
    "a NUL": with_text('"\\u0000"'),
    "a bell": with_text('"\\u0007"'),
    "an escape character": with_text('"\\u001b[31m"'),
    "a raw control": with_text('"\x01"'),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "UTF-16 without mark": json.dumps(GOOD).encode("utf-16-le"),
    "UTF-32": json.dumps(GOOD).encode("utf-32"),
    "Latin-1": '{"revision": 1, "answers": ["é"]}'.encode("latin-1"),
    "overlong UTF-8": b'{"revision": 1, "answers": ["\xc0\xaf"]}',
    "a surrogate in UTF-8": b'{"revision": 1, "answers": ["\xed\xa0\x80"]}',
    "nested 2000 lists": b'{"revision": 1, "answers": ' + b"[" * 2000 + b"]" * 2000 + b"}",
    "nested 2000 objects": b'{"a":' * 2000 + b"1" + b"}" * 2000,
    "nested 100000 lists": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested just too deep": b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
    "opened and never closed": b"[" * 100_000,
    "too many values": b'{"a": [' + b"1," * 30_000 + b"1]}",
    "too many keys": b"{" + b",".join(b'"%d":1' % n for n in range(21_000)) + b"}",
    "too many bytes": b'{"a": "' + b"x" * JSON_BYTES + b'"}',
}


@pytest.fixture
def kept_nothing(world: World) -> Callable[[], bool]:
    def check() -> bool:
        begun = drafts.drafts_of(world.desk.store, as_patient())
        return not any(one.answers for one in begun) and not entries.newest_first(
            world.desk.store, as_patient()
        )

    return check


def test_no_hostile_body_is_a_fault_of_ours_and_none_is_kept(
    world: World, kept_nothing: Callable[[], bool]
) -> None:
    """Every body at every JSON door: a named 4xx, for clients as an OperationOutcome."""
    ada, app = patient(world), app_of(world)
    key = ada.begin("six-done-1")
    for name, body in BODIES.items():
        saved, sent = ada.put(f"entry/{key}/draft", body), app.post(QR, body)
        assert saved.status_code in (400, 411, 413, 422), (name, saved.text)
        assert saved.json()["problem"] and saved.json()["problem"] != "Problem", name  # noqa: PT018 - one claim
        assert sent.status_code in (400, 411, 413, 422), (name, sent.text)
        assert sent.json()["resourceType"] == "OperationOutcome", name
    assert kept_nothing()
    assert ada.type(key, 1, {"ai1.1": "x"}).status_code == 200


def test_a_response_mutated_at_random_is_never_a_fault_of_ours(world: World) -> None:
    chance = random.Random(11)
    good = json.dumps(response(world, 1, encounter=None)).encode()
    app = app_of(world)
    for _ in range(250):
        body = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(body))
            chance.choice(
                (
                    lambda b, a: b.__setitem__(a, chance.randrange(256)),
                    lambda b, a: b.__delitem__(slice(a, a + chance.randint(1, 9))),
                    lambda b, a: b.insert(a, chance.choice(b'{}[]",:0\\')),
                )
            )(body, min(at, len(body) - 1))
        assert app.post(QR, bytes(body)).status_code < 500, bytes(body)


SHAPES: list[object] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    [],
    [[]],
    {},
    {"x": 1},
    [None],
    [{}],
    {"reference": 1},
]


def test_a_response_with_any_element_of_another_shape_is_never_a_fault_of_ours(world: World) -> None:
    app = app_of(world)
    elements = [
        *response(world, identifier=keyed(str(uuid4()))),
        "id",
        "meta",
        "extension",
        "contained",
        "text",
        "_status",
    ]
    for element in elements:
        for shape in SHAPES:
            answer = app.post(QR, response(world, 1, encounter=None) | {element: shape})
            assert answer.status_code < 500, (element, shape, answer.text)


def test_the_reader_takes_what_json_and_fhir_allow() -> None:
    assert parse_json('{"a": "tab\\t, line\\n, 🌊 é ﷺ", "b": [1, 2.5, null, true]}'.encode())["b"] == [
        1,
        2.5,
        None,
        True,
    ]
    assert parse_json(b'{"a": "\\ud83c\\udf0a"}') == {"a": "🌊"}
    deep = b'{"a":' + b"[" * (MAX_DEPTH - 2) + b"]" * (MAX_DEPTH - 2) + b"}"
    assert parse_json(deep)


def test_the_reader_names_what_is_wrong() -> None:
    with pytest.raises(NotReadable) as refused:
        parse_json(b'{"a": 1, "a": 1}')

    assert refused.value.faults[0].text == "The body: a key stands twice in one object."


# --- forms -----------------------------------------------------------------------------------------------------


def post_raw(ada: Patient, path: str, content: bytes, **headers: str) -> httpx2.Response:
    return ada.browser.ask(
        "POST", ada.url(path), content=content, headers=FORM | {"X-CSRF": ada.csrf} | headers
    )


FORMS: dict[str, bytes] = {
    "a field twice": b"revision=1&revision=1&text=x",
    "the words twice": b"revision=1&text=x&text=y",
    "not Unicode": b"revision=1&text=%ff%fe",
    "a surrogate": b"revision=1&text=%ed%a0%80",
    "raw bytes": "revision=1&text=é".encode(),
    "too many fields": b"revision=1&" + b"&".join(b"f%d=1" % n for n in range(300)),
    "no revision": b"text=x",
    "an empty revision": b"revision=&text=x",
    "a negative revision": b"revision=-1&text=x",
    "a revision in other digits": urlencode({"revision": "١", "text": "x"}).encode(),
    "a huge revision": b"revision=" + b"9" * 30 + b"&text=x",
    "too many bytes": b"revision=1&text=" + b"x" * FORM_BYTES,
}


def test_no_hostile_form_is_a_fault_of_ours_and_none_is_kept(
    world: World, kept_nothing: Callable[[], bool]
) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    for name, body in FORMS.items():
        for path in (f"entry/{key}/prompt/1", f"entry/{key}/all", f"entry/{key}/send"):
            answer = post_raw(ada, path, body)
            assert answer.status_code in (400, 413), (name, path, answer.status_code)
    assert kept_nothing()


def test_only_plain_forms_are_taken(world: World, kept_nothing: Callable[[], bool]) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    for kind in ("multipart/form-data; boundary=x", "text/plain", "application/json", ""):
        answer = post_raw(ada, f"entry/{key}/prompt/1", b"revision=1&text=x", **{"Content-Type": kind})
        assert answer.status_code == 415
    assert kept_nothing()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "x"])
def test_a_body_in_another_encoding_is_refused(
    world: World, kept_nothing: Callable[[], bool], encoding: str
) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")

    told = [
        post_raw(ada, f"entry/{key}/prompt/1", b"revision=1&text=x", **{"Content-Encoding": encoding}),
        ada.put(f"entry/{key}/draft", GOOD, **{"Content-Encoding": encoding}),
        app_of(world).post(QR, response(world), **{"Content-Encoding": encoding}),
    ]

    assert [one.status_code for one in told] == [415, 415, 415]
    assert kept_nothing()


def test_ids_and_searches_with_control_characters_find_nothing(world: World) -> None:
    """PostgreSQL cannot even be asked for a NUL."""
    ada, app, auditor = patient(world), app_of(world), officer(world)
    for bad in ("%00", "a%00b", "%1f", "%7f%00"):
        for path in (f"entry/{bad}/prompt/1", f"entry/{bad}/receipt", f"entry/{bad}/copy.pdf"):
            assert ada.get(path).status_code == 404
        assert ada.browser.ask("GET", f"{ada.home.url[:30]}/{bad}/").status_code == 404
        assert app.get(f"{QR}/{bad}").status_code == 404
        assert app.get(f"{QR}?_id={bad}").status_code == 400
        assert auditor.get(f"?patient={bad}").status_code == 400
        assert auditor.get(f"patient/{bad}").status_code == 404
    assert ada.post("begin", key=str(uuid4()), encounter="a\x00b").status_code == 404


def test_the_officers_filters_are_read_strictly(world: World) -> None:
    auditor = officer(world)
    for query in (
        "x=1", "deed=sing", "outcome=9", "since=yesterday", "since=2026-13-01", "until=9999-12-31", "after=-1",
        "after=x", "after=" + "9" * 20, "after=١",
    ):  # fmt: skip
        assert auditor.get(f"?{query}").status_code == 400, query
        if not query.startswith("after"):
            assert auditor.get(f"export.ndjson?{query}").status_code == 400, query
    assert auditor.get("?" + quote("since=2026-11-20", safe="=")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/a" * 3000, "/%00", "/..%2f..", "/.well-known/x", "/static/%2e%2e/x"])
def test_a_path_that_is_none_is_a_plain_404(world: World, path: str) -> None:
    found = patient(world).browser.ask("GET", f"http://127.0.0.1:8080{path}")

    assert found.status_code == 404
