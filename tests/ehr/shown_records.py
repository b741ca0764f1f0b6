"""A record system that shows what it was given: reads and searches by patient, with refusals and ETags by switch."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from service.journal.match import Coding, MatchRule
from tests.ehr.hostile_records import BASE, Answer, Ask, HostileRecords, bundle, ok

ZONE = "America/Los_Angeles"
IV = Coding("http://clinic.example/types", "iv")
BY_TYPE = MatchRule("7", ZONE, types=(IV,))
ROUTINE = Coding("http://clinic.example/appointments", "ROUTINE")
BY_APPOINTMENT = MatchRule("7", ZONE, appointment_types=(ROUTINE,))
BY_PROOF = MatchRule("7", ZONE, types=(IV,), proof="Procedure")


def showing(
    *resources: dict[str, Any], refuses: Mapping[str, int] = {}, tags: bool = False, page: int = 1000
) -> HostileRecords:
    """`refuses` gives a status for a type, `tags` whether searches have an ETag, `page` the entries of a page."""

    def answer(ask: Ask) -> Answer:
        type_, _, id_ = ask.path.strip("/").partition("/")
        if type_ in refuses:
            return refuses[type_], {}, b""
        of_type = [one for one in resources if one["resourceType"] == type_]
        if id_:
            found = next((one for one in of_type if one["id"] == id_), None)
            return (404, {}, b"") if found is None else ok(found)
        return _searched(of_type, ask)

    def _searched(of_type: list[dict[str, Any]], ask: Ask) -> Answer:
        wanted = f'"Patient/{ask.query["patient"]}"' if "patient" in ask.query else ""
        ids = ask.query["_id"].split(",") if "_id" in ask.query else None
        found = [one for one in of_type if wanted in json.dumps(one) and (ids is None or one["id"] in ids)]
        at = int(ask.query.get("at", "0"))
        more = f"{BASE}{ask.path}?at={at + page}" if len(found) > at + page else None
        status, headers, body = ok(bundle(*found[at : at + page], next_=more))
        if not tags:
            return status, headers, body
        tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        if ask.headers.get("HTTP_IF_NONE_MATCH") == tag:
            return 304, {"ETag": tag}, b""
        return status, headers | {"ETag": tag}, body

    return HostileRecords(before=answer)


def encounter(id_: str, patient: str = "pat-1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": id_,
        "meta": {"versionId": "2"},
        "status": "finished",
        "type": [{"coding": [{"system": IV.system, "code": IV.code}]}],
        "subject": {"reference": f"Patient/{patient}"},
        **more,
    }


def person(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, **more}


def link(type_: str, *ids: str) -> list[dict[str, Any]]:
    return [{"type": type_, "other": {"reference": f"Patient/{id_}"}} for id_ in ids]


def paths(records: HostileRecords) -> list[str]:
    return [ask.path for ask in records.asked]
