"""The scope grammar against a truth table written independently of it (SMART B-10 to B-16; T15, T16)."""

import string
from itertools import permutations
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.smart.problems import ContextsMixed
from service.smart.scopes import Constraint, parse

LEVELS = ("patient", "user", "system")
TYPES = ("QuestionnaireResponse", "Encounter", "Patient")
ARRANGEMENTS = ["".join(letters) for size in range(6) for letters in permutations("cruds", size)]


def _granted(scope: str) -> set[tuple[str, str, str]]:
    granted = parse(scope)
    return {
        (level, type_, letter)
        for level in LEVELS
        for type_ in TYPES
        for letter in "crudsx"
        if granted.allows(level, type_, letter)
    }


def test_every_arrangement_of_letters_grants_what_it_says_and_only_in_order() -> None:
    """All 326 arrangements of c, r, u, d, s at each level: the 31 in order grant their letters, the rest nothing."""
    cells = 0
    for level in LEVELS:
        for arrangement in ARRANGEMENTS:
            in_order = arrangement != "" and list(arrangement) == sorted(arrangement, key="cruds".index)
            wanted = {(level, "Encounter", letter) for letter in arrangement} if in_order else set()
            assert _granted(f"{level}/Encounter.{arrangement}") == wanted, arrangement
            cells += len(LEVELS) * len(TYPES) * 6
    assert cells == 3 * 326 * 54


@pytest.mark.parametrize(("word", "letters"), [("read", "rs"), ("write", "cud"), ("*", "cruds")])
def test_the_old_words_mean_what_the_standard_says(word: str, letters: str) -> None:
    """B-12: .read is .rs, .write is .cud, .* is .cruds; and never the reverse."""
    assert _granted(f"patient/Patient.{word}") == {("patient", "Patient", letter) for letter in letters}


def test_a_star_stands_for_every_type() -> None:
    """patient/*.r reads every type, and nothing else."""
    assert _granted("patient/*.r") == {("patient", type_, "r") for type_ in TYPES}
    assert len(_granted("user/*.*")) == len(TYPES) * 5


def test_scopes_add_up() -> None:
    """B-13: X.r and X.s together are X.rs."""
    assert parse("patient/Patient.r patient/Patient.s").covers(parse("patient/Patient.rs"))
    assert parse("system/DocumentReference.read").lacks(parse("system/DocumentReference.crs")) == (
        "system/DocumentReference.c",
    )


LOOK_ALIKES = (
    "patient/Patient.dus",
    "patient/Patient.readd",
    "patient/Patient.Read",
    "patient/Patient.R",
    "patient/Patient.rr",
    "patient/Patient.r.s",
    "patient/Patient.",
    "patient/Patient",
    "patient/Patient.r?",
    "patient/Patient.read*",
    "patient/Patient.**",
    "patient/patient.r",
    "Patient/Patient.r",
    "PATIENT/Patient.r",
    "patient//Patient.r",
    "patient/Patient/.r",
    "patients/Patient.r",
    "xpatient/Patient.r",
    "patient/Patient.rx",
    "patient/Patient.\u0433s",
    "patient/P\u0430tient.r",
    "p\u0430tient/Patient.r",
    "patient\uff0fPatient.r",
    "patient/Patient.r\u200b",
    "patient/Patient.r\n",
    "\tpatient/Patient.r",
    "patient/Patient.r\x00",
    "patient/Pat*.r",
    "patient/**.r",
    "patient/Patient,Encounter.r",
    "patient/Patient.r,s",
    "patient/Patient.r%20",
    "launch/patient.r",
    "patient/Patient.rs?",
    "offline/Patient.rs",
    "patient.Patient/r",
    "http://smarthealthit.org/fhir/scopes/patient/Patient.r",
)


@pytest.mark.parametrize("word", LOOK_ALIKES)
def test_what_only_looks_like_a_scope_grants_nothing(word: str) -> None:
    """T15: wrong case, order, separators, invisible and foreign letters."""
    granted = parse(word)
    assert not granted.scopes
    assert granted.not_granted


