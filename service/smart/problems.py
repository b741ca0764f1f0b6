"""Every way in which a launch, a token or a key can fail, each with the sentence a person may see.

    SmartProblem
    ├── LaunchProblem           a person cannot be signed in
    │   ├── UnknownIssuer       nobody configured this record system
    │   ├── DiscoveryFailed     its SMART configuration cannot be used
    │   ├── StateMismatch       the answer belongs to no launch of this browser, or to one already used
    │   ├── LaunchExpired       the person took longer than a launch lives
    │   ├── LaunchRefused       the authorization server said no
    │   └── IdentityNotProven   the id_token does not prove who signed in
    │       └── ClocksApart     it is good, for another time than ours
    ├── TokenRefused            the token endpoint said no, or its answer breaks the rules
    │   └── ClocksDiffer        it refused our proof, and its clock tells why
    ├── ScopeMissing            fewer scopes were granted than are needed
    ├── ServerSilent            no usable answer came in time
    ├── KeysUnavailable         the issuer's keys cannot be had just now
    ├── TokenInvalid            a token shown to us is refused
    │   └── ContextsMixed       a token is a person's and a machine's at once
    └── UnfitKey                a signing key of ours cannot be used

`reason` is a fixed word for logs and audit records. No problem carries a token, a code or anything a stranger sent.
"""


class SmartProblem(Exception):
    """The sign-in with the record system did not work."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(f"{self.sentence} ({reason})" if reason else self.sentence)
        self.reason = reason

    @property
    def sentence(self) -> str:
        """The sentence for a person: the class's docstring."""
        return (type(self).__doc__ or "").strip()


class LaunchProblem(SmartProblem):
    """You could not be signed in. Please open the journal again from your clinic's portal."""


class UnknownIssuer(LaunchProblem):
    """This record system is not known here. Please open the journal from your own clinic's portal."""


class DiscoveryFailed(LaunchProblem):
    """Your clinic's record system does not say how to sign in. Please tell your clinic."""


class StateMismatch(LaunchProblem):
    """This sign-in was already used, or belongs to another window. Please start again from your clinic's portal."""


class LaunchExpired(LaunchProblem):
    """The sign-in took too long. Please start again from your clinic's portal."""


class LaunchRefused(LaunchProblem):
    """Your clinic's record system did not allow the sign-in."""


class IdentityNotProven(LaunchProblem):
    """Your clinic's record system did not prove who signed in. Please tell your clinic."""


class ClocksApart(IdentityNotProven):
    """Your clinic's record system has another time than we have, so we cannot sign you in. Please tell your clinic."""

    def __init__(self, words: str) -> None:
        self._words = words
        super().__init__("clocks-differ")

    @property
    def sentence(self) -> str:
        """The sentence for a person, with the difference."""
        return f"{super().sentence} The record system's clock is {self._words}."


class TokenRefused(SmartProblem):
    """The sign-in is no longer valid. Please sign in again. What was saved is still here."""


class ClocksDiffer(TokenRefused):
    """The record system's clock and ours differ, so it does not believe who we are. Please tell your clinic."""

    def __init__(self, words: str) -> None:
        self._words = words
        super().__init__("clocks-differ")

    @property
    def sentence(self) -> str:
        """The sentence for a person, with the difference."""
        return f"{super().sentence} The record system's clock is {self._words}."


class ScopeMissing(SmartProblem):
    """The record system granted fewer rights than are needed here."""

    def __init__(self, *missing: str) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


class ServerSilent(SmartProblem):
    """The record system does not answer just now. Please try again in a moment."""


class KeysUnavailable(SmartProblem):
    """The record system's keys cannot be fetched just now. Please try again in a moment."""


class TokenInvalid(SmartProblem):
    """The access token is not valid here."""


class ContextsMixed(TokenInvalid):
    """An access token cannot be for a person and for the whole system at once."""


class UnfitKey(SmartProblem):
    """This signing key cannot be used: it must be RSA of at least 2048 bits, or EC on the curve P-384."""
