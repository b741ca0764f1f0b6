"""A client without a secret names itself in the form; one with a secret or a key leaves its id out there, unless the
clinic says that its server wants it. [SMART App Launch 2.2, app-launch, Obtain access token]
"""

import pytest

from service.smart.registration import ClientKind
from tests.conformance.smart.launching import exchanged, form_of, told
from tests.smart.people import Server, registration


@pytest.mark.parametrize(
    ("kind", "asked_to", "named"),
    [
        (ClientKind.PUBLIC, False, "journal"),
        (ClientKind.SYMMETRIC, False, None),
        (ClientKind.ASYMMETRIC, False, None),
        (ClientKind.SYMMETRIC, True, "journal"),
        (ClientKind.ASYMMETRIC, True, "journal"),
    ],
)
def test_who_names_itself_in_the_form(kind: ClientKind, asked_to: bool, named: str | None) -> None:
    server = Server({"/token": told()})
    exchanged(server, registration(kind, sends_client_id=asked_to))

    assert form_of(server).get("client_id") == named
