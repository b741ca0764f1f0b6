"""Each response names its questionnaire with its version, whether an app sent it or a page wrote it.
[SDC 4.0 sdc-questionnaireresponse, questionnaire; US Core 7.0]
"""

from tests.conformance.sdc.asking import SET, first_set, taken
from tests.conformance.sdc.written import written
from tests.world import World


def test_from_an_app_as_from_a_page(world: World) -> None:
    assert taken(world, first_set(world))["questionnaire"] == f"{SET}|1.0.0"
    assert written(world, 2)["questionnaire"] == f"{SET[:-1]}2|1.0.0"
