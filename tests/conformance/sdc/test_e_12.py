"""Whether a form is a trial is asked by a parameter of SDC's own, which forms are found by here as well.
[SDC 4.0 CapabilityStatement sdc-form-fill-manager, experimental]
"""

from tests.conformance.sdc.searching import found
from tests.people import App
from tests.world import World


def test_trials_are_told_from_what_is_meant(house: World) -> None:
    assert "after-infusion-1" in found(App(house), "Questionnaire", experimental="false")
    assert found(App(house), "Questionnaire", experimental="true") == []
