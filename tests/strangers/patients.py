"""Invented patients of whom each client has one to itself: six finished infusions, nothing written yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

INFUSIONS = 6
_TYPE = {"system": "http://maplegrove.example/encounter-types", "code": "ketamine-iv-infusion"}


@dataclass(frozen=True, slots=True)
class Stranger:
    """A patient by their FHIR id, such as patient-lforms-1."""

    id: str

    @property
    def name(self) -> str:
        """What stands on the button that signs them in."""
        return f"Stranger {self.id.removeprefix('patient-')}"

    def encounter(self, ordinal: int) -> str:
        """The id of their infusion with this ordinal."""
        return f"{self.id}-visit-{ordinal}"


def resources(patients: tuple[Stranger, ...], now: datetime) -> list[dict[str, Any]]:
    """Each of them with their six visits, the last one three days before `now`."""
    found = []
    for one in patients:
        found.append(_patient(one))
        found += [_visit(one, ordinal, now) for ordinal in range(1, INFUSIONS + 1)]
    return found


def _patient(patient: Stranger) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": patient.id,
        "active": True,
        "name": [{"use": "official", "text": patient.name}],
        "birthDate": "1980-01-01",
    }


def _visit(patient: Stranger, ordinal: int, now: datetime) -> dict[str, Any]:
    start = now - timedelta(days=3 * (INFUSIONS + 1 - ordinal))
    return {
        "resourceType": "Encounter",
        "id": patient.encounter(ordinal),
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"coding": [_TYPE]}],
        "subject": {"reference": f"Patient/{patient.id}"},
        "period": {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()},
    }
