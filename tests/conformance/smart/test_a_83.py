"""Each launch sends a nonce of its own, and an identity token without it, or with another, proves nobody. [OpenID
Connect Core 3.1.3.7; that we send one is ours]
"""

from typing import Any

import pytest

from service.smart.problems import IdentityNotProven
from tests.conformance.smart.launching import began, query_of
from tests.conformance.smart.proving import id_token, proven


def test_each_launch_sends_one() -> None:
    sent = [query_of(began().authorize_url)["nonce"] for _ in range(20)]

    assert len(set(sent)) == 20
    assert min(map(len, sent)) >= 22


@pytest.mark.parametrize("nonce", [..., "n-2", "", ["n-1"], None])
def test_another_nonce_proves_nobody(nonce: Any) -> None:
    with pytest.raises(IdentityNotProven):
        proven(id_token(nonce=nonce))
