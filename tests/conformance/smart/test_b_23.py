"""An issuer's key set is kept as long as it says, within half a minute (B-24's pace) and an hour. [SMART App Launch
2.2, Client Authentication: Asymmetric, Signature Verification; the bounds are ours]
"""

import json

import pytest

from tests.smart.people import Clock, Server, key_set, remote_keys, rsa_key

LIVES = {"max-age=120": 120, "public, max-age=300": 300, "max-age=999999": 3600, "": 3600, "no-store": 30}


@pytest.mark.parametrize("header", LIVES)
def test_it_is_asked_for_again_when_it_is_old(header: str) -> None:
    body = json.dumps(key_set(rsa_key())).encode()
    server, clock = Server({"/jwks": (200, {"Cache-Control": header}, body)}), Clock()
    keys = remote_keys(server, clock)
    keys.find("rsa-1", "RSA")
    clock.pass_time(seconds=LIVES[header] - 1)
    keys.find("rsa-1", "RSA")
    assert server.count("/jwks") == 1

    clock.pass_time(seconds=2)
    keys.find("rsa-1", "RSA")
    assert server.count("/jwks") == 2
