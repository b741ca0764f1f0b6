"""A client with a key sends a signed assertion, in the exchange of a code and in every refresh. [SMART App Launch 2.2,
Client Authentication: Asymmetric]
"""

from joserfc import jwt

from service.smart import launch
from service.smart.registration import ASSERTION_TYPE, ClientKind
from tests.conformance.smart.launching import exchanged, form_of, told
from tests.smart.people import ISS, ISSUER, Server, caller, our_key, registration


def test_both_requests_are_signed_for_the_token_endpoint() -> None:
    server, registered = Server({"/token": told()}), registration(ClientKind.ASYMMETRIC)
    answer = exchanged(server, registered)
    first = form_of(server)
    launch.refresh(answer, caller(server, registered=registered), token_endpoint=f"{ISSUER}/token", iss=ISS)

    for form in (first, form_of(server)):
        assert form["client_assertion_type"] == ASSERTION_TYPE
        signed = jwt.decode(form["client_assertion"], our_key().key, algorithms=["ES384"])
        assert (signed.claims["sub"], signed.claims["aud"]) == ("journal", f"{ISSUER}/token")
    assert first["client_assertion"] != form_of(server)["client_assertion"]