def test_the_launch_words_are_no_data_scopes() -> None:
    """launch/patient asks for a context and reads nothing."""
    granted = parse("openid fhirUser launch launch/patient offline_access")
    assert granted.others == {"openid", "fhirUser", "launch", "launch/patient", "offline_access"}
    assert not granted.scopes
    assert not granted.not_granted


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Patient.r system/Patient.r",
        "system/*.rs user/Patient.r patient/Encounter.s",
        "user/Patient.r system/Patient.r",
    ],
)
def test_a_person_and_the_whole_system_do_not_mix(scope: str) -> None:
    """T15: a token that mixes a person's contexts with the system's is refused as a whole."""
    with pytest.raises(ContextsMixed):
        parse(scope)


def test_levels_are_never_added_together() -> None:
    """A user scope for one type and a patient scope for another do not lend each other letters."""
    assert _granted("user/Patient.r patient/Encounter.s") == {
        ("user", "Patient", "r"),
        ("patient", "Encounter", "s"),
    }


class TestConstraints:
    """B-14 to B-16, T16: a constraint narrows, or the scope is not granted; it is never dropped."""

    SUPPORTED: ClassVar = {"DocumentReference": frozenset({"category", "status"})}
    CATEGORY = "http://example.org/category|clinical-note"

    def test_one_we_can_evaluate_narrows(self) -> None:
        granted = parse(f"system/DocumentReference.rs?category={self.CATEGORY}", self.SUPPORTED)
        assert not granted.allows("system", "DocumentReference", "r")
        assert granted.limits("system", "DocumentReference", "r") == (
            (Constraint("category", self.CATEGORY),),
        )

    def test_two_must_both_be_met_in_whatever_order(self) -> None:
        one = parse("system/DocumentReference.r?status=current&category=a", self.SUPPORTED)
        other = parse("system/DocumentReference.r?category=a&status=current", self.SUPPORTED)
        assert one.scopes == other.scopes
        assert one.covers(other)

    def test_an_unlimited_scope_beside_it_lifts_the_limit(self) -> None:
        granted = parse("user/DocumentReference.r?category=a user/DocumentReference.r", self.SUPPORTED)
        assert granted.allows("user", "DocumentReference", "r")

    def test_a_narrow_grant_does_not_cover_a_wide_need(self) -> None:
        granted = parse("system/DocumentReference.c?category=a", self.SUPPORTED)
        assert granted.lacks(parse("system/DocumentReference.c")) == ("system/DocumentReference.c",)

    @pytest.mark.parametrize(
        "query",
        [
            "category:not=a",
            "category:in=a",
            "subject.name=a",
            "_filter=category eq a",
            "_has:Provenance:target:agent=a",
            "unknown=a",
            "category=",
            "category",
            "category=a&",
            "category=a&unknown=b",
            "&category=a",
            "Category=a",
            "category=%ff",
            "%63ategory=a",
        ],
    )
    def test_one_we_cannot_evaluate_grants_nothing(self, query: str) -> None:
        granted = parse(f"system/DocumentReference.rs?{query}", self.SUPPORTED)
        assert not granted.scopes

    def test_without_a_word_on_what_is_supported_none_is(self) -> None:
        assert not parse("system/DocumentReference.r?category=a").scopes

    def test_the_old_words_take_none(self) -> None:
        assert not parse("system/DocumentReference.read?category=a", self.SUPPORTED).scopes


@given(st.text(alphabet=string.printable + "рéﬀ", max_size=60))
def test_any_text_is_read_and_grants_only_what_is_written_in_it(text: str) -> None:
    """The grammar is total: nothing raises but a mix of contexts, and every grant stands there letter for letter."""
    try:
        granted = parse(text)
    except ContextsMixed:
        return
    words = [word for word in text.split(" ") if word]
    for scope in granted.scopes:
        assert any(word.startswith(f"{scope.level}/{scope.resource_type}.") for word in words)
    assert len(granted.scopes) + len(granted.others) + len(granted.not_granted) <= len(words)
