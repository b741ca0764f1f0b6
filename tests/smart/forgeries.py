"""Forged tokens: every way we know to make one that is not what the issuer signed (threats T12 to T14)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from joserfc import jwe, jws
from joserfc.jwk import ECKey, RSAKey

from tests.smart.people import ec_key, rsa_key, sign, sign_raw

EVIL_KEY = RSAKey.generate_key(2048, parameters={"kid": "rsa-1"})
EVIL_EC = ECKey.generate_key("P-256", parameters={"kid": "ec-1"})
EVIL = "https://evil.example/keys"

Forge = Callable[[dict[str, Any], dict[str, Any]], str]


def b64(raw: bytes | str | dict[str, Any]) -> str:
    data = (
        json.dumps(raw).encode() if isinstance(raw, dict) else raw.encode() if isinstance(raw, str) else raw
    )
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_header(**more: Any) -> Forge:
    def forge(header: dict[str, Any], claims: dict[str, Any]) -> str:
        changed = {name: value for name, value in {**header, **more}.items() if value is not None}
        signing = f"{b64(changed)}.{b64(claims)}".encode()
        signature = _rs256(signing)
        return f"{signing.decode()}.{b64(signature)}"

    return forge


def _rs256(message: bytes) -> bytes:
    algorithm = jws.JWSRegistry.algorithms["RS256"]
    return algorithm.sign(message, rsa_key())


def _unsigned(algorithm: object, signature: str = "") -> Forge:
    return lambda header, claims: f"{b64({**header, 'alg': algorithm})}.{b64(claims)}.{signature}"


def _hmac(secret: Callable[[], bytes], algorithm: str = "HS256", digest: str = "sha256") -> Forge:
    def forge(header: dict[str, Any], claims: dict[str, Any]) -> str:
        signing = f"{b64({**header, 'alg': algorithm})}.{b64(claims)}".encode()
        return f"{signing.decode()}.{b64(hmac.new(secret(), signing, digest).digest())}"

    return forge


def _twisted(change: Callable[[str], str]) -> Forge:
    return lambda header, claims: change(sign(header, claims, rsa_key()))


def _parts(change: Callable[[list[str]], list[str]]) -> Forge:
    return _twisted(lambda token: ".".join(change(token.split("."))))


def _json_text(text: Callable[[dict[str, Any]], str]) -> Forge:
    return lambda header, claims: sign_raw(header, text(claims).encode("utf-8", "surrogatepass"), rsa_key())


def _header_text(text: str) -> Forge:
    def forge(header: dict[str, Any], claims: dict[str, Any]) -> str:
        signing = f"{b64(text)}.{b64(claims)}"
        return f"{signing}.{b64(_rs256(signing.encode()))}"

    return forge


def _nested(header: dict[str, Any], claims: dict[str, Any]) -> str:
    inner = sign(header, claims, rsa_key())
    return sign_raw({**header, "cty": "JWT"}, inner.encode(), rsa_key())


def _encrypted(header: dict[str, Any], claims: dict[str, Any]) -> str:
    protected = {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": "rsa-1"}
    return jwe.encrypt_compact(protected, json.dumps(claims), rsa_key(), algorithms=["RSA-OAEP", "A128GCM"])


def _spare_bits(header: dict[str, Any], claims: dict[str, Any]) -> str:
    token = sign(header, claims, rsa_key())
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def _spare_header_bits(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Another text of the same header, truly signed: two readers may see two tokens."""
    padded = b64(json.dumps({**header, "x": "a" * 2}).encode())
    other = padded[:-1] + ("B" if padded[-1] == "A" else chr(ord(padded[-1]) + 1))
    signing = f"{other}.{b64(claims)}"
    return f"{signing}.{b64(_rs256(signing.encode()))}"


