"""What a resource of ours refers to on this base is read with the same token. [US Core 7, reference resolution]"""

import re
from collections.abc import Iterator

import pytest

from tests.conformance.rest.asking import BINARY_JSON, CLINICAL, Day, found_in

OURS = re.compile(rf"(?:{'|'.join((*CLINICAL, 'Binary'))})/[A-Za-z0-9\-.]+(?:/_history/\d+)?")


def named(value: object, base: str) -> Iterator[str]:
    """Every place under our base that is named in here, as a reference or an address."""
    if isinstance(value, str) and OURS.fullmatch(value.removeprefix(f"{base}/")):
        yield value.removeprefix(f"{base}/")
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from named(one, base)


@pytest.mark.parametrize("kind", [*CLINICAL, "Binary"])
def test_what_is_named_is_there(day: Day, kind: str) -> None:
    told = [day.app.get(day.place(kind), **BINARY_JSON).json()]
    found = told if kind == "Binary" else [*told, *found_in(day.app.get(kind))]
    places = {place for one in found for place in named(one, day.world.base)}

    assert places or kind == "Encounter"
    assert {place: day.app.get(place).status_code for place in places} == dict.fromkeys(places, 200)
