"""The code is exchanged by a form: grant type, code, redirect address and the verifier behind the challenge. [SMART App
Launch 2.2, app-launch, Obtain access token]
"""

from tests.conformance.smart.launching import began, exchanged, form_of, query_of, told
from tests.sandbox.actors import s256
from tests.smart.people import REDIRECT, Server


def test_the_form_is_complete() -> None:
    begun, server = began(), Server({"/token": told()})
    exchanged(server, pending=begun.pending)
    form = form_of(server)

    assert server.asked[0][0] == "POST"
    assert server.asked[0][2]["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
    assert (form["grant_type"], form["code"]) == ("authorization_code", "code-1")
    assert form["redirect_uri"] == REDIRECT
    assert s256(form["code_verifier"]) == query_of(begun.authorize_url)["code_challenge"]
