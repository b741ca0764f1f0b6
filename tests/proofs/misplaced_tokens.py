"""Tokens that a clinic's own record system truly signed, and not for our base, not for now, or not to open anything."""

from collections.abc import Iterator
from typing import Any

from service.cli.demo_clinic import CLINIC
from tests.proofs.forger import HOUR, Forger, Named, signed
from tests.smart.forgeries import EVIL
from tests.world import EHR, JOURNAL, OTHER, OTHER_EHR


def for_another_purpose(forger: Forger) -> Iterator[Named]:
    """Truly signed by the clinic's own record system, and not for us, not now, or not as an access token."""
    now, base = forger.now, forger.world.base
    told: dict[str, list[Any]] = {
        "iss": [
            ..., None, "", 1, [EHR], {"iss": EHR}, f"{EHR}/", f"{EHR}/fhir", f"{EHR}.evil.example", OTHER_EHR, EVIL,
            EHR.upper(), f" {EHR}", f"{EHR} ", EHR.replace("http:", "https:"), EHR.replace("localhost", "127.0.0.1"),
            EHR.replace("//", "//evil@"), f"{EHR}#", f"{EHR}?x", f"{EHR}\u0000", EHR.replace("o", "о"),
            EHR.removesuffix("0"),
        ],
        "aud": [
            ..., None, "", 1, True, {}, {base: 1}, [], [[base]], [base, 1], [base, None], "*", ["*"], f"{EHR}/fhir",
            [f"{EHR}/fhir"], f"{EHR}/fhir/", EHR, "diary-app", f"{JOURNAL}/{OTHER}/fhir", [f"{JOURNAL}/{OTHER}/fhir"],
            [f"{EHR}/fhir", f"{JOURNAL}/{OTHER}/fhir"], f"{base}/", f"{base}x", base[:-1], JOURNAL, f"{JOURNAL}/",
            f"{JOURNAL}/{CLINIC}", base.upper(), f" {base}", f"{base} {EHR}/fhir", f"{base}#", f"{base}?",
            [base.upper()], base.replace("127.0.0.1", "localhost"), base.replace("http:", "https:"),
            f"{base}/../{OTHER}/fhir",
        ],
        "exp": [
            ..., None, "", "soon", str(now + HOUR), True, [now + HOUR], {}, 0, -1, now - 61 - 60, now - HOUR, 1e308,
            now + 48 * HOUR, 9_999_999_999, (now + HOUR) * 1000,
        ],
        "nbf": [None, "", str(now), True, [now], now + 5 * HOUR, now + 6.5 * HOUR, 9_999_999_999, 1e300],
        "iat": [..., None, "", str(now), False, {}, now + 5 * HOUR, 9_999_999_999, now * 1000],
        "sub": [..., None, "", 7, [], ["somebody"], {}, True, "s" * 256],
        "client_id": [..., None, "", 7, ["diary-app"], {}, False, "c" * 256],
        "scope": [..., None, 1, True, {}, [], [1], [["patient/*.rs"]], ["patient/*.rs", None],
                  "patient/*.rs system/*.rs", "user/*.rs system/*.rs", ["patient/*.cruds", "system/*.cruds"]],
        "patient": ["", "../Patient/x", "Patient/patient-six-done", 1, ["patient-six-done"], {}, True, "..", ".",
                    "patient six", "patient-six-done\n", "p" * 65, f"{EHR}/fhir/Patient/patient-six-done"],
        "encounter": ["", "../x", 1, ["six-done-1"], "e" * 65],
        "token_use": ["id", "refresh", "", 1, None, ["access"]],
        "typ": ["ID", "Refresh", "Logout", "Offline", 0],
    }  # fmt: skip
    for claim, values in told.items():
        for value in values:
            shown = f"{str(value)[:90]!r} {type(value).__name__}" if value is not ... else "absent"
            yield f"claim {claim} {shown}", forger.with_claims(**{claim: value})


def of_other_kinds(forger: Forger) -> Iterator[Named]:
    """Identity tokens, and tokens of the other clinic."""
    plain = forger.header | {"typ": "JWT"}
    by_identity = {"alg": "RS256", "kid": forger.identity.kid}
    person = {
        "iss": EHR, "sub": "somebody", "aud": "journal-patient", "iat": forger.now, "exp": forger.now + HOUR,
        "nonce": "n", "fhirUser": forger.claims["fhirUser"],
    }  # fmt: skip
    for name, header in {"without typ": by_identity, "of typ JWT": by_identity | {"typ": "JWT"}}.items():
        yield f"identity token {name}", signed(header, person, "RS256", forger.identity)
        yield (
            f"identity token {name}, for our base",
            signed(header, person | {"aud": forger.world.base}, "RS256", forger.identity),
        )
        yield (
            f"identity token {name}, with all that we ask",
            signed(header, forger.claims | {"nonce": "n"}, "RS256", forger.identity),
        )
    for claim in ("nonce", "at_hash", "c_hash", "s_hash", "auth_time"):
        yield f"of typ JWT with {claim}", forger.with_claims(plain, **{claim: "x"})
    abroad = forger.claims | {
        "iss": OTHER_EHR,
        "aud": f"{JOURNAL}/{OTHER}/fhir",
        "fhirUser": f"{OTHER_EHR}/fhir/Patient/patient-six-done",
    }
    theirs = forger.header | {"kid": forger.others.kid}
    yield "the other clinic's own", signed(theirs, abroad, "ES256", forger.others)
    yield (
        "the other clinic's own, for our base",
        signed(theirs, abroad | {"aud": forger.world.base}, "ES256", forger.others),
    )
    yield (
        "the other clinic's own, for both bases",
        signed(theirs, abroad | {"aud": [abroad["aud"], forger.world.base]}, "ES256", forger.others),
    )
    yield "the other clinic's own, under our kid", signed(forger.header, abroad, "ES256", forger.others)
    yield "the other clinic's claims by our key", signed(forger.header, abroad, "ES256", forger.access)
