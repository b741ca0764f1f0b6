"""The encounter is the infusion's, also for words written at home afterwards; what a response is part of or based on is
left out. [FHIR R4 questionnaireresponse, encounter, partOf, basedOn]
"""

from tests.conformance.sdc.written import written
from tests.world import World


def test_words_written_days_later_belong_to_their_infusion(world: World) -> None:
    world.clock.pass_time(days=3)

    kept = written(world, 6)

    assert kept["encounter"] == {"reference": "Encounter/six-done-6"}
    assert not {"partOf", "basedOn"} & set(kept)
