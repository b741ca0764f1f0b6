"""Who there is at Maple Grove Clinic: the people who can sign in, read from the records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from service.sandbox.records.refusals import Refused
from service.sandbox.records.store import Records

Standing = Literal["patient", "staff", "relative"]
STANDINGS: dict[str, Standing] = {"Patient": "patient", "Practitioner": "staff", "RelatedPerson": "relative"}
MOST_PEOPLE = "200"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the clinic: a relative reference, a name, and a line that tells them from a namesake.

    `patient` is the bare id of the chart that is theirs: their own, or the one of the patient they care for.
    """

    reference: str
    name: str
    note: str
    standing: Standing
    patient: str | None = None

    @property
    def id(self) -> str:
        """The bare id."""
        return self.reference.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Directory:
    """Looks people up in the records."""

    records: Records

    def patients(self) -> list[Person]:
        """Every patient whose record is in use, by name."""
        return [person for person in self._all("Patient") if person.note]

    def staff(self) -> list[Person]:
        """Everyone who works here."""
        return self._all("Practitioner")

    def relatives(self) -> list[Person]:
        """Those who may open the portal for a patient."""
        return self._all("RelatedPerson")

    def person(self, reference: str | None) -> Person | None:
        """Who that relative reference names; None for anything else."""
        type_, _, id_ = (reference or "").partition("/")
        if type_ not in STANDINGS:
            return None
        try:
            return _person(self.records.read(type_, id_))
        except Refused:
            return None

    def patient(self, patient_id: str | None) -> Person | None:
        """The patient of that bare id, or None."""
        return self.person(f"Patient/{patient_id}") if patient_id else None

    def _all(self, type_: str) -> list[Person]:
        found = self.records.search(type_, [("_count", MOST_PEOPLE)]).resources
        return sorted((_person(one) for one in found), key=lambda person: person.name)


def _person(resource: dict[str, Any]) -> Person:
    standing = STANDINGS[resource["resourceType"]]
    return Person(
        reference=f"{resource['resourceType']}/{resource['id']}",
        name=_name(resource),
        note=_note(resource, standing),
        standing=standing,
        patient=_chart_of(resource, standing),
    )


def _name(resource: dict[str, Any]) -> str:
    names = resource.get("name") or [{}]
    first = names[0]
    spelled = first.get("text") or " ".join(
        [*first.get("prefix", []), *first.get("given", []), first.get("family", "")]
    )
    return str(spelled).strip() or str(resource["id"])


def _note(resource: dict[str, Any], standing: Standing) -> str:
    if standing == "patient":
        return "" if _replaced(resource) else _born(resource)
    codes = resource.get("qualification" if standing == "staff" else "relationship", [])
    concept = codes[0].get("code", codes[0]) if codes else {}
    return str(
        concept.get("text") or next((c["display"] for c in concept.get("coding", []) if "display" in c), "")
    )


def _born(resource: dict[str, Any]) -> str:
    number = next((i["value"] for i in resource.get("identifier", []) if "value" in i), resource["id"])
    born = resource.get("birthDate")
    return f"born {day(born)}, record {number}" if born else f"record {number}"


def _replaced(resource: dict[str, Any]) -> bool:
    return resource.get("active") is False or any(
        link["type"] == "replaced-by" for link in resource.get("link", [])
    )


def _chart_of(resource: dict[str, Any], standing: Standing) -> str | None:
    if standing == "patient":
        return str(resource["id"])
    reference = resource.get("patient", {}).get("reference", "")
    return str(reference).rpartition("/")[2] or None


def day(text: str) -> str:
    """A FHIR date as people write it: `4 March 1984`; a date without a day is left as it is."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return text
    return f"{found.day} {found:%B %Y}"
