"""Forms are found by date, identifier, title, time of effect and type of subject, too.
[SDC 4.0 CapabilityStatement sdc-form-fill-manager]
"""

import pytest

from tests.conformance.sdc.searching import found
from tests.people import App
from tests.world import World

FINDING = {
    "date": ("2026-11-22", "2025", True),
    "title": ("After Infusion 1", "Before", True),
    "subject-type": ("Patient", "Group", True),
    # No form of ours has either, and so nothing is found; the question is understood all the same.
    "identifier": ("https://x.example|1", "2", False),
    "effective": ("ge2026", "lt2026", False),
}


@pytest.mark.parametrize("name", FINDING)
def test_each_parameter_is_understood(house: World, name: str) -> None:
    right, wrong, there = FINDING[name]

    assert ("after-infusion-1" in found(App(house), "Questionnaire", **{name: right})) == there
    assert found(App(house), "Questionnaire", **{name: wrong}) == []
