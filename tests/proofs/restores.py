"""A backup is taken at a random moment under load and put back later; no number means two texts, what is gone is named.

Fault matrix F38, half of it on SQLite and its online backup, half on PostgreSQL and pg_dump; in each world one restore
after another. Two apps send and amend and a worker delivers while the database copies itself. The record system's
ledger and what the apps were told are the judges.
"""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from service.audit.checkpoint import Checkpoint
from service.audit.checkpoint import verify as verify_note
from service.audit.verify import LogFault, What
from service.journal.reconciling import Difference
from service.store.submitted import submitted_entries
from service.workflow.audit_by_command import sign_clinic, verify_clinic
from service.workflow.deliver_entry import deliver_next
from service.workflow.reconcile import reconcile
from tests.factories import response
from tests.killing.databases import a_server
from tests.killing.meanwhile import again_and_again, meanwhile
from tests.people import App, app_of
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.store.plain_role import migrated_for_a_plain_role, new_database
from tests.web.changing import SCOPE, answered, put
from tests.workflow.filing import every_document
from tests.workflow.restoring import back_up, put_back
from tests.world import CLINIC, World

DEFAULT_N = 50
CI_N = 4

NEEDS = ("postgres",)

_DATABASES = ("sqlite", "postgresql")
_QR = "QuestionnaireResponse"
_PATIENTS = ("patient-six-done", "patient-first-visit")
_GOOD_FOR = 20 * 3600  # seconds that the apps' tokens are good for: longer than all of it
_AMENDED = 0.4  # of what an app does
_SEEN_AGAIN = 40  # of all that was ever said, beside what was just forgotten
_LONGEST = 0.4  # seconds from the beginning of the load to the backup, and from there to its end


@dataclass
class Tally:
    """What apps were told: the words under each name of a version, and what of it no restore has undone."""

    said: dict[tuple[str, str], str] = field(default_factory=dict)
    lasting: set[tuple[str, str]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, body: dict[str, Any]) -> None:
        """A version as somebody saw it; the same name with other words was given out twice."""
        words = json.dumps([body.get("item"), body["status"]])
        name = (body["id"], body["meta"]["versionId"])
        first = self.said.setdefault(name, words)
        self.lasting.add(name)
        self.counts["reused_ids"] += first != words


