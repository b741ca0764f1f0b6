"""What a backend client may know of an export base before it has a token: what is offered, and who gives tokens."""

import json

from service.r4 import capability_statement as statement
from service.smart.own_tokens import ALGORITHMS, GRANT_TYPE
from service.workflow.issue_token import SERVED, ExportBase
from service.workflow.tell_about_us import RELEASED, VERSION


def export_statement(export: ExportBase) -> bytes:
    """The CapabilityStatement of this export base."""
    return statement.write(export.base, VERSION, RELEASED, offered=statement.EXPORT_OFFERED)


def export_configuration(export: ExportBase) -> bytes:
    """Its discovery document: our own token endpoint, and the one way to prove oneself there (SMART B-02, B-05).

    Nobody signs in here, so it names no issuer and nothing to authorize at.
    """
    document = {
        "token_endpoint": export.token_endpoint,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "grant_types_supported": [GRANT_TYPE],
        "scopes_supported": [f"system/{kind}.{letters}" for kind in SERVED for letters in ("rs", "r", "s")],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
    }
    return json.dumps(document).encode()