def forgeries() -> dict[str, Forge]:
    """Each named forgery of an RS256 token with kid rsa-1; the key set holds rsa-1, ec-1 and rsa-2."""
    public = rsa_key().as_pem(private=False)
    jwk = rsa_key().as_dict(private=False)
    evil_jwk = {k: v for k, v in EVIL_KEY.as_dict(private=False).items() if isinstance(v, str)}
    return {
        "none": _unsigned("none"),
        "None": _unsigned("None"),
        "NONE": _unsigned("NONE"),
        "nOnE": _unsigned("nOnE"),
        "none with a signature": _unsigned("none", "AAAA"),
        "no alg": _unsigned(None),
        "alg empty": _unsigned("", "AAAA"),
        "alg as number": _unsigned(256, "AAAA"),
        "alg as list": _unsigned(["RS256"], "AAAA"),
        "alg as object": _unsigned({"RS256": True}, "AAAA"),
        "RS256 without signature": _parts(lambda p: [p[0], p[1], ""]),
        "HS256 with the public PEM": _hmac(lambda: public),
        "HS256 with the public PEM, trimmed": _hmac(lambda: public.strip()),
        "HS384 with the public PEM": _hmac(lambda: public, "HS384", "sha384"),
        "HS512 with the public PEM": _hmac(lambda: public, "HS512", "sha512"),
        "HS256 with the modulus": _hmac(lambda: jwk["n"].encode()),  # type: ignore[union-attr]
        "HS256 with the JWK": _hmac(lambda: json.dumps(jwk).encode()),
        "HS256 with nothing": _hmac(lambda: b""),
        "HS256 under another case": _hmac(lambda: public, "hs256"),
        "rs256 in small letters": lambda h, c: with_header(alg="rs256")(h, c),
        "PS256": lambda h, c: sign({**h, "alg": "PS256"}, c, rsa_key()),
        "RS512": lambda h, c: sign({**h, "alg": "RS512"}, c, rsa_key()),
        "ES512": lambda h, c: sign({**h, "alg": "ES512"}, c, ec_key("big", "P-521")),
        "ES256 with the RSA key's kid": lambda h, c: sign({**h, "alg": "ES256"}, c, ec_key()),
        "RS256 with the EC key's kid": lambda h, c: sign({**h, "kid": "ec-1"}, c, rsa_key()),
        "ES384 under a P-256 kid": lambda h, c: sign(
            {**h, "alg": "ES384", "kid": "ec-1"}, c, ec_key("p384", "P-384")
        ),
        "another's key under this kid": lambda h, c: sign(h, c, EVIL_KEY),
        "another's EC key under this kid": lambda h, c: sign(
            {**h, "alg": "ES256", "kid": "ec-1"}, c, EVIL_EC
        ),
        "the other key of the set": lambda h, c: sign(h, c, rsa_key("rsa-2")),
        "kid unknown": with_header(kid="rsa-9"),
        "kid missing": with_header(kid=None),
        "kid empty": with_header(kid=""),
        "kid as number": with_header(kid=1),
        "kid as list": with_header(kid=["rsa-1"]),
        "kid as object": with_header(kid={"rsa-1": 1}),
        "kid true": with_header(kid=True),
        "kid as path": with_header(kid="../../../../dev/null"),
        "kid as SQL": with_header(kid="x' UNION SELECT 'k"),
        "kid as address": with_header(kid=EVIL),
        "kid very long": with_header(kid="r" * 300),
        "kid with a zero": with_header(kid="rsa-1\x00"),
        "jku": with_header(jku=EVIL),
        "jku of the issuer": with_header(jku="https://ehr.example/jwks"),
        "jwk": lambda h, c: sign({**h, "jwk": evil_jwk}, c, EVIL_KEY),
        "jwk that is the right one": with_header(jwk=jwk),
        "x5u": with_header(x5u=EVIL),
        "x5c": with_header(x5c=["MIIB"]),
        "crit unknown": with_header(crit=["exp"], exp=1),
        "crit empty": with_header(crit=[]),
        "crit b64": with_header(crit=["b64"], b64=True),
        "b64 false": with_header(b64=False),
        "zip": with_header(zip="DEF"),
        "typ as list": with_header(typ=["at+jwt"]),
        "typ of a logout token": with_header(typ="logout+jwt"),
        "typ of a security event": with_header(typ="secevent+jwt"),
        "typ of a proof": with_header(typ="dpop+jwt"),
        "header very large": with_header(pad="x" * 5000),
        "header as list": _header_text('["RS256"]'),
        "header with alg twice": _header_text('{"alg":"none","alg":"RS256","kid":"rsa-1","typ":"at+jwt"}'),
        "header not JSON": _header_text("alg=RS256"),
        "header empty": _header_text(""),
        "claims as list": _json_text(lambda c: json.dumps([c])),
        "claims as text": _json_text(lambda c: json.dumps("yes")),
        "claims not JSON": _json_text(lambda c: "iss=https://ehr.example"),
        "claims empty": _json_text(lambda c: ""),
        "claims with aud twice": _json_text(
            lambda c: json.dumps(c)[:-1] + ', "aud": "https://evil.example"}'
        ),
        "claims with NaN": _json_text(lambda c: json.dumps({**c, "exp": float("nan")})),
        "claims with infinity": _json_text(lambda c: json.dumps({**c, "exp": float("inf")})),
        "claims with a huge number": _json_text(
            lambda c: json.dumps({**c, "exp": "@"}).replace('"@"', "1e999")
        ),
        "claims with half a character": _json_text(lambda c: json.dumps({**c, "x": "\ud800"})),
        "claims nested without end": _json_text(lambda c: '{"a":' + "[" * 9000 + "]" * 9000 + "}"),
        "claims not Unicode": lambda h, c: sign_raw(h, b'{"sub": "\xff"}', rsa_key()),
        "signature cut": _twisted(lambda t: t[:-8]),
        "signature longer": _twisted(lambda t: t + "AAAA"),
        "signature of zeros": _parts(lambda p: [p[0], p[1], "A" * len(p[2])]),
        "signature with spare bits": _spare_bits,
        "header with spare bits": _spare_header_bits,
        "claims changed": _parts(lambda p: [p[0], b64({"sub": "somebody else"}), p[2]]),
        "header changed": _parts(
            lambda p: [b64({"alg": "RS256", "kid": "rsa-1", "typ": "JWT "}), p[1], p[2]]
        ),
        "padding": _twisted(lambda t: t + "="),
        "a line break at the end": _twisted(lambda t: t + "\n"),
        "a blank inside": _parts(lambda p: [p[0], p[1][:4] + " " + p[1][4:], p[2]]),
        "standard base64": _parts(lambda p: [p[0], p[1], "+/" + p[2][2:]]),
        "four parts": _twisted(lambda t: t + ".AAAA"),
        "five empty parts": lambda h, c: "....",
        "two parts": _parts(lambda p: p[:2]),
        "one part": _parts(lambda p: p[:1]),
        "nothing": lambda h, c: "",
        "dots": lambda h, c: "..",
        "not ASCII": _twisted(lambda t: t + "é"),
        "full-width letters": _twisted(lambda t: "ｅ" + t[1:]),
        "very long": _twisted(lambda t: t + "A" * 20_000),
        "JSON form": lambda h, c: json.dumps({"payload": b64(c), "signatures": []}),
        "nested": _nested,
        "encrypted": _encrypted,
        "hash for a signature": lambda h, c: (
            f"{b64(h)}.{b64(c)}.{b64(hashlib.sha256(b64(c).encode()).digest())}"
        ),
    }
