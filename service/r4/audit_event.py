"""AuditEvent: one remembered deed as FHIR, and back again without loss.

Shaped after BALP; a profile is claimed only for what meets it: a success with both ends of the wire known and the
data or the query named (B-01, B-02). Nothing but identifiers goes in (B-09, product rule 28).
"""

import base64
import ipaddress
import json
from datetime import datetime

from service.audit.record import Agent, Deed, Outcome, Record, instant
from service.r4.audit_codes import BALP, DEEDS, PATTERNS, RECIPIENT, Pattern
from service.r4.canonical import BASE
from service.r4.elements import Json, part, parts, text
from service.r4.raw_json import compact

LOG_INDEX = f"{BASE}/StructureDefinition/log-index"
# The token itself is never kept, only its digest (B-22; BALP would allow its last 32 characters).
TOKEN = "urn:infusion-journal:token-sha256:"  # noqa: S105 - a name, no secret
REQUEST = {
    "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
    "code": "XrequestId",
}
_ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_PERSON_ENTITY, _OBJECT_ENTITY = {"system": _ENTITY_TYPE, "code": "1"}, {"system": _ENTITY_TYPE, "code": "2"}
_PATIENT_ROLE, _DATA_ROLE, _QUERY_ROLE = ({"system": _ROLE, "code": code} for code in ("1", "4", "24"))


def write(record: Record, index: int | None) -> bytes:
    """The record as an AuditEvent; `index` is its place in the clinic's log once it is sealed."""
    pattern = PATTERNS[record.deed]
    event: Json = {
        "resourceType": "AuditEvent",
        "id": record.id,
        "meta": {"profile": [_profile(record, pattern)]},
        "extension": [{"url": LOG_INDEX, "valueInteger": index}],
        "type": pattern.type,
        "subtype": [
            *([pattern.subtype] if pattern.subtype else []),
            {"system": DEEDS, "code": record.deed.value},
        ],
        "action": pattern.action,
        "recorded": instant(record.recorded),
        "outcome": record.outcome.value,
        "outcomeDesc": record.reason,
        "agent": _agents(record, pattern),
        "source": {"site": record.clinic, "observer": {"identifier": {"value": record.server}}},
        "entity": _entities(record),
    }
    absent = {
        "meta": _profile(record, pattern) is None,
        "extension": index is None,
        "outcomeDesc": record.reason is None,
    }
    return compact({name: value for name, value in event.items() if not absent.get(name)})


def _profile(record: Record, pattern: Pattern) -> str | None:
    # A search for everything has no query, and BALP's patterns want one.
    names_data = bool(record.query) if record.deed is Deed.SEARCH else "/" in (record.what or "")
    ends_known = record.agent.client is not None and record.agent.address is not None
    if pattern.profile is None or record.outcome is not Outcome.SUCCESS or not (names_data and ends_known):
        return None
    return f"{BALP}{'Patient' if record.patient else ''}{pattern.profile}"


def _agents(record: Record, pattern: Pattern) -> list[Json]:
    agents = [agent for agent in (_client(record.agent, pattern), _server(record, pattern)) if agent]
    if record.agent.person is not None:
        agents.append(
            {"type": {"coding": [pattern.user or RECIPIENT]}, "who": _named_by(record.agent.person)}
        )
    # The one who asked: the person, else the client, else the service itself.
    asked = agents[-1] if record.agent.person is not None else agents[0]
    asked["role"] = [{"text": record.agent.role}]
    if record.agent.token_digest is not None:
        asked["policy"] = [TOKEN + record.agent.token_digest]
    return [agent | {"requestor": agent is asked} for agent in agents]


def _client(agent: Agent, pattern: Pattern) -> Json:
    client: Json = {}
    if agent.client is not None:
        client["who"] = {"identifier": {"value": agent.client}}
    if agent.address is not None:
        client["network"] = {"address": agent.address, "type": _network_type(agent.address)}
    return _typed(pattern.client) | client if client else {}


