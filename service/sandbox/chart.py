"""What stands in one patient's chart: visits, filed documents, messages, and the file behind a document."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.sandbox.records.instants import span_of_text
from service.sandbox.records.refusals import Refused
from service.sandbox.records.store import Records

EVERYTHING = "200"


@dataclass(frozen=True, slots=True)
class Visit:
    """One encounter as a line of the chart."""

    id: str
    title: str
    when: str
    status: str


@dataclass(frozen=True, slots=True)
class Filed:
    """One document of the chart: its id, what it is, when it came, which visit (a bare id), and its standing."""

    id: str
    title: str
    when: str
    visit: str | None
    status: str
    replaces: bool


@dataclass(frozen=True, slots=True)
class Message:
    """Something a patient or an app asked of the care team."""

    kind: str
    text: str
    when: str
    status: str


@dataclass(frozen=True, slots=True)
class File:
    """The content of a document, and the media type it says it has."""

    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Charts:
    """Reads charts; every question names the patient, so that no chart shows a line of another."""

    records: Records

    def visits(self, patient: str) -> list[Visit]:
        """The encounters of a patient, newest first."""
        return [_visit(one) for one in self._of(patient, "Encounter", "-date")]

    def visit(self, patient: str, encounter: str) -> Visit | None:
        """That encounter, if it is this patient's."""
        return next((visit for visit in self.visits(patient) if visit.id == encounter), None)

    def documents(self, patient: str) -> list[Filed]:
        """The documents of a patient, newest first by their own date; of one date what stands before what is replaced.

        Not by their last change: to supersede a document changes it, and would put it above the one that replaces it.
        """
        found = sorted(self._of(patient, "DocumentReference", "-date"), key=_standing, reverse=True)
        return [_filed(one) for one in found]

    def messages(self, patient: str) -> list[Message]:
        """The messages and tasks about a patient, newest first."""
        found = self._of(patient, "Communication", "-_lastUpdated") + self._of(
            patient, "Task", "-_lastUpdated"
        )
        return [_message(one) for one in found]

    def file(self, patient: str, document: str) -> File | None:
        """The file behind one document of this patient; None when there is no such document or no file."""
        try:
            resource = self.records.read("DocumentReference", document)
            if patient not in self.records.patients_of(resource):
                return None
            return self._content(resource["content"][0]["attachment"])
        except (Refused, KeyError, IndexError, binascii.Error):
            return None

    def _content(self, attachment: dict[str, Any]) -> File | None:
        if "data" in attachment:
            return File(base64.b64decode(attachment["data"]), attachment.get("contentType", ""))
        kind, _, binary_id = str(attachment.get("url", "")).removesuffix("/").rpartition("/")
        if not kind.endswith("Binary"):
            return None
        binary = self.records.read("Binary", binary_id)
        return File(base64.b64decode(binary["data"]), binary["contentType"])

    def _of(self, patient: str, type_: str, order: str) -> list[dict[str, Any]]:
        return self.records.search(
            type_, [("_count", EVERYTHING), ("_sort", order)], compartment=patient
        ).resources


def moment(text: str | None) -> str:
    """A FHIR instant as people write it, in the offset it came with: `Tue 3 March 2026, 14:05`."""
    if not text:
        return "no time given"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{found:%a} {found.day} {found:%B %Y}" + (f", {found:%H:%M}" if "T" in text else "")


def _standing(document: dict[str, Any]) -> tuple[int, bool, str]:
    changed = document["meta"]["lastUpdated"]
    return span_of_text(document.get("date", changed))[0], document["status"] == "current", changed


def _visit(encounter: dict[str, Any]) -> Visit:
    period = encounter.get("period", {})
    concept = (encounter.get("type") or [encounter.get("serviceType", {})])[0]
    return Visit(
        encounter["id"], _words(concept) or "Visit", moment(period.get("start")), encounter["status"]
    )


def _filed(document: dict[str, Any]) -> Filed:
    visits = document.get("context", {}).get("encounter", [])
    attachment = (document.get("content") or [{}])[0].get("attachment", {})
    return Filed(
        id=document["id"],
        title=attachment.get("title")
        or document.get("description")
        or _words(document.get("type", {}))
        or "Document",
        when=moment(document.get("date") or document["meta"]["lastUpdated"]),
        visit=visits[0].get("reference", "").rpartition("/")[2] if visits else None,
        status=document["status"],
        replaces=any(one.get("code") == "replaces" for one in document.get("relatesTo", [])),
    )


def _message(resource: dict[str, Any]) -> Message:
    payload = (resource.get("payload") or [{}])[0].get("contentString")
    return Message(
        kind="Message" if resource["resourceType"] == "Communication" else "Task",
        text=payload or resource.get("description") or _words(resource.get("code", {})) or "No text",
        when=moment(resource.get("sent") or resource.get("authoredOn") or resource["meta"]["lastUpdated"]),
        status=resource["status"],
    )


def _words(concept: dict[str, Any]) -> str:
    coding = next((c["display"] for c in concept.get("coding", []) if "display" in c), "")
    return str(concept.get("text") or coding)
