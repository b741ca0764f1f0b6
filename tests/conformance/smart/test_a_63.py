"""A client with a secret shows it by HTTP Basic, both halves encoded, and nowhere else in the request. [SMART App
Launch 2.2, Client Authentication: Symmetric; RFC 6749 2.3.1]
"""

import base64
from urllib.parse import unquote

from service.smart.registration import ClientKind
from tests.conformance.smart.launching import exchanged, form_of, told
from tests.smart.people import Server, registration


def test_the_secret_stands_in_the_header_alone() -> None:
    server, registered = Server({"/token": told()}), registration(ClientKind.SYMMETRIC)
    exchanged(server, registered)
    scheme, _, pair = server.asked[0][2]["HTTP_AUTHORIZATION"].partition(" ")
    name, _, secret = base64.b64decode(pair).decode().partition(":")

    assert (scheme, unquote(name), unquote(secret)) == ("Basic", "journal", registered.secret)
    assert registered.secret not in form_of(server).values()
