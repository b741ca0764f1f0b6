"""An answer kept private is not in the resource, and nothing tells it from a prompt that was skipped.
[house rule; FHIR R4 questionnaireresponse, item]
"""

import json

from tests.conformance.sdc.asking import NAME, QR, by_link
from tests.conformance.sdc.written import written
from tests.people import staff_app
from tests.world import World

SECRET = "planted-private-words"


def test_it_looks_like_one_that_was_skipped(world: World) -> None:
    words = {"ai1.1": "for everybody", "ai1.2": SECRET}
    kept = written(world, words=words, private=("ai1.2",))
    read = staff_app(world, chart=NAME).get(f"{QR}/{kept['id']}").json()

    for one in (kept, read):
        private, skipped = by_link(one)["ai1.2"], by_link(one)["ai1.4"]
        assert set(private) == set(skipped) == {"linkId", "text"}
        assert SECRET not in json.dumps(one)
