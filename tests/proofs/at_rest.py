"""No word of a patient, name or token lies readable in any file of ours or any line that was said; no secret moves.

n marked words come in by every door: pages, private answers, drafts, apps, amendments. Everything under the service's
folder, its temporary files and a copy of the database are then searched for them, byte by byte (T11).
"""

import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.factories import keyed, response
from tests.people import app_of, clinician, patient
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import lasting_world
from tests.proofs.swapped_secrets import sealed_columns, swap_all
from tests.web.changing import answered, put
from tests.web.fhir_answers import QR
from tests.world import HOMES, World

DEFAULT_N = 1_000
CI_N = 120

_VISITS = {"patient-six-done": "six-done", "patient-eight-done": "eight-done"}
_AT_A_TIME = 12
_TOKENS = ("access_token", "refresh_token", "id_token")
_NAMES = ("Harrowgate", "Marchbanks")


@dataclass
class Marks:
    """The words that were planted, and the secrets that went over the wire."""

    wanted: int
    planted: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def some(self) -> str:
        """A few more of them, as somebody would write them."""
        new = [f"mark-{number:05}-of-a-heart" for number in range(len(self.planted), self._next())]
        self.planted += new
        return "\n".join(new) or "nothing more"

    def _next(self) -> int:
        return min(len(self.planted) + _AT_A_TIME, self.wanted)

    @property
    def done(self) -> bool:
        """Whether all were planted."""
        return len(self.planted) >= self.wanted

    def overhear(self, _: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        """Note the tokens in what a record system answers."""
        answer = carry()
        body = answer.read()
        if "json" in answer.headers.get("content-type", ""):
            said = json.loads(body or b"{}")
            found = [said.get(name) for name in _TOKENS] if isinstance(said, dict) else []
            self.secrets |= {one for one in found if isinstance(one, str)}
        # Once read it can be read no more, so a copy goes on.
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(body))


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n marked words through every door in turn; then every pair of sealed values, exchanged."""
    marks = Marks(n)
    with (
        tempfile.TemporaryDirectory(prefix="proof-rest-") as name,
        pytest.MonkeyPatch.context() as patch,
        capture_logs() as said,
    ):
        folder = Path(name)
        patch.setattr(tempfile, "tempdir", name)
        patch.setitem(os.environ, "TMPDIR", name)
        with lasting_world() as world:
            world.net.meddler = marks.overhear
            shown = _write(world, marks)
            world.deliver()
            _copied(world)
            ours = list(_files(folder))
            hits = [(one, path.name) for path, found in ours for one in _marked(found, marks)]
            there = sum("seen_encounters" in str(found[:200_000]) for _, found in ours)
        hits += [(one, "a log line") for one in _marked(json.dumps(said, default=repr).encode(), marks)]
        for hit in hits[:5]:
            report(f"readable: {hit}")
        swaps = swap_all(folder)
    return Figures(
        planned=n,
        injected=len(marks.planted),
        counted={
            "markers": len(marks.planted),
            "shown_to_their_patient": shown,
            "tokens": len(marks.secrets),
            "files": len(ours),
            "databases": there,
            "log_lines": len(said),
            "plaintext_hits": len(hits),
            "sealed_columns": len(sealed_columns()),
            "row_swaps": swaps.swapped,
            "rows_read": swaps.read,
            "undetected": swaps.read - swaps.detected,
            "unread": swaps.unread,
        },
        bars={
            "markers": at_least(n),
            "shown_to_their_patient": exactly(n),
            "tokens": at_least(4),
            "log_lines": at_least(1),
            "databases": at_least(2),
            "plaintext_hits": exactly(0),
            "sealed_columns": at_least(6),
            "row_swaps": at_least(150),
            "undetected": exactly(0),
            "unread": exactly(0),
        },
    )


def _write(world: World, marks: Marks) -> int:
    """Until all are planted; how many of them their patients can read again."""
    seen = set[str]()
    doors = _doors(world, marks)
    while not marks.done:
        shown = next(doors)
        seen |= {one for one in marks.planted if one in shown}
    return len(seen)


def _doors(world: World, marks: Marks) -> Iterator[str]:
    """What each patient can read again after writing: a draft, a sent entry, what an app sent and amended."""
    for name in _VISITS:
        clinician(world, name)
    for turn in count():
        name = list(_VISITS)[turn % len(_VISITS)]
        yield _on_the_page(world, name, turn // len(_VISITS), marks)
        yield _by_app(world, name, marks)


def _on_the_page(world: World, name: str, turn: int, marks: Marks) -> str:
    """Two answers on the page, one of them kept private; sent where there is an infusion to send it for."""
    ada, ordinal = patient(world, name), turn + 1
    if ordinal > 4:
        return "".join(_saved_again(ada, marks))
    key = ada.begin(f"{_VISITS[name]}-{ordinal}")
    words = {f"ai{ordinal}.1": marks.some(), f"ai{ordinal}.2": marks.some()}
    saved = ada.type(key, 1, words, (f"ai{ordinal}.2",))
    assert saved.status_code == 200, saved.text
    if ordinal == 4:
        return str(ada.get(f"entry/{key}/all").text)
    checked = ada.get(f"entry/{key}/check").text
    assert ada.send(key, 2).status_code == 303
    return str(checked) + (_explained(ada, key, marks) if ordinal == 1 else "")


def _explained(ada: Any, key: str, marks: Marks) -> str:
    """What was sent is changed, and why."""
    ada.post(f"entry/{key}/change")
    saved = ada.type(key, 1, {"ai1.1": marks.some()})
    assert saved.status_code == 200, saved.text
    checked = str(ada.get(f"entry/{key}/check").text)
    assert ada.post(f"entry/{key}/send", revision="2", because=marks.some()).status_code == 303
    return checked + str(ada.get(f"entry/{key}/receipt").text)


def _saved_again(ada: Any, marks: Marks) -> Iterator[str]:
    """The draft that is still open gets other words."""
    found = re.search(r"entry/([0-9a-f-]{36})/(?:prompt|all)", ada.home.text)
    assert found is not None, ada.home.text
    shown = re.search(r'name="revision" value="(\d+)"', ada.get(f"entry/{found[1]}/all").text)
    assert shown is not None
    revision = int(shown[1])
    for _ in range(3):
        answer = ada.type(found[1], revision, {"ai4.1": marks.some(), "ai4.2": marks.some()}, ("ai4.2",))
        assert answer.status_code == 200, answer.text
        revision = answer.json()["revision"]
        yield ada.get(f"entry/{found[1]}/all").text


def _by_app(world: World, name: str, marks: Marks) -> str:
    """A response without an infusion, and its amendment; then one that is refused, and knocks without a right."""
    app = app_of(world, name, scope="patient/*.cruds")
    sent = response(world, 5, name, None, {"ai5.1": marks.some()}, identifier=keyed(str(uuid4())))
    made = app.post(QR, sent | {"extension": [{"url": "http://x.example/said", "valueString": marks.some()}]})
    assert made.status_code == 201, made.text
    after = answered(made.json(), marks.some(), "ai5.1") | {"status": "amended"}
    changed = put(app, after, made.headers["etag"])
    assert changed.status_code == 200, changed.text
    refused = app.post(QR, after | {"status": "nonsense"})
    strange = app_of(world, name, scope="patient/Observation.rs").post(QR, after)
    assert (refused.status_code, strange.status_code) == (400, 403), refused.text
    return made.text + changed.text


def _copied(world: World) -> None:
    """A backup, as SQLite makes one."""
    with (
        closing(sqlite3.connect(world.folder / "journal.sqlite")) as here,
        closing(sqlite3.connect(world.folder / "backup.sqlite")) as there,
    ):
        here.backup(there)


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file there is, but for what the record systems keep for themselves."""
    for path in folder.rglob("*"):
        if path.is_file() and not set(HOMES) & set(path.parts):
            yield path, path.read_bytes()


def _marked(found: bytes, marks: Marks) -> list[str]:
    """Which of the words, tokens and names stand in these bytes, or the beginning of a PDF."""
    wanted = [*marks.planted, *marks.secrets, *_NAMES]
    return [one for one in wanted if one.encode() in found] + ["%PDF"] * (b"%PDF" in found)
