"""Tokens that nobody granted, for the clinic's own FHIR base: each by its name, as it stands after `Bearer `.

The keys they imitate are the real ones of the world's record systems. The other half of an ECDSA signature (n - s) is
not among them: it is as good a signature of the same words.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey

from service.cli.demo_clinic import CLINIC
from tests.proofs.forger import HOUR, Forger, Named, part, signed
from tests.proofs.misplaced_tokens import for_another_purpose, of_other_kinds
from tests.smart.forgeries import EVIL, b64
from tests.world import EHR, World

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, section 2.4.2)


def forgeries(world: World) -> tuple[str, dict[str, str]]:
    """A genuine token of the world, and every forgery of it by name."""
    forger = Forger(world)
    found: dict[str, str] = {}
    for kind in _KINDS:
        for name, token in kind(forger):
            if name in found:
                raise ValueError(f"two forgeries are named {name}")
            found[name] = token
    return forger.genuine, found


def _unsigned(forger: Forger) -> Iterator[Named]:
    signature = forger.genuine.rpartition(".")[2]
    algorithms: tuple[object, ...] = (
        "none",
        "None",
        "NONE",
        "nOnE",
        "none ",
        "",
        None,
        0,
        False,
        ["none"],
        {"none": 1},
    )
    for algorithm in algorithms:
        start = f"{part(forger.header | {'alg': algorithm})}.{part(forger.claims)}"
        for kind, end in (("nothing", ""), ("four letters", "AAAA"), ("the genuine signature", signature)):
            yield f"alg {algorithm!r} with {kind}", f"{start}.{end}"


def _by_what_is_public(forger: Forger) -> Iterator[Named]:
    """Signed by HMAC with what everybody can fetch or guess (threat T12)."""
    for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
        for name, secret in _public_secrets(forger).items():
            start = f"{part(forger.header | {'alg': algorithm})}.{part(forger.claims)}"
            yield (
                f"{algorithm} with {name}",
                f"{start}.{b64(hmac.new(secret, start.encode(), digest).digest())}",
            )


def _public_secrets(forger: Forger) -> dict[str, bytes]:
    access, identity = forger.access, forger.identity
    point, modulus = access.as_dict(private=False), identity.as_dict(private=False)
    published = forger.world.sandboxes[CLINIC].parts.tokens.keys.public()
    return {
        "the access key's PEM": access.as_pem(private=False),
        "the access key's PEM, trimmed": access.as_pem(private=False).strip(),
        "the access key's DER": access.as_der(private=False),
        "the access key's JWK": json.dumps(point).encode(),
        "the access key's x": str(point["x"]).encode(),
        "the access key's x as bytes": base64.urlsafe_b64decode(str(point["x"]) + "=="),
        "the identity key's PEM": identity.as_pem(private=False),
        "the identity key's PEM, trimmed": identity.as_pem(private=False).strip(),
        "the identity key's DER": identity.as_der(private=False),
        "the identity key's modulus": str(modulus["n"]).encode(),
        "the key set": json.dumps(published).encode(),
        "the key's name": str(access.kid).encode(),
        "the issuer": EHR.encode(),
        "nothing": b"",
    }


def _by_other_keys(forger: Forger) -> Iterator[Named]:
    """Algorithms and keys that do not belong together, and keys of others under the right name."""
    evil_ec, evil_rsa = ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
    header, claims, rsa_kid = forger.header, forger.claims, forger.identity.kid
    yield "another's key, the right kid", signed(header, claims, "ES256", evil_ec)
    yield (
        "another's RSA key, the right kid",
        signed(header | {"alg": "RS256", "kid": rsa_kid}, claims, "RS256", evil_rsa),
    )
    yield "another's RSA key said to be ES256", signed(header, claims, "RS256", evil_rsa)
    yield "the other clinic's key, our kid", signed(header, claims, "ES256", forger.others)
    yield (
        "the other clinic's key, its own kid",
        signed(header | {"kid": forger.others.kid}, claims, "ES256", forger.others),
    )
    yield "the identity key said to be the access key", signed(header, claims, "RS256", forger.identity)
    yield (
        "the access key said to be the identity key",
        signed(header | {"kid": rsa_kid}, claims, "ES256", forger.access),
    )
    for algorithm in ("PS256", "PS384", "PS512", "RS512"):
        shown = header | {"alg": algorithm, "kid": rsa_kid}
        yield f"{algorithm} by the identity key", signed(shown, claims, algorithm, forger.identity)
    for algorithm in ("RS256", "RS384", "PS256"):
        yield (
            f"{algorithm} under the access key's kid",
            signed(header | {"alg": algorithm}, claims, algorithm, forger.identity),
        )
    for algorithm, curve in (("ES384", "P-384"), ("ES512", "P-521"), ("ES256K", "secp256k1")):
        key = ECKey.generate_key(curve)
        yield f"{algorithm} by another's key", signed(header | {"alg": algorithm}, claims, algorithm, key)
        yield f"ES256 by a key on {curve}", signed(header, claims, algorithm, key)
    for algorithm in (
        "es256",
        "Es256",
        "ES256 ",
        "ES-256",
        "RS256",
        "RS384",
        "ES384",
        "EdDSA",
        "HS256",
        "*",
        "ES256\u0000",
    ):
        yield f"the right key under alg {algorithm!r}", forger.with_header(alg=algorithm)


def header_injections(forger: Forger) -> Iterator[Named]:
    """Headers that would choose the key, or how it is used (threat T13); all truly signed but for the first ones."""
    evil = ECKey.generate_key("P-256")
    evil_jwk = {name: value for name, value in evil.as_dict(private=False).items() if isinstance(value, str)}
    chosen: dict[str, dict[str, Any]] = {
        "a key of its own": {"jwk": evil_jwk},
        "a key of its own and its kid": {"jwk": evil_jwk, "kid": "evil"},
        "a set of its own": {"jku": EVIL},
        "a set of its own and its kid": {"jku": EVIL, "kid": "evil"},
        "a certificate of its own": {"x5u": EVIL},
        "no kid": {"kid": None},
        "an address for a kid": {"kid": EVIL},
        "a path for a kid": {"kid": "../../../../dev/null"},
    }
    for name, more in chosen.items():
        shown = {key: value for key, value in (forger.header | more).items() if value is not None}
        yield f"another's key with {name}", signed(shown, forger.claims, "ES256", evil)
    right = forger.access.as_dict(private=False)
    told: dict[str, list[Any]] = {
        "jku": [EVIL, f"{EHR}/jwks", "file:///etc/hosts", "http://127.0.0.1:9/", "", ["x"]],
        "x5u": [EVIL, f"{EHR}/cert", ""],
        "x5c": [["MIIB"], [], "MIIB"],
        "jwk": [right, {}, "x"],
        "crit": [[], ["exp"], ["b64"], ["kid"], "exp", 1],
        "b64": [False, True],
        "zip": ["DEF", ""],
        "enc": ["A128GCM"],
        "p2c": [2_000_000_000],
        "kid": [
            None, "", 1, True, 1.5, ["x"], {"x": 1}, "evil", "../../dev/null", "x' OR '1'='1", "x\u0000", "*",
            f"{forger.access.kid} ", f" {forger.access.kid}", f"{forger.access.kid}\u0000", f"{forger.access.kid}\n",
            str(forger.access.kid).swapcase(), [forger.access.kid], {"kid": forger.access.kid}, "k" * 256,
            forger.others.kid,
        ],
        "typ": [
            "logout+jwt", "secevent+jwt", "dpop+jwt", "id_token", "id+jwt", "JWE", "at", "client-authentication+jwt",
            ["at+jwt"], 1, True, {"at+jwt": 1}, "application/application/at+jwt", "at+jwt ", "at+jwt\u0000", "аt+jwt",
        ],
        "pad": ["x" * 5000],
    }  # fmt: skip
    for member, values in told.items():
        for value in values:
            yield (
                f"header {member} {str(value)[:60]!r} {type(value).__name__}",
                forger.with_header(**{member: value}),
            )


def _texts(forger: Forger) -> Iterator[Named]:
    """Truly signed parts that two readers could read differently, or that are no object at all."""
    header, claims = json.dumps(forger.header), json.dumps(forger.claims)
    sign: Callable[[object, object], str] = lambda one, two: signed(one, two, "ES256", forger.access)  # noqa: E731
    for name, text in {
        "as a list": f"[{header}]",
        "as a text": '"ES256"',
        "that is null": "null",
        "that is no JSON": "alg=ES256",
        "with alg twice": '{"alg":"none",' + header[1:],
        "with alg twice, the last is none": header[:-1] + ',"alg":"none"}',
        "with kid twice": '{"kid":"evil",' + header[1:],
        "with something behind": header + "{}",
        "with NaN": header[:-1] + ',"x":NaN}',
        "with half a character": header[:-1] + ',"x":"\\ud800"}',
        "in single quotes": header.replace('"', "'"),
        "with a mark before": "\ufeff" + header,
        "in UTF-16": header.encode("utf-16"),
    }.items():
        yield f"header {name}", sign(text, claims)
    for member in ("aud", "iss", "exp", "scope", "patient", "sub", "fhirUser"):
        again = json.dumps({member: forger.claims[member]})[1:-1]
        yield f"claims with {member} twice", sign(header, f"{claims[:-1]},{again}}}")
    for name, body in {
        "as a list": f"[{claims}]".encode(),
        "as a text": json.dumps(claims).encode(),
        "that are null": b"null",
        "that are a number": b"1",
        "that are an empty object": b"{}",
        "that are no JSON": b"iss=" + EHR.encode(),
        "with something behind": claims.encode() + b" x",
        "two of them": claims.encode() * 2,
        "with a comment": b"/**/" + claims.encode(),
        "with a last comma": claims.encode()[:-1] + b",}",
        "with a mark before": b"\xef\xbb\xbf" + claims.encode(),
        "in UTF-16": claims.encode("utf-16"),
        "not Unicode": claims.encode()[:-1] + b',"x":"\xff"}',
        "with an overlong slash": claims.encode()[:-1] + b',"x":"\xc0\xaf"}',
        "with half a character": claims.encode()[:-1] + b',"x":"\\udfff"}',
        "with NaN": claims.encode()[:-1] + b',"x":NaN}',
        "with infinity": claims.encode()[:-1] + b',"x":-Infinity}',
        "nested without end": claims.encode()[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
        "too large": claims.encode()[:-1] + b',"x":"' + b"x" * 20_000 + b'"}',
        "with exp beyond all numbers": json.dumps(forger.claims | {"exp": "@"})
        .replace('"@"', "1e999")
        .encode(),
        "with exp of many digits": json.dumps(forger.claims | {"exp": "@"})
        .replace('"@"', "9" * 5000)
        .encode(),
    }.items():
        yield f"claims {name}", sign(header, body)


def _bent(forger: Forger) -> Iterator[Named]:
    """The genuine token, changed after it was signed."""
    head, said, seal = forger.genuine.split(".")
    raw = base64.urlsafe_b64decode(seal + "==")
    for bit in (0, 1, 100, 255, 256, 300, 511):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << (bit % 8)
        yield f"signature with bit {bit} turned", f"{head}.{said}.{b64(bytes(changed))}"
    r, s = raw[:32], raw[32:]
    whole = ORDER.to_bytes(32)
    for name, other in {
        "of zeros": bytes(64),
        "of the curve's order": whole + whole,
        "of ones": bytes(31) + b"\x01" + bytes(31) + b"\x01",
        "of all bits": b"\xff" * 64,
        "turned round": s + r,
        "with r for s": r + r,
        "with r zero": bytes(32) + s,
        "with s zero": r + bytes(32),
        "cut by one": raw[:-1],
        "cut in half": r,
        "one longer": raw + b"\x00",
        "with zeros before": b"\x00" + r + b"\x00" + s,
        "as a digest": hashlib.sha256(f"{head}.{said}".encode()).digest(),
        "in DER": _der(r, s),
        "of text": b"signature",
    }.items():
        yield f"signature {name}", f"{head}.{said}.{b64(other)}"
    for member, value in {
        "patient": "patient-two-in", "sub": "admin", "scope": "system/*.cruds", "exp": forger.now + 20 * HOUR,
        "client_id": "registry", "fhirUser": f"{EHR}/fhir/Practitioner/clinician-1", "iss": f"{EHR}/", "x": 1,
    }.items():  # fmt: skip
        yield (
            f"another {member} under the genuine signature",
            f"{head}.{part(forger.claims | {member: value})}.{seal}",
        )
    headers: dict[str, dict[str, Any]] = {
        "typ JWT": {"typ": "JWT"},
        "more": {"x": 1},
        "no kid": {"kid": None},
    }
    for name, shown in headers.items():
        yield (
            f"header with {name} under the genuine signature",
            f"{part(forger.header | shown)}.{said}.{seal}",
        )
    yield (
        "claims spelled anew under the genuine signature",
        (f"{head}.{b64(json.dumps(forger.claims, separators=(',', ':')))}.{seal}"),
    )
    another = forger.with_claims(jti="another").split(".")
    yield "the signature of another token", f"{head}.{said}.{another[2]}"
    yield "the claims of another token", f"{head}.{another[1]}.{seal}"


def _der(r: bytes, s: bytes) -> bytes:
    whole = b"".join(b"\x02\x21\x00" + number for number in (r, s))
    return b"\x30" + bytes([len(whole)]) + whole


def _spelled(forger: Forger) -> Iterator[Named]:
    """The genuine token in another spelling, or only a part of it."""
    token = forger.genuine
    head, said, seal = token.split(".")
    for name, other in {
        "padded": f"{token}==",
        "padded in each part": f"{head}=.{said}=.{seal}==",
        "with a blank inside": f"{head}.{said[:9]} {said[9:]}.{seal}",
        "with a blank after a point": f"{head}. {said}.{seal}",
        "with a tab inside": f"{head}.{said[:9]}\t{said[9:]}.{seal}",
        "with a line break inside": f"{head}.{said[:9]}\n{said[9:]}.{seal}",
        "with a line break behind": f"{token}\n",
        "with a zero inside": f"{head}.{said}\x00.{seal}",
        "with a zero behind": f"{token}\x00",
        "in the other alphabet": f"{head}.{said}.+/{seal[2:]}",
        "with spare bits": token[:-1] + LETTERS[LETTERS.index(token[-1]) ^ 1],
        "with other spare bits": token[:-1] + LETTERS[LETTERS.index(token[-1]) ^ 8],
        "in small letters": token.lower(),
        "in capitals": token.upper(),
        "reversed": token[::-1],
        "in quotes": f'"{token}"',
        "in angle brackets": f"<{token}>",
        "percent-encoded": token.replace(".", "%2E"),
        "with a full-width letter": "ｅ" + token[1:],
        "with a soft hyphen": f"{token[:20]}\u00ad{token[20:]}",
        "with a letter that is no ASCII": f"{token}é",
        "with a Cyrillic e": "е" + token[1:],
        "with commas": token.replace(".", ","),
        "with two points": token.replace(".", "..", 1),
        "with a point before": f".{token}",
        "with a point behind": f"{token}.",
        "with a fourth part": f"{token}.AAAA",
        "twice": f"{token}{token}",
        "twice, with a comma": f"{token}, {token}",
        "twice, with a blank": f"{token} {token}",
        "behind another scheme": f"Bearer {token}",
        "with a parameter": f"{token}; x=y",
        "without signature": f"{head}.{said}.",
        "without the last part": f"{head}.{said}",
        "without claims": f"{head}..{seal}",
        "without header": f".{said}.{seal}",
        "header alone": head,
        "claims alone": said,
        "signature alone": seal,
        "with parts exchanged": f"{said}.{head}.{seal}",
        "points alone": "..",
        "a point": ".",
        "one letter": "x",
        "null": "null",
        "undefined": "undefined",
        "true": "true",
        "very long": token + "A" * 20_000,
        "very long and nothing else": "A" * 100_000,
        "thousands of points": "." * 10_000,
        "as claims alone in JSON": json.dumps(forger.claims),
        "in the JSON form": json.dumps({"payload": said, "protected": head, "signature": seal}),
        "encoded once more": b64(token),
        "for Basic": base64.b64encode(f"diary-app:{token}".encode()).decode(),
    }.items():
        yield f"genuine {name}", other
    for length in range(1, len(token) - len(seal), len(token) // 12):
        yield f"genuine, its first {length} letters", token[:length]
    yield "nested", signed(forger.header | {"cty": "JWT"}, token, "ES256", forger.access)
    yield "nested, as a member", signed(forger.header, {"token": token}, "ES256", forger.access)
    sealing = {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": forger.identity.kid}
    yield (
        "encrypted",
        jwe.encrypt_compact(sealing, token, forger.identity, algorithms=["RSA-OAEP", "A128GCM"]),
    )


_KINDS: tuple[Callable[[Forger], Iterator[Named]], ...] = (
    _unsigned,
    _by_what_is_public,
    _by_other_keys,
    header_injections,
    _texts,
    _bent,
    _spelled,
    for_another_purpose,
    of_other_kinds,
)