@dataclass
class Client:
    """A patient's own app, which remembers what it was told."""

    patient: str
    app: App
    tally: Tally
    chance: random.Random
    known: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def act(self, world: World) -> None:
        """Send something new, or change what was sent last."""
        if self.known and self.chance.random() < _AMENDED:
            self.amend(self.known.pop())
            return
        words = {"ai1.1": f"words {self.chance.getrandbits(40)}"}
        self._keep(self.app.post(_QR, response(world, name=self.patient, encounter=None, words=words)))

    def amend(self, known: tuple[dict[str, Any], str]) -> None:
        """Say something else under what is known; what was overtaken meanwhile is read anew, what is gone let be."""
        body, etag = known
        other = answered(body, f"amended {self.chance.getrandbits(40)}") | {"status": "amended"}
        answer = put(self.app, other, etag)
        if answer.status_code == 412:
            self.tally.counts["told_of_it"] += 1
            there = self.app.get(f"{_QR}/{body['id']}")
            if there.status_code == 200:
                self.tally.note(there.json())
                answer = put(self.app, other, there.headers["etag"])
        if answer.status_code < 300:
            self._keep(answer)

    def _keep(self, answer: Any) -> None:
        assert answer.status_code in (200, 201), answer.text
        self.tally.note(answer.json())
        self.known.append((answer.json(), answer.headers["etag"]))


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n restores; nothing stands twice, every gap of the log is named, no number of a version has two texts."""
    chance, tallies = random.Random(seed), [Tally(), Tally()]
    for tally, kind, times in zip(tallies, _DATABASES, (n - n // 2, n // 2), strict=True):
        with ExitStack() as ending:
            world = ending.enter_context(small_world(**ending.enter_context(_database(kind))))
            folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="restores-")))
            until = int(world.clock().timestamp()) + _GOOD_FOR
            clients = [
                Client(
                    name, app_of(world, name, scope=SCOPE, exp=until), tally, random.Random(chance.random())
                )
                for name in _PATIENTS
            ]
            for number in range(1, times + 1):
                _restore_once(world, clients, folder, chance, tally)
                report(f"{kind}: restore {number} of {times}: {dict(tally.counts)}")
            identifiers = Counter(one["masterIdentifier"]["value"] for one in every_document(world))
            tally.counts["documents"] += sum(identifiers.values())
            tally.counts["duplicates"] += sum(count - 1 for count in identifiers.values())
    return _figures(n, tallies)


@contextmanager
def _database(kind: str) -> Iterator[dict[str, str]]:
    """What the world is told of its database: nothing where it is the SQLite file beside it."""
    if kind == "sqlite":
        yield {}
        return
    with a_server() as server, new_database(server) as owners, migrated_for_a_plain_role(owners) as url:
        yield {"database_url": url}


def _figures(n: int, tallies: list[Tally]) -> Figures:
    counts = sum((one.counts for one in tallies), Counter[str]())
    return Figures(
        planned=n,
        injected=counts["forgot"],
        counted={
            "restores": counts["restores"],
            **{f"of_{kind}": one.counts["restores"] for kind, one in zip(_DATABASES, tallies, strict=True)},
            "documents": counts["documents"],
            "duplicates": counts["duplicates"],
            "gap_reported": counts["gap_reported"],
            "reused_ids": counts["reused_ids"],
            "versions_seen": sum(len(one.said) for one in tallies),
            "stale_writes_refused": counts["told_of_it"],
            "unknown_there": counts["unknown_there"],
            "untold": counts["untold"],
            "lost": counts["lost"],
        },
        bars={
            "duplicates": exactly(0),
            "gap_reported": exactly(n),
            "reused_ids": exactly(0),
            "stale_writes_refused": at_least(1),
            "unknown_there": at_least(1),
            "untold": exactly(0),
            "lost": exactly(0),
        },
    )


def _restore_once(
    world: World, clients: list[Client], folder: Path, chance: random.Random, tally: Tally
) -> None:
    with _load(world, clients):
        time.sleep(chance.uniform(0.02, _LONGEST))
        acknowledged = set(tally.lasting)
        backup = back_up(world, folder / "backup")
        older = [(client, list(client.known[:1])) for client in clients]
        time.sleep(chance.uniform(0.02, _LONGEST))
    for client, known in older:
        client.act(world)
        for one in known:
            client.amend(one)
    if tally.counts["restores"] % 2 == 0:
        world.deliver()  # every other time what was sent last is filed before it is forgotten
    signed = _signed(world)
    begun = put_back(world, backup)
    tally.counts["restores"] += 1
    tally.counts["forgot"] += signed.size > begun.records_kept
    gap = LogFault(What.CUT, begun.records_kept)
    told = verify_clinic(world.desk, CLINIC, signed).faults
    world.deliver()
    world.find(
        minutes=6
    )  # as the operator's page says: whom the backup does not know is found by their infusions
    _hold_against_the_ledger(world, tally)
    tally.counts["lost"] += len(acknowledged - _kept(world))
    forgotten, tally.lasting = tally.lasting - acknowledged, acknowledged
    for client in clients:
        for known in client.known[-3:]:
            client.amend(known)
        client.known = []
    world.deliver()
    tally.counts["gap_reported"] += told == (gap,) and _names_it_still(world, signed, begun.records_kept)
    others = chance.sample(sorted(tally.said), min(_SEEN_AGAIN, len(tally.said)))
    for name in {*forgotten, *others}:
        _seen_again(clients, *name)


def _load(world: World, clients: list[Client]) -> AbstractContextManager[None]:
    """While the block runs, every app acts and a worker delivers."""
    acts = [again_and_again(partial(one.act, world)) for one in clients]
    return meanwhile([*acts, again_and_again(lambda: deliver_next(world.desk, CLINIC, "worker"))])


def _names_it_still(world: World, signed: Checkpoint, kept: int) -> bool:
    """Whether the gap is named once the log has grown over it as well."""
    while len(told := verify_clinic(world.desk, CLINIC, signed).faults) == 1 and told[0].what is What.CUT:
        assert app_of(world, scope=SCOPE).get(f"{_QR}?_count=1").status_code == 200
    return told == (LogFault(What.NOT_AS_SIGNED, kept),)


def _signed(world: World) -> Checkpoint:
    note, key = sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)
    return verify_note(note, key)


def _hold_against_the_ledger(world: World, tally: Tally) -> None:
    """Each document there whose version nobody knows here is told by its id, and no other."""
    lines = list(reconcile(world.desk, CLINIC))
    ours = {one for line in lines if line.version is not None for one in line.found}
    there = {one["id"] for one in every_document(world)} - ours
    told = {one for line in lines if line.difference is Difference.UNKNOWN_HERE for one in line.found}
    tally.counts["unknown_there"] += len(there)
    tally.counts["untold"] += len(there ^ told)


def _kept(world: World) -> set[tuple[str, str]]:
    """Every version that stands here, by the names that apps know."""
    found = submitted_entries(world.desk.store, CLINIC, world.clock())
    return {(entry.id, str(one.version)) for entry in found for one in entry.versions}


def _seen_again(clients: list[Client], entry_id: str, version: str) -> None:
    for client in clients:
        answer = client.app.get(f"{_QR}/{entry_id}/_history/{version}")
        if answer.status_code == 200:
            client.tally.note(answer.json())
