"""Forms are read and found by url, version and status. [SDC 4.0 CapabilityStatement sdc-form-fill-manager]"""

import pytest

from tests.conformance.sdc.asking import SET
from tests.conformance.sdc.published import questionnaire
from tests.conformance.sdc.searching import found
from tests.people import App
from tests.world import World

FORMS = "Questionnaire"
FINDING = {
    "url": (SET, "https://x.example/Questionnaire/none"),
    "version": ("1.0.0", "9.9.9"),
    "status": ("active", "retired"),
}


def test_one_is_read(house: World) -> None:
    assert App(house).get("Questionnaire/after-infusion-1").json() == questionnaire()


@pytest.mark.parametrize("name", FINDING)
def test_each_parameter_finds_what_it_names_alone(house: World, name: str) -> None:
    right, wrong = FINDING[name]

    assert "after-infusion-1" in found(App(house), FORMS, **{name: right})
    assert found(App(house), FORMS, **{name: wrong}) == []
