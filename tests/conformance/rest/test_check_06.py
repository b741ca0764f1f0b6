"""Each resource that a search returns does answer what was asked. [FHIR R4 search; checked from the client's side]"""

import pytest

from tests.conformance.rest.asking import NAME, Day, found_in
from tests.web.searching import RESPONSES, TASKS, Asked, Kind, written

KINDS: dict[str, Kind] = {"QuestionnaireResponse": RESPONSES, "Task": TASKS}
ASKED = [
    Asked("status", "", ("completed",)),
    Asked("status", "not", ("completed",)),
    Asked("status", "", ("completed", "in-progress", "requested")),
    Asked("_lastUpdated", "", ("ge2026-11-20",)),
    Asked("_lastUpdated", "", ("lt2026-11-20T20:02:00Z",)),
    Asked("_lastUpdated", "", ("ap2026-11-20T20:01Z", "ne2026-11-20")),
    Asked("patient", "", (NAME,)),
    Asked("encounter", "", ("Encounter/six-done-1", "six-done-2")),
    Asked("encounter", "missing", ("false",)),
    Asked("subject", "Patient", (NAME,)),
]


def fits(kind: str, one: Asked) -> bool:
    """Each type takes its own codes alone."""
    others = {"QuestionnaireResponse": "requested", "Task": "-"}[kind]
    return others not in one.values


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_found_is_what_meets_it(day: Day, kind: str) -> None:
    there = found_in(day.app.get(kind))
    for first in ASKED:
        for second in ASKED:
            if fits(kind, first) and fits(kind, second):
                found = found_in(day.app.get(f"{kind}?{written([first.pair, second.pair])}"))
                met = [one for one in there if all(KINDS[kind].meets(one, each) for each in (first, second))]
                assert found == met, (first, second)
