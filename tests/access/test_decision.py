"""One question, one answer: which role and which scope pass which door (threat model, rules 2 and 3)."""

import pytest

from service.access.context import AccessContext, Origin, Permission, Role
from service.access.decision import LEVELS, Decision, decide
from service.access.policies import CLINICIAN_PAGE, LAUNCH, OFFICER_PAGE, PATIENT_PAGE, PUBLIC, Policy, fhir

READ = fhir("QuestionnaireResponse", "r")
LOG = Policy("log", frozenset({Role.OFFICER, Role.CLIENT}), "AuditEvent", "r")
PAGES = {PATIENT_PAGE: Role.PATIENT, CLINICIAN_PAGE: Role.CLINICIAN, OFFICER_PAGE: Role.OFFICER}


def context(
    role: Role, *permissions: Permission, patients: frozenset[str] | None = frozenset({"ada"})
) -> AccessContext:
    return AccessContext("maple", role, Origin("r"), patients=patients, permissions=frozenset(permissions))


def may_read(level: str, kind: str = "QuestionnaireResponse", letter: str = "r") -> Permission:
    return Permission(level, kind, letter)


@pytest.mark.parametrize("policy", [PUBLIC, LAUNCH])
@pytest.mark.parametrize("role", [None, *Role])
def test_a_public_door_asks_nobody(policy: Policy, role: Role | None) -> None:
    assert decide(policy, role and context(role)).allowed


@pytest.mark.parametrize("policy", [*PAGES, READ])
@pytest.mark.parametrize("who", [None, context(Role.NOBODY)])
def test_nobody_passes_no_other_door(policy: Policy, who: AccessContext | None) -> None:
    assert decide(policy, who) == Decision(False, "nobody-signed-in")


@pytest.mark.parametrize("policy", PAGES)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.NOBODY])
def test_a_page_opens_for_its_own_role_alone(policy: Policy, role: Role) -> None:
    assert decide(policy, context(role)).allowed is (PAGES[policy] is role)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.WORKER])
def test_officers_and_our_own_worker_have_no_way_into_the_api(role: Role) -> None:
    assert decide(READ, context(role, may_read("system"), may_read("user"))).reason == "role-not-allowed"


@pytest.mark.parametrize("level", ["patient", "user", "system"])
@pytest.mark.parametrize("role", LEVELS)
def test_a_scope_counts_at_the_levels_of_ones_role_alone(role: Role, level: str) -> None:
    """A patient's token with a system scope is a patient's, a service's with a patient scope has no patient."""
    asked, given = (READ, may_read(level)) if role in READ.roles else (LOG, may_read(level, "AuditEvent"))
    assert decide(asked, context(role, given)).allowed is (level in LEVELS[role])


@pytest.mark.parametrize(
    "permission",
    [
        may_read("patient", letter="s"),
        may_read("patient", kind="Questionnaire"),
        may_read("patient", letter="R"),
    ],
)
def test_another_interaction_or_type_is_no_substitute(permission: Permission) -> None:
    found = decide(READ, context(Role.PATIENT, permission))

    assert found == Decision(False, "scope-missing", "patient/QuestionnaireResponse.r")


@pytest.mark.parametrize(("role", "level"), [(role, levels[0]) for role, levels in LEVELS.items()])
def test_the_missing_scope_is_named_for_ones_own_level(role: Role, level: str) -> None:
    asked = READ if role in READ.roles else LOG
    assert decide(asked, context(role)).missing_scope == f"{level}/{asked.resource_type}.r"


def test_a_policy_without_roles_lets_nobody_in() -> None:
    assert not any(decide(Policy("forgotten"), context(role)).allowed for role in Role)


def test_reach_is_what_the_context_names_and_nothing_where_it_names_nothing() -> None:
    assert context(Role.PATIENT).reaches("ada")
    assert not context(Role.PATIENT).reaches("bob")
    assert not context(Role.CLINICIAN, patients=frozenset()).reaches("ada")
    assert context(Role.CLIENT, patients=None).reaches("anyone")
    assert not AccessContext("maple", Role.PATIENT, Origin("r")).reaches("ada")


def test_there_is_one_patient_only_where_exactly_one_is_named() -> None:
    assert context(Role.PATIENT).only_patient == "ada"
    for patients in (frozenset[str](), frozenset({"ada", "bob"}), None):
        assert context(Role.CLINICIAN, patients=patients).only_patient is None


@pytest.mark.parametrize("role", Role)
def test_drafts_are_the_patients_alone(role: Role) -> None:
    assert context(role).sees_drafts is (role is Role.PATIENT)
