"""A backend client that the clinic registered with us asks for a token: proven by its key, once, and remembered.

Our own side of SMART Backend Services (SMART C-20 to C-37). A grant, its used-up assertion and its audit record are
one transaction; a refusal leaves a record as well (rule 25), without a word of what was sent.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Outcome, Record
from service.smart import client_assertion
from service.smart.client_assertion import RegisteredClient
from service.smart.own_tokens import (
    GRANT_TYPE,
    LIFE,
    LONGEST_SCOPE,
    ClientNotProven,
    GivenToken,
    GrantUnknown,
    RequestUnclear,
    ScopeNotGranted,
    TokenNotGiven,
    granted_scope,
)
from service.smart.problems import KeysUnavailable, TokenInvalid
from service.smart.registration import ASSERTION_TYPE
from service.store import client_tokens
from service.store.client_tokens import ClientToken, SpentAssertion
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record

SERVED = ("AuditEvent",)
DOOR = "export-token"


@dataclass(frozen=True, slots=True)
class ExportBase:
    """The second base of one clinic (SMART B-05): where it is, where its tokens are given, and who is registered."""

    clinic: str
    base: str
    token_endpoint: str
    clients: Mapping[str, RegisteredClient] = field(default_factory=dict)


def issue_token(
    desk: Desk, export: ExportBase, form: Mapping[str, str], origin: Origin, *, other_proof: bool = False
) -> GivenToken:
    """The token for the form that was sent; TokenNotGiven says why there is none, and is remembered.

    `other_proof`: the request carries credentials beside its form. TooBusy where nothing can be written just now.
    """
    try:
        return _issue(desk, export, form, origin, other_proof)
    except TokenNotGiven as refusal:
        refuse_token(desk, export, refusal, origin)
        raise


def refuse_token(desk: Desk, export: ExportBase, refusal: TokenNotGiven, origin: Origin) -> None:
    """Remember that no token was given, and why; the client is named only where it is registered."""
    context = AccessContext(export.clinic, Role.NOBODY, origin, client=refusal.client_id)
    remembered = record(
        desk, context, Deed.REFUSAL, what=DOOR, outcome=Outcome.REFUSED, reason=refusal.reason
    )
    before_answering(desk, context, [replace(remembered, server=export.base)])


def token_digest(token: str) -> str:
    """What is kept of a token, and names it in the audit: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _issue(
    desk: Desk, export: ExportBase, form: Mapping[str, str], origin: Origin, other_proof: bool
) -> GivenToken:
    _check_grant_type(form)
    client = _named_client(export, form, other_proof)
    shown = _proven(desk, export, client, form["client_assertion"])
    scope = _scope(form, client)
    if not scope:
        # It was shown, so it is used up, whatever it was shown for.
        _spend(desk, export, shown)
        raise ScopeNotGranted("nothing-to-grant", client.client_id)
    token = desk.new_secret()
    given = ClientToken(token_digest(token), client.client_id, scope, desk.now() + LIFE)
    context = AccessContext(
        export.clinic, Role.CLIENT, origin, client=client.client_id, token_digest=given.digest
    )
    remembered = record(desk, context, Deed.LOGIN, what=DOOR, reason=scope)
    _spend(desk, export, shown, given, replace(remembered, server=export.base))
    return GivenToken(token, scope, int(LIFE.total_seconds()))


def _check_grant_type(form: Mapping[str, str]) -> None:
    if not form.get("grant_type"):
        raise RequestUnclear("no-grant-type")
    if form["grant_type"] != GRANT_TYPE:
        raise GrantUnknown("grant-type")


def _named_client(export: ExportBase, form: Mapping[str, str], other_proof: bool) -> RegisteredClient:
    """The client that the assertion speaks of; nothing about it is proven yet."""
    if other_proof or "client_secret" in form:
        raise RequestUnclear("two-proofs")  # RFC 6749 section 2.3
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        raise ClientNotProven("no-assertion")
    try:
        claimed = client_assertion.claimed_client(form["client_assertion"])
    except TokenInvalid as problem:
        raise ClientNotProven(problem.reason) from problem
    client = export.clients.get(claimed)
    if client is None:
        raise ClientNotProven("unknown-client")
    if form.get("client_id", claimed) != claimed:
        raise ClientNotProven("two-clients", claimed)
    return client


def _proven(desk: Desk, export: ExportBase, client: RegisteredClient, assertion: str) -> SpentAssertion:
    try:
        proven = client_assertion.prove(assertion, client, export.token_endpoint, desk.now())
    except (TokenInvalid, KeysUnavailable) as problem:
        raise ClientNotProven(problem.reason, client.client_id) from problem
    return SpentAssertion(proven.client_id, proven.jti_digest, proven.until)


def _scope(form: Mapping[str, str], client: RegisteredClient) -> str:
    asked = form.get("scope", "")
    return granted_scope(asked, client.scopes, SERVED) if len(asked) <= LONGEST_SCOPE else ""


def _spend(
    desk: Desk,
    export: ExportBase,
    shown: SpentAssertion,
    given: ClientToken | None = None,
    remembered: Record | None = None,
) -> None:
    now = desk.now()
    first = desk.writer.run_alone(
        lambda connection: client_tokens.spend(connection, export.clinic, shown, given, remembered, now)
    )
    if not first:
        raise ClientNotProven("replayed", shown.client_id)
