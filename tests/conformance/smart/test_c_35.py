"""RS384 and ES384 are both checked, with keys that are bare: modulus and exponent, or curve and point, with kind and
name; what a token endpoint advertises is what it takes. [SMART App Launch 2.2, Client Authentication: Asymmetric]
"""

import pytest
from joserfc.jwk import ECKey, RSAKey

from service.smart.client_assertion import registered_keys
from tests.conformance.smart.granting import as_system
from tests.sandbox.conftest import Clinic, public
from tests.web.systems import ARCHIVE, SIEM, System
from tests.world import World

BARE = {"RSA": {"kty", "kid", "n", "e"}, "EC": {"kty", "kid", "crv", "x", "y"}}


@pytest.mark.parametrize(("client", "algorithm"), [(SIEM, "ES384"), (ARCHIVE, "RS384")])
def test_ours_takes_both_and_says_so(systems: World, client: str, algorithm: str) -> None:
    system = System(systems, client)
    said = system.ask("GET", "fhir/.well-known/smart-configuration").json()

    assert algorithm in said["token_endpoint_auth_signing_alg_values_supported"]
    assert system.ask_token(system.assertion({"alg": algorithm})).status_code == 200


def test_the_sandbox_takes_rs384(clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")

    assert app.key.key_type == "RSA"
    assert as_system(app, client_assertion=app.assertion(algorithm="RS384")).status_code == 200


@pytest.mark.parametrize(
    "key",
    [
        RSAKey.generate_key(2048, parameters={"kid": "a"}),
        ECKey.generate_key("P-384", parameters={"kid": "a"}),
    ],
    ids=["RSA", "EC"],
)
def test_a_bare_key_is_enough_and_nothing_in_it_may_be_missing(key: RSAKey | ECKey) -> None:
    whole = public(key)["keys"][0]
    bare = {name: whole[name] for name in BARE[key.key_type]}
    assert registered_keys([bare])

    for name in bare:
        with pytest.raises(ValueError, match="key"):
            registered_keys([{other: value for other, value in bare.items() if other != name}])