def _server(record: Record, pattern: Pattern) -> Json:
    who = {"identifier": {"value": record.server}}
    return _typed(pattern.server) | {"who": who, "network": {"address": record.server, "type": "5"}}


def _typed(code: object) -> Json:
    return {"type": {"coding": [code]}} if code else {}


def _network_type(address: str) -> str:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return "1"
    return "2"


def _named_by(written: str) -> Json:
    # "Practitioner/7" is a reference; an operator's account or a whole type ("AuditEvent") is only an identifier.
    return {"reference": written} if "/" in written else {"identifier": {"value": written}}


def _entities(record: Record) -> list[Json]:
    entities: list[Json] = []
    if record.what is not None:
        entities.append({"what": _named_by(record.what), "type": _OBJECT_ENTITY, "role": _DATA_ROLE})
    if record.query is not None:
        entities.append({"type": _OBJECT_ENTITY, "role": _QUERY_ROLE, **_query(record.query)})
    if record.patient is not None:
        patient = {"reference": f"Patient/{record.patient}"}
        entities.append({"what": patient, "type": _PERSON_ENTITY, "role": _PATIENT_ROLE})
    entities.append({"what": {"identifier": {"value": record.request_id}}, "type": REQUEST})
    return entities


def _query(written: str) -> Json:
    # FHIR knows no empty values: a search for everything is the entity alone.
    return {"query": base64.b64encode(written.encode()).decode()} if written else {}


def read(raw: bytes) -> Record:
    """The record that `write` wrote down as these bytes; KeyError or ValueError for any other AuditEvent."""
    event = json.loads(raw)
    roles = {_code(part(one, "role")): one for one in parts(event, "entity") if "role" in one}
    request = next(one for one in parts(event, "entity") if _code(part(one, "type")) == REQUEST["code"])
    query, patient = roles.get("24"), roles.get("1")
    source = event["source"]
    return Record(
        id=event["id"],
        clinic=source["site"],
        recorded=datetime.fromisoformat(event["recorded"]),
        deed=Deed(next(one["code"] for one in event["subtype"] if one["system"] == DEEDS)),
        outcome=Outcome(event["outcome"]),
        agent=_agent(parts(event, "agent")),
        server=source["observer"]["identifier"]["value"],
        request_id=request["what"]["identifier"]["value"],
        patient=patient["what"]["reference"].removeprefix("Patient/") if patient else None,
        what=_named(roles["4"]["what"]) if "4" in roles else None,
        query=base64.b64decode(query.get("query", "")).decode() if query else None,
        reason=text(event, "outcomeDesc"),
    )


def read_index(raw: bytes) -> int:
    """The place in the log that `write` was told; ValueError where the event names none."""
    for extension in parts(json.loads(raw), "extension"):
        index = extension.get("valueInteger")
        if extension.get("url") == LOG_INDEX and isinstance(index, int):
            return index
    raise ValueError("no place in a log")


def _code(value: Json) -> str | None:
    return text(value, "code")


def _agent(agents: list[Json]) -> Agent:
    asked = next(one for one in agents if one["requestor"])
    person = next((one for one in agents if "network" not in one and _is_person(one)), None)
    client = next(
        (one for one in agents if one is not person and part(one, "network").get("type") != "5"), {}
    )
    policy = asked.get("policy", [None])[0]
    return Agent(
        role=asked["role"][0]["text"],
        person=_named(part(person, "who")) if person else None,
        client=_named(part(client, "who")),
        address=text(part(client, "network"), "address"),
        token_digest=policy.removeprefix(TOKEN) if policy else None,
    )


def _is_person(agent: Json) -> bool:
    kinds = parts(part(agent, "type"), "coding")
    return any(kind["system"] == RECIPIENT["system"] for kind in kinds)


def _named(who: Json) -> str | None:
    return text(who, "reference") or text(part(who, "identifier"), "value")
