"""How a create is asked for and answered: once only under an identifier, and with as much of an answer as is wanted."""

from urllib.parse import parse_qsl

from flask import Response, request

from service.journal.problems import Fault
from service.r4 import operation_outcome
from service.web import fhir_answers
from service.web.problems import FHIR_JSON
from service.web.search_values import BadValue, UnknownParameter, identifiers
from service.workflow.find_responses import Served


def unless_there(header: str | None) -> str | None:
    """The identifier that If-None-Exist asks for ("urn:uuid:…"); None without that header.

    UnknownParameter for a search by anything else: a filter that is dropped would match everything (I-22).
    """
    if header is None:
        return None
    try:
        pairs = parse_qsl(header, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise _unreadable() from None
    if [name for name, _ in pairs] != ["identifier"]:
        raise UnknownParameter(Fault("not-supported", "If-None-Exist takes one identifier and nothing else."))
    found = identifiers(pairs[0][1])["identifiers"]
    if not isinstance(found, frozenset) or len(found) != 1:
        raise _unreadable()
    return str(next(iter(found)))


def refuse_another(unless: str, value: dict[str, object]) -> None:
    """BadValue where the response does not bear the identifier asked for: sent again, it would be made again (I-23)."""
    borne = value.get("identifier")
    if not isinstance(borne, dict) or borne.get("value") != unless:
        raise BadValue(Fault("value", "If-None-Exist must name the identifier that the response bears."))


def answer(base: str, served: Served, status: int) -> Response:
    """Where the response stands, and what Prefer asks for: all of it, nothing, or that all is well (I-11, I-40).

    The place of a draft names no version: its revisions are no versions that could be read (I-59).
    """
    response = fhir_answers.resource(served, status)
    place = f"{base}/QuestionnaireResponse/{served.id}"
    response.headers["Location"] = place if served.is_draft else f"{place}/_history/{served.version}"
    wanted = [word.strip() for word in request.headers.get("Prefer", "").replace(",", ";").split(";")]
    if "return=minimal" in wanted:
        response.set_data(b"")
    elif "return=OperationOutcome" in wanted:
        response.set_data(operation_outcome.write(()))
        response.content_type = FHIR_JSON
    return response


def _unreadable() -> BadValue:
    return BadValue(Fault("value", "If-None-Exist is written like identifier=urn:ietf:rfc:3986|urn:uuid:…"))
