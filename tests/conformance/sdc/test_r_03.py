"""A device as author says that answers were filled in by a machine; nothing is, so none is taken as one.
[FHIR R4 questionnaireresponse, author]
"""

from tests.conformance.sdc.asking import QR, first_set, refused
from tests.world import World


def test_no_machine_is_an_author(house: World) -> None:
    refused(house, first_set(house, author={"reference": "Device/pen"}), "forbidden", f"{QR}.author")
