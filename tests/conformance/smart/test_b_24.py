"""A key that we do not know is looked for by one fetch in half a minute, and then refused, or asked to come again while
it cannot be fetched; an old key counts until it leaves the set. [Our rule; OpenID Connect Core 10.1.1]
"""

import json
from typing import Any

import pytest

from service.smart.problems import TokenInvalid
from tests.smart.people import Clock, Server, key_set, remote_keys, rsa_key


def _set(*names: str) -> tuple[int, dict[str, str], bytes]:
    document: dict[str, Any] = key_set(*map(rsa_key, names))
    return 200, {"Cache-Control": "max-age=3600"}, json.dumps(document).encode()


def test_a_flood_of_unknown_names_is_no_storm() -> None:
    server, clock = Server({"/jwks": _set("old")}), Clock()
    keys = remote_keys(server, clock)
    for number in range(600):
        clock.pass_time(milliseconds=100)
        with pytest.raises(TokenInvalid):
            keys.find(f"unknown-{number}", "RSA")

    assert server.count("/jwks") <= 3
    assert keys.find("old", "RSA").kid == "old"


def test_a_new_key_is_found_and_the_old_one_counts_until_it_is_gone() -> None:
    server, clock = Server({"/jwks": _set("old")}), Clock()
    keys = remote_keys(server, clock)
    keys.find("old", "RSA")
    server.answers["/jwks"] = _set("old", "new")
    clock.pass_time(seconds=31)
    assert {keys.find(name, "RSA").kid for name in ("new", "old")} == {"new", "old"}
    assert server.count("/jwks") == 2

    server.answers["/jwks"] = _set("new")
    clock.pass_time(hours=1, seconds=1)
    assert keys.find("new", "RSA").kid == "new"
    with pytest.raises(TokenInvalid):
        keys.find("old", "RSA")
