"""Where a clinic's record system says that encounters changed (fhir-rest G)."""

from flask import Response, request

from service.access.policies import SUBSCRIPTION
from service.web.doors import Door
from service.web.fhir_answers import JSON_TYPES
from service.web.guards import desk, origin
from service.web.reading import UnsupportedType, read_json
from service.workflow.receive_notification import receive_notification

door = Door("notifications", url_prefix="/<clinic>/fhir")


@door.open("/notifications", SUBSCRIPTION, "POST")
def receive(clinic: str) -> Response:
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedType
    shown = request.headers.get("Authorization", "")
    receive_notification(desk(), clinic, shown, lambda: read_json(request)[1], origin())
    # The same for every notification: what is known here is nobody's business there.
    return Response(status=200)
