"""What a visit rests on while it lasts: a cookie that nobody else reads, and a right that the clinic still gives."""

from collections.abc import Callable
from dataclasses import replace
from http.cookiejar import Cookie

import pytest

from service.store import sessions
from service.web.guards import WIRING
from service.workflow.recognise import may_hold
from tests.people import Visitor, clinician, officer, patient
from tests.world import CLINIC, World

EVERYBODY = [patient, clinician, officer]


def cookie_of(visitor: Visitor) -> Cookie:
    [found] = [one for one in visitor.browser.jar if one.name == f"__Host-visit-{visitor.handle}"]
    return found


def change_clinic(world: World, **changes: object) -> None:
    """The clinic's file as it says from now on; everything else goes on as it was."""
    desk = world.desk
    home = replace(desk.clinic(CLINIC), **changes)  # type: ignore[arg-type]
    changed = replace(desk, clinics={**desk.clinics, CLINIC: home})
    world.app.extensions[WIRING] = replace(world.wiring, desk=changed)


@pytest.mark.parametrize("who", EVERYBODY)
def test_a_visits_secret_is_out_of_scripts_reach_and_of_other_hosts(
    world: World, who: Callable[[World], Visitor]
) -> None:
    """T26, T27: its cookie is sent to this very host alone, over TLS, and no script reads it."""
    cookie = cookie_of(who(world))

    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert (cookie.path, cookie.domain_specified) == ("/", False)
    # Framed by the record system, and then only in a jar of that site's own.
    assert cookie.get_nonstandard_attr("SameSite") == "None"
    assert cookie.has_nonstandard_attr("Partitioned")


def test_where_nobody_may_frame_a_visits_secret_stays_on_its_own_site(world: World) -> None:
    change_clinic(world, frame_ancestors=())

    cookie = cookie_of(patient(world))

    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    assert not cookie.has_nonstandard_attr("Partitioned")


def test_who_is_an_officer_no_more_is_out_at_once_and_nobody_else_is(world: World) -> None:
    """T23: rights are the clinic's of today, not those of the day the visit began."""
    watching, reading = officer(world), clinician(world)
    assert (watching.get().status_code, reading.get().status_code) == (200, 200)

    change_clinic(world, officers=frozenset())

    assert (watching.get().status_code, reading.get().status_code) == (401, 200)


def test_a_clinician_who_becomes_an_officer_reads_no_words_from_then_on(world: World) -> None:
    """T23, rule 29: an officer sees no patient's words, unless the clinic has them on its care team."""
    reading = clinician(world)
    person = person_of(world, reading)
    assert reading.get().status_code == 200

    change_clinic(world, officers=frozenset({person}), care_team=frozenset())
    assert reading.get().status_code == 401

    change_clinic(world, officers=frozenset({person}), care_team=frozenset({person}))
    assert reading.get().status_code == 200


def test_an_app_that_the_clinic_offers_no_more_ends_its_visits(world: World) -> None:
    """T23."""
    ada, reading = patient(world), clinician(world)
    apps = {kind: app for kind, app in world.desk.clinic(CLINIC).apps.items() if kind != "patient"}

    change_clinic(world, apps=apps)

    assert (ada.get().status_code, reading.get().status_code) == (401, 200)


def person_of(world: World, visitor: Visitor) -> str:
    """Who opened this visit, as the record system names them."""
    visit = sessions.visit(world.desk.store, visitor.handle)
    assert visit is not None
    return visit.person


@pytest.mark.parametrize(
    ("person", "patient_id", "holds"),
    [
        ("Patient/patient-six-done", "patient-six-done", True),
        ("Patient/patient-six-done", "patient-eight-done", False),
        ("Patient/patient-six", "patient-six-done", False),
        ("RelatedPerson/patient-six-done", "patient-six-done", False),
        ("Patient/patient-six-done", None, False),
    ],
)
def test_a_person_holds_a_visit_as_their_own_patient_alone(
    world: World, person: str, patient_id: str | None, holds: bool
) -> None:
    """Rule 30, threat T17: whatever patient the record system put into the launch's context."""
    assert may_hold(world.desk.clinic(CLINIC), "patient", person, patient_id) is holds
