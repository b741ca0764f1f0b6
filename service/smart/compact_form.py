"""A signed text in JWS compact form (RFC 7515 section 7.1), taken apart and checked against one key.

What its header may say differs by what it is for: a token (`signed`) or a client's assertion (`client_assertion`).
"""

import base64
import binascii
import re
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from service.smart.keys import PublicKey
from service.smart.problems import TokenInvalid
from service.smart.strict_json import NotStrict, read_object

LONGEST = 16 * 1024
_LONGEST_HEADER = 2048
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class _AnyHeader(jws.JWSRegistry):
    max_header_length = _LONGEST_HEADER
    max_payload_length = LONGEST


def parts_of(written: str, longest: int = LONGEST) -> tuple[str, str]:
    """Its header and its claims, still encoded; TokenInvalid where it has another form or is too long."""
    if not isinstance(written, str) or len(written) > longest:
        raise TokenInvalid("size")
    match = _COMPACT.fullmatch(written)
    if match is None:
        raise TokenInvalid("form")
    return match[1], match[2]


def members_of(part: str) -> dict[str, Any]:
    """The JSON object of one part, read strictly; TokenInvalid."""
    try:
        # Another spelling of the same bytes (spare bits) is refused by joserfc when it checks the signature.
        return read_object(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, NotStrict) as error:
        raise TokenInvalid("encoding") from error


def check_signature(written: str, key: PublicKey, algorithm: str) -> None:
    """TokenInvalid unless this key signed it by exactly this algorithm; whatever else its header says is not heard."""
    registry = _AnyHeader(algorithms=[algorithm], strict_check_header=False)
    try:
        key.check_alg(algorithm)
        jws.deserialize_compact(written, key, algorithms=[algorithm], registry=registry)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenInvalid("signature") from error
