"""The table `[clinic.<name>.filing]`: what a record system takes, and how summaries reach it.

It stands below the clinics file because a capability profile is written in the same keys (service/ehr/profiles): what
a profile says can be said otherwise by the clinic, key by key.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

RungLetter = Literal["A", "B", "C", "D"]
Form = Literal["pdf", "text", "xhtml", "rtf"]
MEBIBYTE = 1024 * 1024
# What a clinic stands on whose file names no rung: nothing is counted on, and what is unknown waits for a person.
UNDECIDED: RungLetter = "D"
# The largest document that fits, in base64, into what this service sends at once.
_MOST = 12 * MEBIBYTE


class FilingTable(BaseModel):
    """How summaries are filed, and what the rung of fault-matrix section 2 rests on; docs/clinics.md has each key.

    The defaults are those of a server that does what US Core 9 "Writing Clinical Notes" asks of one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rung: RungLetter = "B"
    conditional_create: bool = True
    searches_identifier: bool = True
    keeps_identifier: bool = True
    sees_held: bool = True
    quiet_window_minutes: int = Field(default=15, ge=2, le=1440)
    type_system: str = "http://loinc.org"
    type_code: str = "74465-6"
    type_display: str = "Questionnaire response Document"
    renditions: Annotated[tuple[Form, ...], Field(min_length=1)] = ("pdf",)
    most_bytes: int = Field(default=5 * MEBIBYTE, ge=64 * 1024, le=_MOST)
    needs_encounter: bool = False
    needs_period: bool = False
    patient_author: bool = True
    patient_asserted: bool = True
    doc_status: Literal["preliminary", "final", "amended"] | None = None
    replaces: bool = True
    updates: bool = True
    response: bool = False
    tasks: bool = False
    course_summaries: bool = False
    held_days: int = Field(default=14, ge=1, le=365)


def contradiction(table: FilingTable) -> str | None:
    """Why these keys cannot stand together, in a sentence; None where they can."""
    if table.rung == "B" and not table.conditional_create:
        return 'rung = "B" rests on conditional_create = true'
    if table.rung == "C" and not (table.searches_identifier and table.keeps_identifier):
        return 'rung = "C" rests on searches_identifier = true and keeps_identifier = true'
    if table.rung == "C" and not table.sees_held:
        return 'rung = "C" rests on sees_held = true: what is held there and not found would be sent twice'
    if len(set(table.renditions)) != len(table.renditions):
        return "renditions names a form twice"
    return None
