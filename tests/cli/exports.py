"""Encounters as an export holds them, made in a line each."""

import json
from pathlib import Path
from typing import Any

CODES = "http://maplegrove.example/encounter-types"

Json = dict[str, Any]


def visit(
    id_: str, start: str | None, patient: str = "p1", code: str = "ketamine-iv-infusion", **more: Any
) -> Json:
    """A finished visit that began then, without an end."""
    made: Json = {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "type": [{"coding": [{"system": CODES, "code": code}]}],
        "subject": {"reference": f"Patient/{patient}", "display": "A name that nobody prints"},
    }
    return made | ({"period": {"start": start}} if start else {}) | more


def at(day: int) -> str:
    """Noon at the clinic on a day of June."""
    return f"2026-06-{day:02}T12:00:00-07:00"


def ndjson(file: Path, *resources: Json | str) -> Path:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in resources]
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return file


def bundle(*resources: Json) -> Json:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "entry": [{"fullUrl": "https://ehr.example/fhir/x", "resource": one} for one in resources],
    }
