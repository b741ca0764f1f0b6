"""Responses are found by patient, subject, encounter, questionnaire, status, authored, author, source, identifier, _id
and _lastUpdated, each as R4 defines it. [FHIR R4 QuestionnaireResponse, Search Parameters; search, all resources]
"""

import pytest

from tests.conformance.rest.alike import Told, by, finds_alike, finds_in_time, identified
from tests.conformance.rest.asking import QR, Day

EQUAL: dict[str, Told] = {
    "_id": by("id"),
    "patient": by("subject.reference"),
    "subject": by("subject.reference"),
    "encounter": by("encounter.reference"),
    "questionnaire": by("questionnaire"),
    "status": by("status"),
    "author": by("author.reference"),
    "source": by("source.reference"),
    "identifier": identified("identifier"),
}
IN_TIME = {"authored": "authored", "_lastUpdated": "meta.lastUpdated"}


@pytest.mark.parametrize("parameter", EQUAL)
def test_it_finds_those_that_say_so(day: Day, parameter: str) -> None:
    finds_alike(day.app, QR, parameter, EQUAL[parameter])


@pytest.mark.parametrize("parameter", IN_TIME)
def test_it_finds_those_of_that_time(day: Day, parameter: str) -> None:
    finds_in_time(day.app, QR, parameter, by(IN_TIME[parameter]))
