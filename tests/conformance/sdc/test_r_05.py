"""A response says in which language its words were asked and written. [FHIR R4 questionnaireresponse, notes]"""

from tests.conformance.sdc.asking import first_set, taken
from tests.conformance.sdc.written import written
from tests.world import World


def test_the_language_is_said_and_kept(world: World) -> None:
    assert taken(world, first_set(world, language="es"))["language"] == "es"
    assert written(world, 2)["language"] == "en"
