"""A required question that is put needs an answer before the response is complete, and white space is none.
[SDC 4.0 behavior, required]
"""

from tests.conformance.sdc.asking import QR, Value, answered, refused_but_not_as_draft
from tests.r4.answered import item
from tests.world import World

NEEDED = f"{QR}.item.where(linkId='needed')"


def without(link_id: str) -> Value:
    return answered(lambda v: v["item"].remove(item(v, link_id)))


def test_without_its_answer_it_is_refused_and_kept_as_a_draft(clinic: World) -> None:
    refused_but_not_as_draft(clinic, without("needed"), "required", NEEDED)


def test_white_space_is_no_answer(clinic: World) -> None:
    value = answered(lambda v: item(v, "needed").update(answer=[{"valueString": " \t\n"}]))

    refused_but_not_as_draft(clinic, value, "required", NEEDED)


def test_it_is_asked_for_at_every_depth(clinic: World) -> None:
    deep = f"{QR}.item.where(linkId='part').item.where(linkId='part.deep')"

    refused_but_not_as_draft(clinic, without("part"), "required", deep)
