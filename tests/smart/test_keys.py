"""The issuer's keys: fetched seldom, chosen strictly, weak ones passed over (B-23 to B-25; T16, T24, F27)."""

import json
import secrets
import threading
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from service.smart.keys import RemoteKeys
from service.smart.problems import KeysUnavailable, TokenInvalid
from tests.smart.people import Clock, Server, ec_key, key_set, remote_keys, rsa_key, short_rsa_key


def _answer(document: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return 200, headers, json.dumps(document).encode()


def _keys(document: Any, clock: Clock | None = None, **headers: str) -> tuple[RemoteKeys, Server]:
    server = Server({"/jwks": _answer(document, **headers)})
    return remote_keys(server, clock), server


def test_the_key_with_the_kid_and_the_type_is_found() -> None:
    """B-25: kid and kty must both fit."""
    keys, _ = _keys(key_set(rsa_key("same"), ec_key("same"), ec_key("other")))
    assert keys.find("same", "RSA").key_type == "RSA"
    assert keys.find("same", "EC").key_type == "EC"
    with pytest.raises(TokenInvalid, match="unknown-key"):
        keys.find("other", "RSA")


def test_two_keys_of_one_name_are_no_key() -> None:
    """B-25: a duplicate means failure, not a guess."""
    keys, _ = _keys(key_set(rsa_key("twin"), RSAKey.generate_key(2048, parameters={"kid": "twin"})))
    with pytest.raises(TokenInvalid, match="ambiguous-key"):
        keys.find("twin", "RSA")


def test_without_a_kid_the_set_must_hold_one_key() -> None:
    """T13: kid is needed as soon as there is a choice."""
    alone, _ = _keys(key_set(rsa_key()))
    assert alone.find(None, "RSA").kid == "rsa-1"
    several, _ = _keys(key_set(rsa_key(), ec_key()))
    with pytest.raises(TokenInvalid):
        several.find(None, "RSA")


def test_an_empty_set_holds_no_key() -> None:
    """An issuer that has withdrawn everything signs nothing."""
    keys, _ = _keys({"keys": []})
    for kid in (None, "rsa-1"):
        with pytest.raises(TokenInvalid):
            keys.find(kid, "RSA")


def test_ten_thousand_unknown_kids_cause_one_fetch_in_30_seconds() -> None:
    """T24: a flood of random kids is no storm at the issuer's door; the known key works throughout."""
    clock = Clock()
    keys, server = _keys(key_set(rsa_key()), clock)
    keys.find("rsa-1", "RSA")
    for number in range(10_000):
        clock.pass_time(milliseconds=12)
        with pytest.raises(TokenInvalid):
            keys.find(secrets.token_hex(4), "RSA")
        if number % 1000 == 0:
            assert keys.find("rsa-1", "RSA")
    assert server.count("/jwks") == 1 + 4  # two minutes


def test_a_rotated_key_is_found_by_one_fetch() -> None:
    """T16, F27: a token signed with the new key while the old set is cached."""
    clock = Clock()
    keys, server = _keys(key_set(rsa_key("old")), clock)
    keys.find("old", "RSA")
    server.answers["/jwks"] = _answer(key_set(rsa_key("old"), rsa_key("new")))
    clock.pass_time(seconds=31)
    assert keys.find("new", "RSA").kid == "new"
    assert keys.find("old", "RSA").kid == "old"
    assert server.count("/jwks") == 2


def test_a_withdrawn_key_stops_working_when_the_set_is_old() -> None:
    """B-24: the old key is valid until it disappears from the set."""
    clock = Clock()
    keys, server = _keys(key_set(rsa_key("old")), clock, **{"Cache-Control": "max-age=120"})
    keys.find("old", "RSA")
    server.answers["/jwks"] = _answer(key_set(rsa_key("new")))
    clock.pass_time(seconds=119)
    assert keys.find("old", "RSA")
    clock.pass_time(seconds=2)
    with pytest.raises(TokenInvalid):
        keys.find("old", "RSA")


def test_a_set_lives_no_longer_than_an_hour_and_no_shorter_than_30_seconds() -> None:
    """B-23 within B-24: Cache-Control is obeyed between these bounds."""
    lives = {"max-age=999999999": 3600, "no-store": 30, "max-age=0": 30, "": 3600, "public, max-age=300": 300}
    for header, seconds in lives.items():
        clock = Clock()
        keys, server = _keys(key_set(rsa_key()), clock, **{"Cache-Control": header})
        keys.find("rsa-1", "RSA")
        clock.pass_time(seconds=seconds - 1)
        keys.find("rsa-1", "RSA")
        assert server.count("/jwks") == 1, header
        clock.pass_time(seconds=2)
        keys.find("rsa-1", "RSA")
        assert server.count("/jwks") == 2, header


def test_while_the_issuer_is_down_known_keys_serve_until_they_are_old() -> None:
    """F27: and then the answer is "try again", not "your token is bad"; with a pause between attempts."""
    clock = Clock()
    keys, server = _keys(key_set(rsa_key()), clock)
    keys.find("rsa-1", "RSA")
    server.answers["/jwks"] = (503, {}, b"")
    clock.pass_time(minutes=59)
    assert keys.find("rsa-1", "RSA")
    clock.pass_time(minutes=2)
    for _ in range(20):
        with pytest.raises(KeysUnavailable):
            keys.find("rsa-1", "RSA")
    assert server.count("/jwks") == 2
    server.answers["/jwks"] = _answer(key_set(rsa_key()))
    clock.pass_time(seconds=6)
    assert keys.find("rsa-1", "RSA")


def test_while_the_issuer_is_down_a_key_that_we_do_not_know_may_be_a_new_one() -> None:
    """F27: whoever signs with it is asked to come again, at every request of the outage, and is let in after it."""
    clock = Clock()
    keys, server = _keys(key_set(rsa_key("old")), clock)
    keys.find("old", "RSA")
    server.answers["/jwks"] = (503, {}, b"")
    clock.pass_time(seconds=31)
    for _ in range(20):
        with pytest.raises(KeysUnavailable):
            keys.find("new", "RSA")
        assert keys.find("old", "RSA")
    assert server.count("/jwks") == 2
    server.answers["/jwks"] = _answer(key_set(rsa_key("old"), rsa_key("new")))
    clock.pass_time(seconds=31)
    assert keys.find("new", "RSA")
    with pytest.raises(TokenInvalid):
        keys.find("another", "RSA")


def _weak() -> dict[str, Callable[[], dict[str, Any]]]:
    def rsa(**more: Any) -> dict[str, Any]:
        return {**rsa_key("weak").as_dict(private=False), **more}

    return {
        "short RSA": lambda: short_rsa_key("weak"),
        "symmetric": lambda: OctKey.generate_key(256, parameters={"kid": "weak"}).as_dict(private=True),
        "for encryption": lambda: rsa(use="enc"),
        "not for verifying": lambda: rsa(key_ops=["encrypt"]),
        "operations as text": lambda: rsa(key_ops="verify"),
        "a published private key": lambda: rsa_key("weak").as_dict(private=True),
        "kid as number": lambda: rsa(kid=7),
        "kid empty": lambda: rsa(kid=""),
        "kid very long": lambda: rsa(kid="w" * 300),
        "modulus missing": lambda: {k: v for k, v in rsa().items() if k != "n"},
        "modulus not base64": lambda: rsa(n="***"),
        "a curve we do not take": lambda: ec_key("weak", "P-521").as_dict(private=False),
        "secp256k1": lambda: {**ec_key("weak").as_dict(private=False), "crv": "secp256k1"},
        "a point off the curve": lambda: {**ec_key("weak").as_dict(private=False), "x": "AAAA"},
        "type missing": lambda: {k: v for k, v in rsa().items() if k != "kty"},
        "unknown type": lambda: rsa(kty="AKP"),
    }


@pytest.mark.parametrize("name", _weak())
def test_an_unfit_key_is_passed_over(name: str) -> None:
    """T24: it is no key here, and does not spoil the good ones beside it."""
    document = {"keys": [_weak()[name](), *key_set(ec_key())["keys"], "not a key", None]}
    keys, _ = _keys(document)
    assert keys.find("ec-1", "EC")
    for key_type in ("RSA", "EC", "oct"):
        with pytest.raises(TokenInvalid):
            keys.find("weak", key_type)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {}, b'{"keys": {}}'),
        (200, {}, b"{}"),
        (302, {"Location": "https://evil.example/jwks"}, b""),
        (500, {}, b""),
        (200, {}, json.dumps({"keys": [{"kty": "RSA"}] * 65}).encode()),
        (200, {}, b'{"keys": [], "pad": "' + b"x" * 300_000 + b'"}'),
    ],
    ids=["html", "list", "object", "no keys", "redirect", "error", "too many", "too large"],
)
def test_a_bad_key_set_is_no_key_set(answer: Any) -> None:
    """T24: capped in size and count, redirects not followed."""
    server = Server({"/jwks": answer})
    with pytest.raises(KeysUnavailable):
        remote_keys(server).find("rsa-1", "RSA")
    assert len(server.asked) == 1


def test_fifty_threads_cause_one_fetch() -> None:
    """T24: one refresh in flight; whoever waited uses its result."""
    keys, server = _keys(key_set(rsa_key()))
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("rsa-1", "RSA"))) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 50
    assert server.count("/jwks") == 1


def test_the_type_of_a_generated_key_is_what_we_think() -> None:
    """A guard for the helpers above."""
    assert isinstance(rsa_key(), RSAKey)
    assert isinstance(ec_key(), ECKey)
