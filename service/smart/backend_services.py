"""Tokens for our delivery worker, which acts without a person (SMART Backend Services; D-01 to D-15)."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime

from service.smart.discovery import Configurations
from service.smart.problems import ScopeMissing, ServerSilent, TokenRefused
from service.smart.scopes import parse
from service.smart.token_endpoint import Caller, TokenAnswer, ask_for_token

_USED_FOR = 0.8  # of its life (D-11)


@dataclass(frozen=True, slots=True)
class _Kept:
    answer: TokenAnswer
    renew_at: datetime


class BackendTokens:
    """The access token of one record system: asked for when needed, kept for 80 % of its life, shared by threads.

    `caller` holds our backend registration; `scope` are the system scopes that filing needs.
    """

    def __init__(self, caller: Caller, iss: str, configurations: Configurations, scope: str) -> None:
        self._caller = caller
        self._iss = iss
        self._configurations = configurations
        self._scope = scope
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    def token(self) -> str:
        """A token good for now; ServerSilent, DiscoveryFailed, TokenRefused, or ScopeMissing with what is missing."""
        with self._lock:
            if self._kept is None or self._caller.clock() >= self._kept.renew_at:
                self._kept = None
                self._kept = self._ask()
            return self._kept.answer.access_token

    def forget(self, token: str) -> None:
        """The record system refused this token: the next call asks for another (F13)."""
        with self._lock:
            if self._kept is not None and self._kept.answer.access_token == token:
                self._kept = None

    def _ask(self) -> _Kept:
        asked_at = self._caller.clock()
        answer = self._granted()
        lacking = parse(answer.scope).lacks(parse(self._scope))
        if lacking:
            raise ScopeMissing(*lacking)
        return _Kept(answer, asked_at + (answer.expires_at - asked_at) * _USED_FOR)

    def _granted(self) -> TokenAnswer:
        configuration = self._configurations.of(self._iss, for_launch=False)
        caller = replace(self._caller, algorithms=configuration.assertion_algorithms)
        form = {"grant_type": "client_credentials", "scope": self._scope}
        try:
            return ask_for_token(caller, configuration.token_endpoint, form, iss=self._iss, strict=True)
        except (ServerSilent, TokenRefused):
            # The endpoint may have moved since it was discovered.
            self._configurations.forget(self._iss)
            raise
