"""Each launch has a PKCE verifier of its own, which stays on the server: what the browser sees is its digest. [SMART
App Launch 2.2, app-launch, PKCE; RFC 7636 4.1 and 4.2]
"""

from tests.conformance.smart.launching import at_the_door, began, query_of
from tests.sandbox.actors import s256
from tests.world import EHR, World


def test_the_challenge_is_the_digest_of_a_verifier_that_is_new_each_time() -> None:
    launches = [began() for _ in range(50)]

    assert len({one.pending.verifier for one in launches}) == 50
    for one in launches:
        assert 43 <= len(one.pending.verifier) <= 128
        assert query_of(one.authorize_url)["code_challenge"] == s256(one.pending.verifier)
        assert one.pending.verifier not in one.authorize_url


def test_neither_address_nor_cookie_holds_what_hashes_to_the_challenge(world: World) -> None:
    answer = at_the_door(world, iss=f"{EHR}/fhir", launch="x")
    challenge = query_of(answer.headers["location"])["code_challenge"]
    secret = answer.headers["set-cookie"].split(";")[0].partition("=")[2]

    assert s256(secret) != challenge
    assert challenge not in answer.headers["set-cookie"]
