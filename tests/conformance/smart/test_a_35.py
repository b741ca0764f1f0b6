"""What stands in the query of the server's own authorization address stays there beside our parameters, and cannot take
their place. [Behaviour that the Inferno test kit has as well; RFC 6749 3.1]
"""

from dataclasses import replace

from tests.conformance.smart.launching import CONFIGURATION, began, query_of
from tests.smart.people import ISS, ISSUER


def test_it_stays_and_ours_stand_once() -> None:
    address = f"{ISSUER}/authorize?tenant=7&empty=&aud=theirs"
    sent = query_of(began(replace(CONFIGURATION, authorization_endpoint=address)).authorize_url)

    assert (sent["tenant"], sent["empty"], sent["aud"]) == ("7", "", ISS)
