"""The tokens that we give out ourselves, to backend clients that a clinic registered with us: what they grant.

Pure rules: the words of the scopes, the life of a token, the errors of RFC 6749 section 5.2. Who gives a token out,
and where it is kept, is the business of the workflow.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from service.smart.problems import TokenInvalid
from service.smart.scopes import LETTERS, Granted, parse

LIFE = timedelta(seconds=300)  # SMART C-22
GRANT_TYPE = "client_credentials"
ALGORITHMS = ("RS384", "ES384")
LONGEST_SCOPE = 4096


class TokenNotGiven(Exception):
    """No token is given; `reason` is a fixed word for the audit, `error` and `status` what the client is told."""

    error: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400

    def __init__(self, reason: str, client_id: str | None = None) -> None:
        super().__init__(f"{self.error} ({reason})")
        self.reason = reason
        self.client_id = client_id


class RequestUnclear(TokenNotGiven):
    """The request lacks something, says it twice, or proves its client in two ways."""


class ClientNotProven(TokenNotGiven):
    """Who asks did not prove to be a client of this clinic (SMART C-36)."""

    error = "invalid_client"
    status = 401


class GrantUnknown(TokenNotGiven):
    """Only client_credentials are taken here."""

    error = "unsupported_grant_type"


class ScopeNotGranted(TokenNotGiven):
    """Nothing of what was asked for can be granted to this client."""

    error = "invalid_scope"


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token as its client gets it; this text is nowhere else."""

    token: str
    scope: str
    seconds: int


def granted_scope(asked: str, registered: str, served: tuple[str, ...]) -> str:
    """What of the asked scopes the client is registered for, on the resource types `served` here; empty for nothing.

    A scope that lies within the registration is granted in the asker's own spelling, version 1 or 2 (B-12); of a wider
    one the part that does. Scopes of a person grant nothing to a client that has none.
    """
    try:
        limits = _reach(parse(registered), served)
        words = [_within(word, limits, served) for word in asked.split(" ") if word]
        parse(asked)  # scopes of a person and of the system are never granted together, not even a part (T15)
    except TokenInvalid:
        return ""
    return " ".join(dict.fromkeys(part for word in words for part in word))


def _within(word: str, limits: frozenset[tuple[str, str]], served: tuple[str, ...]) -> list[str]:
    asked = parse(word)
    reached = _reach(asked, served)
    if reached and reached <= limits and all(scope.resource_type != "*" for scope in asked.scopes):
        return [word]
    return [f"system/{kind}.{letters}" for kind in served if (letters := _letters(kind, reached & limits))]


def _reach(granted: Granted, served: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (kind, letter) for kind in served for letter in LETTERS if granted.allows("system", kind, letter)
    )


def _letters(kind: str, reached: frozenset[tuple[str, str]]) -> str:
    return "".join(letter for letter in LETTERS if (kind, letter) in reached)
