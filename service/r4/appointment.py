"""Appointment: what kind of appointment a visit was booked as, where the clinic's rule asks for it (product rule 7)."""

from service.journal.match import Coding
from service.r4.elements import Json, codings, text


def types_of(value: Json) -> tuple[str, tuple[Coding, ...]]:
    """The appointment's id and the codings of its type; ValueError where this is no Appointment with an id."""
    if value.get("resourceType") != "Appointment" or not text(value, "id"):
        raise ValueError("not an Appointment")
    return value["id"], codings(value, "appointmentType")
