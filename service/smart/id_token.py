"""Who signed in: the id_token, checked as OpenID Connect Core § 3.1.3.7 and SMART A-81 to A-85 ask."""

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.smart.clocks import in_words
from service.smart.fhir_user import relative_person
from service.smart.keys import RemoteKeys
from service.smart.problems import ClocksApart, IdentityNotProven, TokenInvalid
from service.smart.signed import (
    LEEWAY_SECONDS,
    OUT_OF_TIME,
    Opened,
    check_times,
    open_signed,
    require_audience,
    require_text,
)

_LONGEST_LIFE_SECONDS = 24 * 3600
_LAST_INSTANT = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
_TYPES = ("", "jwt", "id_token+jwt")


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the issuer names them; `fhir_user` is e.g. "Patient/x", None where the issuer said nothing usable."""

    issuer: str
    subject: str
    fhir_user: str | None


def prove(
    id_token: str,
    *,
    issuer: str,
    client_id: str,
    nonce: str | None,
    keys: RemoteKeys,
    now: datetime,
    record_bases: Collection[str] = (),
    access_token: str | None = None,
) -> Person:
    """The person whom the id_token proves; IdentityNotProven where it proves nobody, KeysUnavailable without keys.

    ClocksApart where it was made for this sign-in, and its issuer's clock and ours differ too much to use it (F23).

    `issuer` is the configured one (A-85), `nonce` the one sent at the launch, None at a refresh. `record_bases`
    are the spellings of the FHIR base that an absolute fhirUser may begin with. With `access_token` an `at_hash`
    in the token must fit it.
    """
    try:
        opened = open_signed(id_token, keys)
        _check(opened, issuer, client_id, nonce)
        _check_times(opened, now)
        _check_access_token_hash(opened, access_token)
        subject = require_text(opened.claims, "sub")
    except TokenInvalid as error:
        raise IdentityNotProven(error.reason) from error
    return Person(issuer, subject, relative_person(_fhir_user(opened), record_bases))


def _check(opened: Opened, issuer: str, client_id: str, nonce: str | None) -> None:
    claims = opened.claims
    if opened.type not in _TYPES:
        raise TokenInvalid("type")
    if claims.get("iss") != issuer:
        raise TokenInvalid("issuer")
    audience = require_audience(claims)
    authorized = claims.get("azp")
    if client_id not in audience or (len(audience) > 1 and authorized is None):
        raise TokenInvalid("audience")
    if authorized is not None and authorized != client_id:
        raise TokenInvalid("authorized-party")
    if "iat" not in claims:
        raise TokenInvalid("claim-iat")
    if nonce is not None and not _same(claims.get("nonce"), nonce):
        raise TokenInvalid("nonce")


def _check_times(opened: Opened, now: datetime) -> None:
    """The token was handed to us as it was made: where its time is not ours, neither is its issuer's clock."""
    try:
        check_times(opened.claims, now, _LONGEST_LIFE_SECONDS)
    except TokenInvalid as error:
        ahead = _ahead(opened.claims["iat"], now)
        if error.reason in OUT_OF_TIME and abs(ahead) > timedelta(seconds=LEEWAY_SECONDS):
            raise ClocksApart(in_words(ahead)) from error
        raise


def _ahead(issued: object, now: datetime) -> timedelta:
    """By how much who issued it is ahead of us; nothing where it does not say so in seconds that can be counted."""
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not 0 <= issued <= _LAST_INSTANT:
        return timedelta(0)
    return datetime.fromtimestamp(issued, UTC) - now


def _check_access_token_hash(opened: Opened, access_token: str | None) -> None:
    if access_token is None or "at_hash" not in opened.claims:
        return
    size = int(str(opened.header["alg"])[-3:])
    digest = hashlib.new(f"sha{size}", access_token.encode()).digest()
    wanted = base64.urlsafe_b64encode(digest[: size // 16]).rstrip(b"=").decode()
    if not _same(opened.claims["at_hash"], wanted):
        raise TokenInvalid("at-hash")


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())


def _fhir_user(opened: Opened) -> object:
    # `profile` was the claim's name in the first SMART drafts, and old servers still send it.
    return opened.claims.get("fhirUser", opened.claims.get("profile"))
