"""What each form of scope permits, cell by cell, against a table written out by hand (SMART B-10 to B-13; T15).

The table knows neither the grammar nor the code: it names the v1 words and the subsets in order, and all else is
nothing.
"""

from collections.abc import Callable
from itertools import combinations, permutations, product

import pytest

from service.access.context import Permission
from service.smart.problems import ContextsMixed
from service.smart.scopes import parse
from service.workflow.limit_reach import narrowings_of, permissions_of

LEVELS = ("patient", "user", "system")
TYPES = ("QuestionnaireResponse", "Task", "Encounter", "Binary")
WRITTEN_TYPES = (*TYPES, "*", "Observation", "questionnaireResponse", "Task ")
INTERACTIONS = {"create": "c", "read": "r", "update": "u", "delete": "d", "search": "s"}
V1 = {"read": {"read", "search"}, "write": {"create", "update", "delete"}, "*": set(INTERACTIONS)}
# The 31 of them, each said once.
V2 = (
    *("c", "r", "u", "d", "s", "cr", "cu", "cd", "cs", "ru", "rd", "rs", "ud", "us", "ds"),
    *("cru", "crd", "crs", "cud", "cus", "cds", "rud", "rus", "rds", "uds"),
    *("crud", "crus", "crds", "cuds", "ruds", "cruds"),
)
IN_ORDER = {word: {name for name, letter in INTERACTIONS.items() if letter in word} for word in V2}
_SHUFFLED = {"".join(one) for size in range(2, 6) for one in permutations("cruds", size)} - set(V2)
_STRANGE = {
    "",
    "x",
    "rx",
    "rr",
    "R",
    "RS",
    "r.s",
    "Read",
    "readd",
    "writes",
    "**",
    "read*",
    "r,s",
    "rs?",
    "rs?status",
}
WORDS = {**V1, **IN_ORDER, **{word: set() for word in _SHUFFLED | _STRANGE}}


def _permitted(scope: str, level: str) -> set[tuple[str, str]]:
    permissions = permissions_of(parse(scope), (level,), TYPES)
    assert all(one.level == level for one in permissions)
    letters = {letter: name for name, letter in INTERACTIONS.items()}
    return {(one.resource_type, letters[one.letter]) for one in permissions}


def test_the_table_is_whole() -> None:
    """31 subsets, counted another way than they were written, and 3 words of v1; the rest of 326 arrangements."""
    assert {"".join(one) for size in range(1, 6) for one in combinations("cruds", size)} == set(V2)
    assert len(V2) == len(set(V2)) == 31
    assert len(_SHUFFLED) == 325 - 31


def test_every_form_permits_what_the_table_says_and_nothing_else(
    record_property: Callable[[str, object], None],
) -> None:
    """T15: scope-table, every cell of level written x type written x form, seen from each level and type."""
    cells, mismatches = 0, []
    for level, kind, (word, interactions) in product(LEVELS, WRITTEN_TYPES, WORDS.items()):
        scope = f"{level}/{kind}.{word}"
        types = TYPES if kind == "*" else (kind,) if kind in TYPES else ()
        for asked in LEVELS:
            wanted = set(product(types, interactions)) if asked == level else set()
            if _permitted(scope, asked) != wanted:
                mismatches.append((scope, asked))
            cells += len(TYPES) * len(INTERACTIONS)
    assert (cells, mismatches) == (3 * 8 * (3 + 31 + 294 + 15) * 3 * 4 * 5, [])
    record_property("figures", f"scope-table cells={cells} mismatches={len(mismatches)}")


def test_two_forms_permit_what_either_does() -> None:
    """B-13: a union, and never more; each level by itself."""
    cells, mismatches = 0, []
    forms = [*V1, *V2, "sr", "x"]
    for one, other in product(forms, forms):
        scope = f"patient/Task.{one} patient/Task.{other} user/Binary.{other}"
        for level, wanted in (
            ("patient", set(product(("Task",), WORDS[one] | WORDS[other]))),
            ("user", set(product(("Binary",), WORDS[other]))),
            ("system", set()),
        ):
            cells += len(TYPES) * len(INTERACTIONS)
            if _permitted(scope, level) != wanted:
                mismatches.append((scope, level))
    assert (cells, mismatches) == (36 * 36 * 3 * 20, [])


def test_a_machines_scope_beside_a_persons_refuses_the_token_whatever_either_grants() -> None:
    """T15: also where one of them is not understood, or carries a constraint that nobody evaluates."""
    words = ("Task.rs", "Task.sr", "*.read", "Task.rs?owner=x", "nonsense", "Task.rs?status=requested")
    refused = 0
    for person, one, other in product(("patient", "user"), words, words):
        for scope in (f"{person}/{one} system/{other}", f"system/{other} openid {person}/{one}"):
            with pytest.raises(ContextsMixed):
                parse(scope)
            refused += 1
    assert refused == 2 * 36 * 2
    assert parse("patient/Task.rs user/Task.rs launch/patient openid fhirUser").has_level("user")
    assert parse("system/Task.rs openid fhirUser launch/patient").has_level("system")


CONSTRAINED = {"QuestionnaireResponse": frozenset({"status"}), "Task": frozenset({"status"})}


@pytest.mark.parametrize("kind", CONSTRAINED)
@pytest.mark.parametrize("word", V2)
def test_a_constrained_form_permits_to_read_and_to_search_and_narrows_both(kind: str, word: str) -> None:
    """T16: no letter that writes is permitted by a constrained scope, and none that reads is left unlimited."""
    granted = parse(f"patient/{kind}.{word}?status=completed", CONSTRAINED)

    reading = {letter for letter in word if letter in "rs"}
    assert permissions_of(granted, ("patient",), TYPES) == {
        Permission("patient", kind, one) for one in reading
    }
    assert len(narrowings_of(granted, ("patient",))) == bool(reading)
    assert narrowings_of(granted, ("user", "system")) == ()


@pytest.mark.parametrize("word", V2)
def test_an_unlimited_scope_lifts_the_limit_of_its_own_letters_alone(word: str) -> None:
    granted = parse(f"patient/Task.rs?status=completed patient/Task.{word}", CONSTRAINED)

    limited = {"r", "s"} - set(word)
    assert len(narrowings_of(granted, ("patient",))) == bool(limited)
    letters = {one.letter for one in permissions_of(granted, ("patient",), TYPES)}
    # What is declined is seen whole, or not declined.
    assert letters == {"r", "s"} | (set() if limited else set(word))
