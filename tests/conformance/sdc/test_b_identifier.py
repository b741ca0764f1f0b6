"""Each response has an identifier, a UUID as a URN, which stays through every version of it.
[SDC 4.0 sdc-questionnaireresponse, identifier; house rule]
"""

import re
from uuid import uuid4

from tests.conformance.sdc.asking import first_set, put, taken
from tests.factories import keyed
from tests.world import World

URN = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def test_one_that_came_without_gets_its_own_and_keeps_it(world: World) -> None:
    kept = taken(world, first_set(world))
    amended = put(world, kept | {"status": "amended", "item": [_said("other words")]}).json()

    assert kept["identifier"]["system"] == "urn:ietf:rfc:3986"
    assert re.fullmatch(URN, kept["identifier"]["value"])
    assert amended["identifier"] == kept["identifier"]


def test_one_that_came_with_its_own_keeps_it(world: World) -> None:
    own = keyed(str(uuid4()))
    assert taken(world, first_set(world, identifier=own))["identifier"] == own


def _said(words: str) -> dict[str, object]:
    return {"linkId": "ai1.1", "answer": [{"valueString": words}]}
