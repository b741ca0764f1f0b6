"""We can sign with RS384 and with ES384, and take the one that the server says it can check. [SMART App Launch 2.2,
Client Authentication: Asymmetric, Advertising support]
"""

import pytest
from joserfc import jwt

from service.smart.problems import UnfitKey
from tests.conformance.smart.launching import form_of
from tests.conformance.smart.working import record_system, worker
from tests.smart.people import our_key


@pytest.mark.parametrize(("algorithm", "kind"), [("RS384", "RSA"), ("ES384", "EC")])
def test_the_servers_algorithm_is_taken(algorithm: str, kind: str) -> None:
    server = record_system((algorithm,))
    worker(server).token()

    assertion = form_of(server)["client_assertion"]
    assert jwt.decode(assertion, our_key(kind).key, algorithms=[algorithm]).header["alg"] == algorithm


def test_a_server_that_can_check_neither_gets_no_assertion() -> None:
    server = record_system(("PS512",))

    with pytest.raises(UnfitKey):
        worker(server).token()
    assert server.count("/token") == 0
