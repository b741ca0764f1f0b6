"""The authorization matrix's requests: a probe, filled with somebody's things and sent as well as can be."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import httpx2

from tests.people import FHIR_JSON, FORM, Visitor
from tests.proofs.matrix_behind import ABSENT, ADA, BOB, Behind, Slot, set_offered, standing_ruling
from tests.proofs.matrix_people import Identity
from tests.proofs.matrix_probes import ANOTHERS, OWN, Probe
from tests.proofs.matrix_rows import FIXED, PAGES
from tests.web.systems import System
from tests.world import JOURNAL

_HOLDS = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Given:
    """A token that our own endpoint gave, and when."""

    token: str
    at: datetime


@dataclass
class Knocker:
    """Sends probes as good as whoever asks could make them: with the form's own secret, at the draft's own revision."""

    behind: Behind
    people: tuple[Identity, ...]
    given: dict[str, Given] = field(default_factory=dict)

    def filled(self, probe: Probe) -> Slot:
        """What the request is filled with: somebody's things as they stand now."""
        live: Slot = {}
        uses = probe.row.uses
        if "revision" in str(probe.row.form) or probe.row.body:
            live["revision"] = self.behind.revision(probe.slot)
        if probe.row.match == "response":
            live["version"] = self.behind.version(probe.slot)
        if "task_version" in uses:
            live["task_version"] = _version_in(self.behind.task_said(probe.slot, "task"))
        if probe.row.match == "task":
            live["task_said"] = self.behind.task_said(probe.slot, "open_task")
            live["version"] = _version_in(live["task_said"])
        if "ruling" in uses and probe.who.kind == "clinician" and probe.slot in (ADA, BOB):
            live["ruling"] = standing_ruling(self.behind, probe.slot, self._doctor_of(probe.slot))
        if "{set}" in str(probe.row.form):
            live["set"] = self._set_offered(probe)
        return self.plain(probe) | live

    def plain(self, probe: Probe) -> Slot:
        """The same as things stood in the beginning."""
        fresh = {"fresh": str(uuid4()), "me": probe.who.own_patient, "set": ""}
        numbers = {"version": "1", "task_version": "1", "revision": "2"}
        return self.behind.slots[probe.slot] | fresh | numbers

    def for_nobody(self, slot: Slot) -> Slot:
        """The same with the things of somebody who is not there."""
        same = ("fresh", "me", "version", "revision", "set", "task_version")
        return slot | self.behind.slots[ABSENT] | {name: slot[name] for name in same if name in slot}

    def send(self, probe: Probe, slot: Slot) -> httpx2.Response:
        """The answer to this request."""
        headers, content = self._said(probe, slot)
        url = JOURNAL + self.path(probe, slot)
        token = self._new_token(probe.who.system) if probe.who.system else probe.who.token
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return probe.who.browser.ask(probe.method, url, headers=headers, content=content)

    def _new_token(self, system: System) -> str:
        """Its token of our own making, asked for anew before it expires."""
        now = self.behind.world.clock()
        given = self.given.get(system.clinic)
        if given is None or now - given.at > _HOLDS:
            given = self.given[system.clinic] = Given(system.token(), now)
        return given.token

    def path(self, probe: Probe, slot: Slot) -> str:
        """The path and query that are asked for."""
        at = {"visit": self._handle(probe), "clinic": probe.where}
        named = {variable: slot[name] for variable, name in probe.row.names.items()}
        path = probe.route.path.format(**(slot | FIXED | at | named))
        if not probe.row.query or "_search" in path:
            return path
        return f"{path}?{probe.row.query.format(**slot)}"

    def _said(self, probe: Probe, slot: Slot) -> tuple[dict[str, str], bytes | None]:
        if probe.method not in ("POST", "PUT", "PATCH"):
            return {}, None
        csrf, row = self._csrf(probe), probe.row
        if row.body is not None:
            kind = {"Content-Type": "application/json"} if row.door in PAGES else FHIR_JSON
            match = {"If-Match": f'W/"{slot["version"]}"'} if row.match else {}
            return kind | match | {"X-CSRF": csrf}, json.dumps(row.body(self.behind.world, slot)).encode()
        if "_search" in probe.route.path:
            return dict(FORM), row.query.format(**slot).encode()
        filled = {name: text.format(**slot) for name, text in (row.form or {}).items()}
        return dict(FORM), urlencode({"csrf": csrf} | filled).encode()

    def _handle(self, probe: Probe) -> str:
        visitor = self._visit_of(probe)
        return visitor.visitor.handle if visitor and visitor.visitor else str(uuid4())

    def _csrf(self, probe: Probe) -> str:
        visitor = self._visit_of(probe)
        return visitor.visitor.csrf if visitor and visitor.visitor else ""

    def _visit_of(self, probe: Probe) -> Identity | None:
        if probe.where == OWN:
            return probe.who
        if probe.where != ANOTHERS:
            return None
        fits = [one for one in self.people if one.visitor and not one.over and one is not probe.who]
        return next((one for one in fits if one.kind == probe.row.door), None) or fits[0]

    def _set_offered(self, probe: Probe) -> str:
        """The set that their own page offers to write in at once."""
        own = probe.where == OWN and probe.who.kind == "patient" and not probe.who.over
        return set_offered(probe.who.visitor) if own and probe.who.visitor else ""

    def _doctor_of(self, slot: str) -> Visitor:
        return next(
            one.visitor for one in self.people if one.visitor and one.care_team and slot in one.reaches
        )


def _version_in(resource: str) -> str:
    return str(json.loads(resource)["meta"]["versionId"])
