"""Our public keys stand at an address of ours that needs no sign-in, with a word on how long they may be kept, and
without any private part. [SMART App Launch 2.2, Client Authentication: Asymmetric, Registering a client]
"""

import re

from joserfc.jwk import KeySet

from tests.people import Browser
from tests.world import JOURNAL, World


def test_anybody_may_read_them(house: World) -> None:
    answer = Browser(house).ask("GET", f"{JOURNAL}/.well-known/jwks.json")
    keys = answer.json()["keys"]

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert re.search(r"max-age=[1-9]", answer.headers["cache-control"])
    assert KeySet.import_key_set(answer.json()).keys
    assert all(key["kid"] and key["kty"] in ("EC", "RSA") for key in keys)
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {name for key in keys for name in key}
