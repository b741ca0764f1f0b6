"""Who is this, at a clinic's export base? A token that we gave out ourselves becomes an access context (SMART B-20).

Apart from `recognise`, because no token passes at both bases: the record system's are not looked at here, and ours
are known nowhere else.
"""

from service.access.context import AccessContext, Origin, Permission, Role
from service.smart.own_tokens import granted_scope
from service.smart.problems import TokenInvalid
from service.smart.scopes import LETTERS, parse
from service.store import client_tokens
from service.workflow.desk import Desk
from service.workflow.issue_token import SERVED, ExportBase, token_digest


def own_bearer(desk: Desk, export: ExportBase, header: str, origin: Origin) -> AccessContext | None:
    """The context of a bearer token shown at this export base; None without one, TokenInvalid for a bad one.

    A client reaches the whole clinic, within the scopes that it was granted and is still registered for today (T23).
    """
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenInvalid("no-bearer")
    known = client_tokens.token(desk.store, export.clinic, token_digest(token))
    if known is None:
        raise TokenInvalid("unknown")
    if desk.now() >= known.expires_at:
        raise TokenInvalid("expired")
    client = export.clients.get(known.client_id)
    if client is None:
        raise TokenInvalid("client")
    return AccessContext(
        clinic=export.clinic,
        role=Role.CLIENT,
        origin=origin,
        client=known.client_id,
        patients=None,
        permissions=_permissions(granted_scope(known.scope, client.scopes, SERVED)),
        token_digest=known.digest,
        at=desk.now(),
    )


def _permissions(scope: str) -> frozenset[Permission]:
    granted = parse(scope)
    return frozenset(
        Permission("system", kind, letter)
        for kind in SERVED
        for letter in LETTERS
        if granted.allows("system", kind, letter)
    )
