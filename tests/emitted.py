"""What the service says in FHIR while the tests run, kept in a folder so that a validator can read it afterwards.

With `EMITTED=<folder>` every distinct resource is written there once: what the doors answer, what is handed to a record
system, and every remembered deed as an export shows it. Without it nothing is touched.
"""

import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import flask
import pytest

from service.ehr.client import RecordSystem
from service.r4 import audit_event
from service.store import audit_trail

VARIABLE = "EMITTED"
OURS = "service"  # the name of our Flask application; a record system's has another

# What differs from run to run and says nothing about the shape; only the digest is made without it.
VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    r"|[0-9a-f]{40,}|[A-Za-z0-9+/]{60,}={0,2}|localhost:\d+|127\.0\.0\.1:\d+"
    r'|"(valueInteger|size|hash)":("[^"]*"|\d+)'
)


@dataclass(frozen=True, slots=True)
class Emitted:
    """One resource as it left: `way` is how (answered, filed, audited), `test` in which test, `body` the JSON."""

    way: str
    test: str
    body: str


class Recorder:
    """Writes each distinct resource into a folder once, however many processes write there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()

    def keep(self, way: str, body: bytes) -> None:
        """Keep a body that is JSON with a resourceType; anything else is none of ours."""
        text = body.decode("utf-8").strip()
        if not _is_resource(text):
            return
        name = f"{sha256(VOLATILE.sub('*', text).encode()).hexdigest()[:32]}.json"
        if name in self._seen:
            return
        self._seen.add(name)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0]
        kept = {"way": way, "test": test, "body": text}
        # Another process may write the same one now: the name appears when the file is whole.
        unfinished = self._folder / f".{os.getpid()}-{name}"
        unfinished.write_text(json.dumps(kept), "utf-8")
        unfinished.replace(self._folder / name)


def read(folder: Path) -> list[Emitted]:
    """Everything recorded in the folder, in the order of the names."""
    return [Emitted(**json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("[!.]*.json"))]


def record(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Keep what the service emits in this folder until the patch is undone.

    Classes and modules are patched, not names: tests have taken the names before this is called.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recorder = Recorder(folder)
    patch.setattr(flask.Flask, "process_response", _answering(recorder))
    for method in ("create", "update"):
        patch.setattr(RecordSystem, method, _filing(recorder, getattr(RecordSystem, method)))
    patch.setattr(audit_trail, "append", _auditing(recorder))


def _answering(recorder: Recorder) -> Callable[..., flask.Response]:
    process = flask.Flask.process_response

    def answer(app: flask.Flask, response: flask.Response) -> flask.Response:
        processed = process(app, response)
        if app.import_name == OURS and not processed.is_streamed and processed.is_json:
            recorder.keep("answered", processed.get_data())
        return processed

    return answer


def _filing(recorder: Recorder, send: Callable[..., Any]) -> Callable[..., Any]:
    def file(record_system: RecordSystem, resource_type: str, *arguments: Any, **named: Any) -> Any:
        # create(type, body) and update(type, id, body): the body is the only bytes.
        for body in (one for one in (*arguments, *named.values()) if isinstance(one, bytes)):
            recorder.keep("filed", body)
        return send(record_system, resource_type, *arguments, **named)

    return file


def _auditing(recorder: Recorder) -> Callable[..., None]:
    append = audit_trail.append

    def remember(connection: Any, records: Iterable[Any]) -> None:
        deeds = list(records)
        for deed in deeds:
            recorder.keep("audited", audit_event.write(deed, 0))
        append(connection, deeds)

    return remember


def _is_resource(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and "resourceType" in value
