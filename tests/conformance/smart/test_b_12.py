"""The words of version 1 are understood as the letters they mean, and a scope asked for in them is granted in them.
[SMART App Launch 2.2, scopes, Scopes for requesting FHIR Resources]
"""

import pytest

from service.smart.scopes import parse
from tests.conformance.smart.asking import configuration
from tests.conformance.smart.granting import granted
from tests.sandbox.conftest import Clinic
from tests.web.systems import System
from tests.world import World


@pytest.mark.parametrize(("word", "letters"), [("read", "rs"), ("write", "cud"), ("*", "cruds")])
def test_each_word_means_its_letters(word: str, letters: str) -> None:
    assert parse(f"user/Encounter.{word}").scopes == parse(f"user/Encounter.{letters}").scopes


def test_we_say_so(house: World) -> None:
    assert "permission-v1" in configuration(house)["capabilities"]


def test_what_is_asked_for_in_words_is_granted_in_words(clinic: Clinic, siem: System) -> None:
    assert granted(clinic, "launch/patient patient/Encounter.read")[1]["scope"].endswith("Encounter.read")
    assert siem.ask_token(scope="system/AuditEvent.read").json()["scope"] == "system/AuditEvent.read"
