"""Binary: a document's bytes as a FHIR resource, which says by `securityContext` whose access rules hold (B-03)."""

import base64

from service.r4.raw_json import compact


def write(data: bytes, content_type: str, guarded_by: str) -> bytes:
    """The Binary with this data; `guarded_by` is the literal reference of the resource that one has to reach for it."""
    return compact(
        {
            "resourceType": "Binary",
            "contentType": content_type,
            "securityContext": {"reference": guarded_by},
            "data": base64.b64encode(data).decode(),
        }
    )
