"""The habits of the record system that is imitated: what it asks of a document, forgets of it, and hides of it.

They stand apart from the doors, which are the same for every kind: each door asks here where kinds differ. Only
documents are treated differently; and which types can be created at all.
"""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from service.sandbox.imitations import NONE, Imitation
from service.sandbox.records import review
from service.sandbox.records.instants import micros
from service.sandbox.records.kinds import KINDS
from service.sandbox.records.parameters import Parameter, parameters_of
from service.sandbox.records.paths import at, local, reference_of
from service.sandbox.records.refusals import Refused, Resource
from service.sandbox.records.store import Records, Then, Written
from service.sandbox.records.structure import check

DOCUMENT = "DocumentReference"
_MINUTE = timedelta(minutes=1)
_NOBODY: frozenset[str] = frozenset()


class Habits:
    """One imitation over these records; without one nothing is different. Safe to share between threads."""

    def __init__(self, records: Records, imitation: Imitation = NONE) -> None:
        self._records = records
        self._is = imitation
        self._written: deque[datetime] = deque()
        self._turn = threading.Lock()

    def put_creates(self, type_: str) -> bool:
        """Whether an update makes a document or a response that is not there."""
        return self._is.put_creates and type_ in (DOCUMENT, "QuestionnaireResponse")

    def interactions(self, type_: str) -> tuple[str, ...]:
        """The interactions that the type really has here."""
        usual = KINDS[type_].interactions
        if type_ in self._is.not_created:
            return tuple(one for one in usual if one not in ("create", "update"))
        if type_ == DOCUMENT and not self._is.updates:
            return tuple(one for one in usual if one != "update")
        return usual

    def declared(self, type_: str) -> tuple[tuple[str, ...], bool, dict[str, Parameter]]:
        """What the CapabilityStatement says: interactions, whether creates are conditional, search parameters."""
        offered, parameters = self.interactions(type_), parameters_of(type_)
        conditional = "create" in offered and "search-type" in offered
        if type_ != DOCUMENT or self._is.boasts:
            return offered, conditional, parameters
        if self._is.identifier_search != "found":
            parameters = {name: one for name, one in parameters.items() if name != "identifier"}
        return offered, conditional and self._is.conditional, parameters

    def check_pace(self, type_: str) -> None:
        """Refuse with 429 what is more than the writes of a minute (RFC 6585 section 4)."""
        most = self._is.writes_per_minute
        if type_ != DOCUMENT or most is None:
            return
        with self._turn:
            now = self._records.clock()
            while self._written and self._written[0] <= now - _MINUTE:
                self._written.popleft()
            if len(self._written) >= most:
                wait = int((self._written[0] + _MINUTE - now).total_seconds()) + 1
                raise Refused(429, "throttled", "Too many writes.", headers={"Retry-After": str(wait)})
            self._written.append(now)

    def taken(self, resource: Resource) -> Resource:
        """The document as it is kept, or its refusal."""
        if resource["resourceType"] != DOCUMENT:
            return resource
        check(resource)
        for path in self._is.needs:
            if not list(at(resource, path)):
                raise self._no("required", f"{path} is required here.", path)
        for name in sorted(self._is.refused & resource.keys()):
            raise self._no("not-supported", f"{name} is not taken here.", name)
        self._check_author(resource)
        self._check_doc_status(resource)
        self._check_type(resource)
        self._check_content(resource)
        return {name: value for name, value in resource.items() if name not in self._is.forgotten}

    def create(self, resource: Resource, if_none_exist: str | None, compartment: str | None) -> Written:
        """Keep a new resource as this record system does, or give the one that its condition names."""
        if resource["resourceType"] != DOCUMENT:
            return self._records.create(resource, if_none_exist, compartment)
        condition = if_none_exist if self._is.conditional else None
        unseen = self._unmatched()
        if condition is not None and self._is.race_seconds:
            match = self._records.only_match(DOCUMENT, condition, compartment, unseen)
            if match is not None:
                return Written(match, created=False)
            # Here others may come in between: question and write are two transactions.
            time.sleep(self._is.race_seconds)
            condition = None
        then: Then | None = review.hold if self._is.held else None
        return self._records.create(resource, condition, compartment, then, unseen)

    def asked(self, type_: str, params: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The search as this record system understands it."""
        if type_ != DOCUMENT or self._is.identifier_search == "found":
            return params
        known = [one for one in params if one[0].partition(":")[0] != "identifier"]
        if self._is.identifier_search == "refused" and known != params:
            raise Refused(400, "not-supported", f"{DOCUMENT} has no such search parameter here.")
        return known

    def unfound(self, type_: str) -> frozenset[str]:
        """The ids that searches do not find: held ones, and those that are too new."""
        if type_ != DOCUMENT:
            return _NOBODY
        return self._hidden() | self._too_new()

    def is_hidden(self, type_: str, id_: str) -> bool:
        """Whether it is not to be read at its own address either, since no reviewer has let it in."""
        return type_ == DOCUMENT and id_ in self._hidden()

    def check_update(self, type_: str, if_match: str | None) -> None:
        """Refuse an update that names no version, where that is asked for (RFC 6585 section 3)."""
        if type_ == DOCUMENT and self._is.needs_if_match and if_match is None:
            raise Refused(428, "required", "If-Match is required here.")

    def status_of(self, written: Written) -> int:
        """The status of a create's answer; 202 as long as a reviewer has to let it in (U-01)."""
        resource = written.resource
        if resource["resourceType"] == DOCUMENT and resource["id"] in review.held(self._records, DOCUMENT):
            return 202
        return 201 if written.created else 200

    def on_stale(self, type_: str, refused: Refused) -> Refused:
        """The refusal of an update, in this record system's code for a version that is over."""
        if type_ == DOCUMENT and refused.status == 412:
            return Refused(self._is.stale, refused.code, refused.diagnostics)
        return refused

    def tells_versions(self, type_: str) -> bool:
        """Whether a write's answer names the version that it made."""
        return type_ != DOCUMENT or self._is.entity_tags

    def tells_body(self, type_: str, prefer: str) -> bool:
        """Whether a write's answer may have a body, given the request's header Prefer."""
        if type_ != DOCUMENT or self._is.tells == "always":
            return True
        return self._is.tells == "if asked" and "return=" in prefer.replace(" ", "")

    def _hidden(self) -> frozenset[str]:
        hidden = review.turned_away if self._is.held_found else review.held
        return hidden(self._records, DOCUMENT)

    def _too_new(self) -> frozenset[str]:
        if not self._is.lag_seconds:
            return _NOBODY
        since = micros(self._records.clock() - timedelta(seconds=self._is.lag_seconds))
        with self._records.reading() as sql:
            found = sql.execute(
                "SELECT id FROM ledger WHERE type = ? AND version = 1 AND instant > ?", (DOCUMENT, since)
            )
            return frozenset(id_ for (id_,) in found)

    def _unmatched(self) -> frozenset[str]:
        hidden = review.turned_away if self._is.held_matched else review.held
        return hidden(self._records, DOCUMENT)

    def _check_author(self, resource: Resource) -> None:
        for author in at(resource, "author"):
            named = local(reference_of(author))
            if self._is.authors and (named is None or named[0] not in self._is.authors):
                raise self._no("value", f"author refers to: {' '.join(self._is.authors)}.", "author")

    def _check_doc_status(self, resource: Resource) -> None:
        status = resource.get("docStatus")
        if self._is.doc_statuses and status is not None and status not in self._is.doc_statuses:
            raise self._no("value", "docStatus has no such value here.", "docStatus")

    def _check_type(self, resource: Resource) -> None:
        codes = {one for one in at(resource, "type.coding.code") if isinstance(one, str)}
        if self._is.types and not codes & set(self._is.types):
            raise self._no("code-invalid", "Notes of this type are not taken here.", "type")

    def _check_content(self, resource: Resource) -> None:
        for attachment in at(resource, "content.attachment"):
            if self._is.media_types and _bare(attachment["contentType"]) not in self._is.media_types:
                taken = ", ".join(self._is.media_types)
                raise self._no(
                    "not-supported", f"Allowed values are {taken}.", "content.attachment.contentType"
                )
            if self._is.most_bytes is not None and _size(attachment) > self._is.most_bytes:
                raise Refused(413, "too-long", "The content is larger than this record system takes.")

    def _no(self, code: str, diagnostics: str, path: str) -> Refused:
        return Refused(self._is.refuses_with, code, diagnostics, f"{DOCUMENT}.{path}")


def _bare(media_type: Any) -> str:
    return str(media_type).partition(";")[0].strip().lower()


def _size(attachment: Resource) -> int:
    return len(base64.b64decode(attachment.get("data", "")))
