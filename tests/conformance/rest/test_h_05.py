"""fhirVersion=4.0 is taken in either direction; any other version is 406 in Accept and 415 in Content-Type.
[FHIR R4 http, FHIR Version Parameter]
"""

import pytest

from tests.conformance.rest.asking import QR, Day, fresh, issue_codes, mine
from tests.world import World

NAMED = "application/fhir+json; fhirVersion={}"


def test_our_version_is_taken(world: World) -> None:
    named = NAMED.format("4.0")

    assert mine(world).post(QR, fresh(world), **{"Content-Type": named}).status_code == 201
    assert mine(world).get(QR, Accept=named).status_code == 200


@pytest.mark.parametrize("version", ["1.0", "3.0", "4.3", "5.0"])
def test_another_version_is_refused(day: Day, version: str) -> None:
    named = NAMED.format(version)
    asked = day.app.get(QR, Accept=named)
    sent = day.app.post(QR, {"resourceType": QR}, **{"Content-Type": named})

    assert (asked.status_code, issue_codes(asked)) == (406, ["not-supported"])
    assert (sent.status_code, issue_codes(sent)) == (415, ["not-supported"])
