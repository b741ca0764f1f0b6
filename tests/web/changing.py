"""What an app says to change a response that is kept, for tests of updates and of batches."""

import json
from typing import Any

import httpx2

from tests.factories import response
from tests.people import FHIR_JSON, App, app_of
from tests.web.fhir_answers import QR, Value
from tests.world import World

SCOPE = "patient/QuestionnaireResponse.crus"


def writer(world: World, name: str = "patient-six-done", scope: str = SCOPE) -> App:
    """A patient's app that may change what it wrote."""
    return app_of(world, name, scope=scope)


def put(app: App, body: Value, tag: str | None, place: str | None = None, **headers: str) -> httpx2.Response:
    """The response in the place of the one with its id; `tag` is If-Match."""
    said = FHIR_JSON | ({"If-Match": tag} if tag is not None else {}) | headers
    raw = json.dumps(body, ensure_ascii=False).encode()
    return app.ask("PUT", f"{QR}/{place or body['id']}", content=raw, headers=said)


def made(world: World, app: App, status: str, **more: Any) -> tuple[Value, str]:
    """A response kept with this status, as its app reads it, and its ETag."""
    first = "completed" if status in ("completed", "amended", "entered-in-error") else "in-progress"
    answer = app.post(QR, response(world, status=first, **more))
    assert answer.status_code == 201, answer.text
    if status == "amended":
        answer = put(
            app, answered(answer.json(), "amended words") | {"status": status}, answer.headers["etag"]
        )
    elif status != first:
        answer = put(app, answer.json() | {"status": status}, answer.headers["etag"])
    assert answer.json()["status"] == status, answer.text
    return answer.json(), answer.headers["etag"]


def answered(body: Value, words: str, link_id: str = "ai1.1") -> Value:
    """The same response with these words for one prompt, in its place."""
    said = {"linkId": link_id, "answer": [{"valueString": words}]}
    items = [said if one["linkId"] == link_id else one for one in body.get("item", ())]
    return body | {"item": items if said in items else [*items, said]}


def words_of(body: Value) -> dict[str, str]:
    """The answers in a response, by linkId."""
    return {one["linkId"]: one["answer"][0]["valueString"] for one in body.get("item", ()) if "answer" in one}
