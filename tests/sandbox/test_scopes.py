"""The grammar of scopes and what a grant allows: T15 of the SMART sheet."""

from datetime import UTC, datetime
from itertools import chain, combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sandbox.grant import Grant
from service.sandbox.plain_words import in_words
from service.sandbox.scopes import LETTERS, ResourceScope, allowed, covered, parse

SUBSETS = ["".join(some) for some in chain.from_iterable(combinations(LETTERS, n) for n in range(1, 6))]
resource_types = st.sampled_from(["Patient", "Encounter", "QuestionnaireResponse", "*"])
levels = st.sampled_from(["patient", "user", "system"])
endings = st.sampled_from([*SUBSETS, "read", "write", "*"])
scopes = st.builds(lambda level, name, ending: f"{level}/{name}.{ending}", levels, resource_types, endings)


def test_there_are_thirty_one_endings_and_each_is_read_back_the_same() -> None:
    assert len(SUBSETS) == 31
    assert [str(parse(f"patient/Encounter.{ending}")) for ending in SUBSETS] == [
        f"patient/Encounter.{ending}" for ending in SUBSETS
    ]


def test_letters_out_of_order_or_twice_are_refused() -> None:
    """B-10: never interpreted, so never repaired."""
    shuffled = {"".join(p) for ending in SUBSETS for p in permutations(ending)} - set(SUBSETS)
    assert len(shuffled) > 200
    assert all(
        parse(f"user/Encounter.{ending}") is None for ending in shuffled | {"rr", "crr", "x", "rx", ""}
    )


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Encounter",
        "patient/Encounter.",
        "patient/.rs",
        "patient/encounter.rs",
        "Patient/Encounter.rs",
        "patient/Encounter.rs?status=finished",
        "patient/Encounter.rs ",
        "patient/Encounter.rs\n",
        "patient/Enc*.rs",
        "patient/**.rs",
        "practitioner/Encounter.rs",
        "patient/Encounter.Read",
        "patient/Encounter.readwrite",
        "launch/patient",
        "",
    ],
)
def test_everything_else_is_no_resource_scope(scope: str) -> None:
    assert parse(scope) is None


@pytest.mark.parametrize(("old", "new"), [("read", "rs"), ("write", "cud"), ("*", "cruds")])
def test_version_1_means_what_the_standard_says(old: str, new: str) -> None:
    """B-12."""
    assert parse(f"patient/Encounter.{old}") == parse(f"patient/Encounter.{new}")


@given(scopes, st.lists(scopes, max_size=4))
def test_what_is_allowed_is_never_more_than_what_is_registered_nor_than_what_was_asked(
    asked: str, registered: list[str]
) -> None:
    limits = [limit for scope in registered if (limit := parse(scope))]
    wanted = parse(asked)
    assert wanted is not None
    for text in allowed(asked, registered):
        left = parse(text)
        assert left is not None
        assert left.level == wanted.level
        assert wanted.resource_type in ("*", left.resource_type)
        assert left.letters <= wanted.letters
        for letter in left.letters:
            assert any(one.level == left.level and one.covers(left.resource_type, letter) for one in limits)


@given(scopes, st.lists(scopes, max_size=4))
def test_nothing_that_could_be_allowed_is_lost(asked: str, registered: list[str]) -> None:
    wanted, left = parse(asked), [parse(text) for text in allowed(asked, registered)]
    assert wanted is not None
    for name in ("Patient", "Encounter"):
        for letter in LETTERS:
            may = wanted.covers(name, letter) and any(
                one.level == wanted.level and one.covers(name, letter)
                for scope in registered
                if (one := parse(scope))
            )
            assert may == any(one is not None and one.covers(name, letter) for one in left)


@given(scopes)
def test_a_scope_covers_itself_in_either_spelling(scope: str) -> None:
    assert covered(scope, [scope])
    assert covered(str(parse(scope)), [scope])


def grant(*scopes: str, patient: str | None = "p-1", fhir_user: str | None = None) -> Grant:
    return Grant(
        "app", frozenset(scopes), patient, None, fhir_user, None, "base", datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_scopes_are_a_union() -> None:
    """B-13."""
    both = grant("patient/Encounter.r", "patient/Encounter.s")
    assert both.allows("Encounter", "r")
    assert both.allows("Encounter", "s")
    assert not both.allows("Encounter", "c")
    assert not both.allows("Patient", "r")


def test_the_widest_level_counts() -> None:
    assert grant("patient/Encounter.rs").level_for("Encounter", "r") == "patient"
    assert grant("patient/*.rs", "user/Encounter.r").level_for("Encounter", "r") == "user"
    assert grant("patient/*.rs", "user/Encounter.r").level_for("Encounter", "s") == "patient"
    assert grant("system/*.cruds", patient=None).level_for("Encounter", "d") == "system"


def test_a_patient_scope_without_a_patient_allows_nothing() -> None:
    """B-40."""
    assert not grant("patient/*.cruds", patient=None).allows("Encounter", "r")


def test_with_fhir_user_one_can_read_ones_own_kind_and_do_no_more() -> None:
    """C-43: the resource named by `fhirUser` is readable with the token."""
    staff = grant("openid", "fhirUser", patient=None, fhir_user="Practitioner/p")
    assert staff.level_for("Practitioner", "r") == "user"
    assert not staff.allows("Practitioner", "s")
    assert not staff.allows("Patient", "r")
    assert not grant("openid", patient=None, fhir_user="Practitioner/p").allows("Practitioner", "r")


@pytest.mark.parametrize(
    ("scope", "standing", "words"),
    [
        ("patient/Encounter.rs", "patient", "Read and search visits, yours only"),
        ("patient/Encounter.rs", "staff", "Read and search visits, this patient's only"),
        (
            "user/Patient.r",
            "staff",
            "Read name, birth date and contact details, for every patient you may see",
        ),
        ("patient/Task.crus", "patient", "Add, read, change and search tasks for the care team, yours only"),
        (
            "patient/ImmunizationRecommendation.r",
            "patient",
            "Read immunization recommendation entries, yours only",
        ),
        ("patient/Questionnaire.read", "patient", "Read and search the questionnaires the clinic offers"),
    ],
)
def test_a_scope_can_be_said_in_plain_words(scope: str, standing: str, words: str) -> None:
    assert in_words(scope, standing) == words


@given(st.builds(ResourceScope, levels, resource_types, st.frozensets(st.sampled_from(LETTERS), min_size=1)))
def test_every_scope_has_words(scope: ResourceScope) -> None:
    assert len(in_words(str(scope), "patient")) > 10
