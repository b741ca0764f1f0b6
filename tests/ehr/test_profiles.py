"""Capability profiles: each can be used, says why, and gives way to what the clinic's own file says."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from service.cli.demo_clinic import PROFILES, clinics_file
from service.clinic import ClinicsUnreadable, FilingRules, read_clinics
from service.ehr.profile import (
    EMBEDDED,
    ProfileUnusable,
    is_decided,
    profile_named,
    profile_names,
    read_profile,
    rung_expected,
    settled,
)
from service.filing_table import FilingTable
from service.sandbox.imitations import IMITATIONS
from service.wiring import filing_table
from tests.rules.sources import ROOT

ONE = """
title = "One"
about = "A record system."
[filing]
rung = "C"
[[facts]]
about = "searches"
says = "They find our identifier."
grade = "S"
source = "somebody's report"
decides = ["rung", "searches_identifier"]
"""


def settled_with(profile: str, **own: Any) -> FilingTable:
    return settled(profile_named(profile), FilingRules(profile=profile, **own))


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_that_comes_with_the_service_can_be_used(name: str) -> None:
    profile = profile_named(name)
    assert profile.facts
    assert settled(profile, FilingRules(rung=profile.filing.rung)) == profile.filing


def test_the_seven_profiles_are_there() -> None:
    assert set(profile_names()) == {
        "athenapractice-like",
        "embedded",
        "epic-like",
        "hapi",
        "medplum",
        "oracle-health-like",
        "us-core-9",
    }


@pytest.mark.parametrize("name", profile_names())
def test_whatever_a_profile_says_differently_has_a_fact_that_decides_it(name: str) -> None:
    """Nothing is set on a hunch: each key that is not as usual names where it comes from."""
    profile = profile_named(name)
    decided = {key for fact in profile.facts for key in fact.decides}
    differing = {
        key for key, value in profile.filing.model_dump().items() if value != getattr(FilingTable(), key)
    }
    assert differing <= decided


@pytest.mark.parametrize("name", profile_names())
def test_where_nobody_knows_no_rung_above_d_rests_on_it(name: str) -> None:
    """A rung that something unknown decides is D, or A, which stands without what is not known."""
    profile = profile_named(name)
    unknown = {key for fact in profile.facts if fact.grade == "?" for key in fact.decides}
    if "keeps_identifier" in unknown or "conditional_create" in unknown:
        assert profile.filing.rung in ("A", "D")


def test_without_a_profile_filing_is_as_it_always_was() -> None:
    assert settled(profile_named(EMBEDDED), FilingRules(rung="B")) == FilingTable()


@pytest.mark.parametrize("name", profile_names())
def test_until_the_clinic_has_written_its_rung_nothing_is_counted_on(name: str) -> None:
    """Fault matrix, section 2, rule 4: what a profile expects is no proof, and no decision of the clinic's."""
    profile = profile_named(name)
    undecided = FilingRules(profile=name, test_patient="Patient/1")
    assert (settled(profile, undecided).rung, is_decided(undecided)) == ("D", False)
    assert rung_expected(profile, undecided) == profile.filing.rung
    decided = FilingRules(profile=name, rung="D")
    assert (is_decided(decided), rung_expected(profile, decided)) == (True, "D")


def test_the_clinics_own_keys_go_before_the_profiles() -> None:
    table = settled_with("epic-like", renditions=("rtf", "text"), quiet_window_minutes=30)
    assert (table.renditions, table.quiet_window_minutes) == (("rtf", "text"), 30)
    assert (table.rung, table.needs_encounter, table.doc_status) == ("D", True, "preliminary")


@pytest.mark.parametrize("key", sorted(FilingTable.model_fields))
def test_every_key_of_a_profile_can_be_said_otherwise(key: str) -> None:
    """What a clinic writes, even the usual value, is what counts."""
    usual = getattr(FilingTable(), key)
    for name in profile_names():
        own = {key: usual}
        if key == "rung":
            own |= {"conditional_create": True}
        assert getattr(settled_with(name, **own), key) == usual


@pytest.mark.parametrize(
    ("profile", "own", "why"),
    [
        ("epic-like", {"rung": "B"}, "conditional_create"),
        ("epic-like", {"rung": "C"}, "searches_identifier"),
        ("us-core-9", {"rung": "C"}, "sees_held"),
        ("embedded", {"rung": "B", "conditional_create": False}, "conditional_create"),
        ("medplum", {"renditions": ("pdf", "pdf")}, "twice"),
    ],
)
def test_keys_that_cannot_stand_together_are_refused(profile: str, own: dict[str, Any], why: str) -> None:
    with pytest.raises(ProfileUnusable, match=why):
        settled_with(profile, **own)


@pytest.mark.parametrize(
    ("before", "instead", "place"),
    [
        ('rung = "C"', 'rung = "E"', "filing.rung"),
        ('rung = "C"', 'rung = "C"\nwing = 1', "filing.wing"),
        ('grade = "S"', 'grade = "X"', "facts.0.grade"),
        ('source = "somebody\'s report"\n', "", "facts.0.source"),
        ('decides = ["rung", "searches_identifier"]', 'decides = ["wing"]', "decides no key"),
        ('title = "One"', 'title = "One"\ncolour = "red"', "colour"),
        ('rung = "C"', 'rung = "C"\nsees_held = false', "sees_held"),
        ('title = "One"', "title = ", "Invalid value"),
    ],
)
def test_what_is_no_profile_is_refused_with_its_place(before: str, instead: str, place: str) -> None:
    assert read_profile(ONE).filing.rung == "C"
    assert before in ONE
    with pytest.raises(ProfileUnusable, match=place):
        read_profile(ONE.replace(before, instead))


def test_a_profile_nobody_wrote_is_named_with_those_there_are(tmp_path: Path) -> None:
    file = tmp_path / "clinics.toml"
    written = clinics_file("http://localhost:8090").replace('profile = "embedded"', 'profile = "epic-ish"')
    file.write_text(written, "utf-8")
    ((key, clinic),) = read_clinics(file).items()
    with pytest.raises(ClinicsUnreadable, match=r"clinic.maple-grove.filing: .*'epic-ish'.*epic-like"):
        filing_table(key, clinic)


@pytest.mark.parametrize("imitated", sorted(IMITATIONS))
def test_the_demo_has_a_profile_for_each_record_system_that_it_imitates(
    tmp_path: Path, imitated: str
) -> None:
    file = tmp_path / "clinics.toml"
    file.write_text(clinics_file("http://localhost:8090", PROFILES[imitated]), "utf-8")
    ((key, clinic),) = read_clinics(file).items()
    assert filing_table(key, clinic) == profile_named(PROFILES[imitated]).filing
    assert tomllib.loads(file.read_text("utf-8"))["clinic"][key]["filing"]["test_patient"]


@pytest.mark.parametrize("written", ["Patient/", "Practitioner/1", "patient-test", "Patient/1/2"])
def test_a_test_patient_is_a_patient(written: str) -> None:
    with pytest.raises(ValueError, match="one patient"):
        FilingRules(test_patient=written)


def test_every_key_is_explained_beside_the_others() -> None:
    page = (ROOT / "docs" / "clinics.md").read_text("utf-8")
    table = page[page.index("[clinic.maple-grove.filing]") :].partition("```")[0]
    assert [key for key in FilingRules.model_fields if f"{key} = " not in table] == []


def test_every_profile_is_in_the_table_of_record_systems() -> None:
    page = (ROOT / "docs" / "record-systems.md").read_text("utf-8")
    for name in profile_names():
        filing = profile_named(name).filing
        assert f"| `{name}` | {filing.rung} |" in page
