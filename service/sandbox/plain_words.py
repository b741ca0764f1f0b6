"""What a scope means, in words for the person who is asked to agree to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from service.sandbox.directory import Standing
from service.sandbox.scopes import LETTERS, ResourceScope, parse

THINGS = {
    "*": "everything in the record",
    "Patient": "name, birth date and contact details",
    "Practitioner": "names of the clinic's staff",
    "RelatedPerson": "family and carers on file",
    "Encounter": "visits",
    "EpisodeOfCare": "courses of treatment",
    "Appointment": "appointments",
    "Questionnaire": "questionnaires the clinic offers",
    "QuestionnaireResponse": "answers to questionnaires",
    "DocumentReference": "documents",
    "Binary": "the files of documents",
    "Task": "tasks for the care team",
    "Communication": "messages to the care team",
    "Provenance": "notes on who wrote what",
    "AuditEvent": "the list of who opened the record",
}
DEEDS = {"c": "add", "r": "read", "u": "change", "d": "delete", "s": "search"}
FIXED = {
    "openid": "know who is signed in: the name and details on file",
    "fhirUser": "know who is signed in: the name and details on file",
    "profile": "know who is signed in: the name and details on file",
    "launch": "know which chart is open",
    "launch/patient": "know which patient this is about",
    "launch/encounter": "know which visit this is about",
    "online_access": "stay connected while you are signed in here",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One scope that the person may leave out."""

    scope: str
    words: str


def choices(scopes: tuple[str, ...], standing: Standing) -> list[Choice]:
    """The scopes that can be left out: everything about resources, and access while the person is away."""
    return [
        Choice(scope, words)
        for scope in scopes
        if scope not in FIXED and (words := in_words(scope, standing)) != ""
    ]


def given(scopes: tuple[str, ...]) -> list[str]:
    """What an app learns by being opened at all, each said once."""
    return list(dict.fromkeys(FIXED[scope] for scope in scopes if scope in FIXED))


def in_words(scope: str, standing: Standing) -> str:
    """One scope as a plain phrase, such as "Read and search your visits"; "" for one without a meaning here."""
    if scope == "offline_access":
        return "Stay connected after you have signed out, for up to 90 days"
    found = parse(scope)
    return "" if found is None else f"{_deeds(found)} {_whose(found, standing)}".strip()


def _deeds(scope: ResourceScope) -> str:
    words = [DEEDS[letter] for letter in LETTERS if letter in scope.letters]
    joined = " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    return joined.capitalize()


def _whose(scope: ResourceScope, standing: Standing) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", scope.resource_type).lower()
    thing = THINGS.get(scope.resource_type, f"{spaced} entries")
    if scope.resource_type in ("Questionnaire", "Practitioner"):
        return f"the {thing}"
    if scope.level == "user":
        return f"{thing}, for every patient you may see"
    return f"{thing}, yours only" if standing == "patient" else f"{thing}, this patient's only"
