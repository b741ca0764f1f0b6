"""Unless the record system says that it shows the patient around us, our pages say who the patient is: name, birth date
and number. [SMART App Launch 2.2, scopes, need_patient_banner; that silence means yes is ours]
"""

import re

import pytest

from tests.conformance.smart.launching import answered, token_answers
from tests.people import clinician
from tests.world import World


@pytest.mark.parametrize(
    ("said", "shows"), [(True, True), (..., True), (None, True), ("false", True), (0, True), (False, False)]
)
def test_only_a_plain_no_leaves_it_out(said: object, shows: bool) -> None:
    assert answered(need_patient_banner=said).need_patient_banner is shows


@pytest.mark.parametrize("shows", [True, False])
def test_the_page_shows_who_the_patient_is(world: World, shows: bool) -> None:
    world.net.meddler = token_answers(lambda said: said | {"need_patient_banner": shows})
    page = clinician(world).home.text
    [banner] = re.findall(r'<section class="(banner[^"]*)"[^>]*>(.*?)</section>', page, re.DOTALL)

    assert banner[0] == ("banner" if shows else "banner on-paper")  # on paper nobody else shows it
    assert re.search(r"<strong[^>]*>[^<]+</strong>.*Born .*Number ", banner[1], re.DOTALL)
