"""A launch by a record system that nobody configured asks nobody anything, whatever its address looks like (T19)."""

from collections.abc import Callable
from urllib.parse import quote

from tests.people import Browser
from tests.web.hostile_issuers import hostile_issuers
from tests.world import EHR, HOMES, JOURNAL, World

KINDS = ("patient", "clinician", "officer")
KNOWN = frozenset(f"{home}/fhir{slash}" for home in HOMES.values() for slash in ("", "/"))


def test_no_look_alike_is_taken_or_asked(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    """Every request of the service leaves through one network, which notes it before it decides where it leads."""
    issuers, browser = hostile_issuers(f"{EHR}/fhir", KNOWN), Browser(world)
    accepted = 0
    for kind in KINDS:
        for iss in issuers:
            asked = quote(iss, safe="", errors="surrogatepass")
            answer = browser.ask("GET", f"{JOURNAL}/launch/{kind}?iss={asked}&launch=x")
            given = {"location", "set-cookie"} & {name.lower() for name in answer.headers}
            accepted += answer.status_code != 400 or bool(given)
            assert answer.status_code == 400, iss
            assert "evil" not in answer.text, iss

    outbound = len(world.net.asked)
    record_property(
        "figures",
        f"iss-values values={len(issuers)} launches={len(issuers) * len(KINDS)} "
        f"outbound_requests={outbound} accepted={accepted}",
    )
    assert len(issuers) >= 300
    assert (outbound, accepted) == (0, 0)


def test_the_configured_ones_are_asked_so_that_silence_says_something(world: World) -> None:
    for iss in sorted(KNOWN):
        answer = Browser(world).ask("GET", f"{JOURNAL}/launch/patient?iss={quote(iss, safe='')}&launch=x")
        assert answer.status_code == 303
    assert len(world.net.asked) == len(KNOWN)
