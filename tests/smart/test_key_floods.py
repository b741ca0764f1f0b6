"""Floods of unknown keys from many sides at once, and keys that are none: the issuer is left in peace (threat T24)."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.smart.keys import RemoteKeys
from service.smart.problems import KeysUnavailable, SmartProblem, TokenInvalid
from tests.smart.people import Clock, Server, ec_key, key_set, remote_keys, rsa_key, short_rsa_key

UNKNOWN, THREADS, MINUTES = 10_000, 20, 2
LIMIT = 1 + MINUTES * 2  # the first, then one in thirty seconds


def _answer(document: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps(document).encode()


def _weak_keys() -> Iterator[dict[str, Any]]:
    """A thousand keys that must never verify anything: short, symmetric, private, foreign, for another use."""
    fit = rsa_key("weak").as_dict(private=False)
    short = short_rsa_key("weak")
    for _ in range(125):
        yield short
        yield {"kty": "oct", "kid": "weak", "k": secrets.token_urlsafe(32)}
        yield rsa_key("weak").as_dict(private=True) | {"kid": "weak"}
        yield fit | {"use": "enc"}
        yield fit | {"n": secrets.token_urlsafe(secrets.choice((8, 64, 128, 255)))}
        yield fit | {"kty": secrets.choice(("AKP", "OKP", "", "rsa"))}
        yield ec_key("weak").as_dict(private=False) | {
            "crv": secrets.choice(("secp256k1", "P-521", "P-192", ""))
        }
        yield ec_key("weak").as_dict(private=False) | {"x": secrets.token_urlsafe(32)}


def _accepted(keys: RemoteKeys) -> int:
    """How many of the ways to ask for the weak key find one."""
    found = 0
    for key_type in ("RSA", "EC", "oct"):
        try:
            keys.find("weak", key_type)
        except SmartProblem:
            continue
        found += 1
    return found


def test_ten_thousand_unknown_kids_from_many_threads_at_once(
    record_property: Callable[[str, object], None],
) -> None:
    clock = Clock()
    server = Server({"/jwks": _answer(key_set(rsa_key()))})
    keys = remote_keys(server, clock)
    turn = threading.Lock()

    def ask(number: int) -> bool:
        with turn:
            clock.pass_time(milliseconds=MINUTES * 60_000 / UNKNOWN)
        with pytest.raises(TokenInvalid):
            keys.find(f"{number}-{secrets.token_hex(4)}", "RSA")
        return bool(keys.find("rsa-1", "RSA"))

    with ThreadPoolExecutor(THREADS) as pool:
        known = sum(pool.map(ask, range(UNKNOWN)))

    accepted, tried = _weak_accepted()
    record_property(
        "figures",
        f"jwks unknown_kid={UNKNOWN} threads={THREADS} jwks_fetches={server.count('/jwks')} limit={LIMIT} "
        f"weak_keys={tried} weak_keys_accepted={accepted}",
    )
    assert known == UNKNOWN
    assert 2 <= server.count("/jwks") <= LIMIT
    assert (tried, accepted) == (1000, 0)


def _weak_accepted() -> tuple[int, int]:
    accepted = tried = 0
    for weak in _weak_keys():
        tried += 1
        keys = remote_keys(Server({"/jwks": _answer({"keys": [weak, ec_key().as_dict(private=False)]})}))
        accepted += _accepted(keys)
    return accepted, tried


@pytest.mark.parametrize("many", [65, 1000, 20_000])
def test_a_flood_inside_one_key_set_is_no_key_set(many: int) -> None:
    """More keys than an issuer has, or more bytes than anybody reads: as if it were silent, and asked once."""
    flood = {"keys": [rsa_key(f"k-{number % 7}").as_dict(private=False) for number in range(many)]}
    server = Server({"/jwks": _answer(flood)})
    keys = remote_keys(server)
    for _ in range(100):
        with pytest.raises(KeysUnavailable):
            keys.find("k-1", "RSA")
    assert server.count("/jwks") == 1


def test_one_issuers_key_never_stands_for_anothers() -> None:
    """The same kid at two issuers, asked for in turn from many sides: each keeps to its own."""
    one, two = rsa_key("same"), rsa_key("same-elsewhere")
    renamed = two.as_dict(private=False) | {"kid": "same"}
    here = remote_keys(Server({"/jwks": _answer(key_set(one))}))
    there = remote_keys(Server({"/jwks": _answer({"keys": [renamed]})}))
    numbers = {"here": one.as_dict(private=False)["n"], "there": renamed["n"]}

    def ask(number: int) -> bool:
        name, keys = ("here", here) if number % 2 else ("there", there)
        return bool(keys.find("same", "RSA").as_dict(private=False)["n"] == numbers[name])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(2000)))
