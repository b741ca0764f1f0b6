"""Operations at the clinic's FHIR base: $validate a response before it is sent, $populate a blank one (SDC, R4)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from flask import Response, request

from service.access.policies import fhir
from service.journal.problems import Fault, UnknownPromptSet, Unusable
from service.r4 import operation_outcome, parameters
from service.r4.parameters import Parameter
from service.r4.questionnaire_response import SDC_PROFILE
from service.smart.fhir_id import is_id
from service.web import fhir_answers, fhir_definitions
from service.web.doors import Door
from service.web.fhir_answers import JSON_TYPES
from service.web.fhir_definitions import Published
from service.web.guards import context, desk
from service.web.problems import FHIR_JSON
from service.web.reading import UnsupportedType, read_json
from service.workflow.populate_response import Wanted, populate_response
from service.workflow.validate_response import Mode, validate_response

door = Door("fhir_operations", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

CREATE = fhir("QuestionnaireResponse", "c")
_PROFILES = ("http://hl7.org/fhir/StructureDefinition/QuestionnaireResponse", SDC_PROFILE)
# The last two are the names that earlier editions of SDC gave to what `questionnaire` says now.
_NAMING = ("identifier", "questionnaire", "canonical", "questionnaireRef")
TAKEN_TO_VALIDATE = ("resource", "mode", "profile")
TAKEN_TO_POPULATE = (*_NAMING, "subject", "context", "local", "data", "dataEndpoint")
_MANY = ("context", "data")


class BadArgument(Unusable):
    """This operation cannot be asked like that."""


@dataclass(frozen=True, slots=True)
class _Arguments:
    """The parameters of an operation; single words may also stand in the address."""

    given: tuple[Parameter, ...] = ()

    def one(self, name: str) -> Parameter | None:
        """The parameter with this name; None where there is none."""
        return next((one for one in self.given if one.name == name), None)

    def word(self, name: str) -> str | None:
        """The code or uri that this parameter says, in the address too; BadArgument where it is of another kind."""
        found, said = self.one(name), request.args.getlist(name)
        if len(said) + (found is not None) > 1:
            raise _bad("value", f"{name} may stand only once.")
        if found is not None and found.word is None:
            raise _bad("value", f"{name} is a code or a uri.", found.place)
        return found.word if found is not None else next(iter(said), None)


@door.open("/QuestionnaireResponse/$validate", CREATE, "POST")
def validate(clinic: str) -> Response:
    """Whether a response would do: 200 with an OperationOutcome in either case (P-21)."""
    return _validate(None)


@door.open("/QuestionnaireResponse/<response_id>/$validate", CREATE, "POST")
def validate_kept(clinic: str, response_id: str) -> Response:
    """Whether a response would do in place of the one that is kept under this id."""
    return _validate(response_id)


@door.open("/Questionnaire/$populate", CREATE, "POST")
def populate(clinic: str) -> Response:
    """A blank response to the Questionnaire that the parameters name (P-01)."""
    asked = _parameters(_body(), TAKEN_TO_POPULATE)
    return _populate(_named(clinic, asked), asked, clinic)


@door.open("/Questionnaire/<resource_id>/$populate", CREATE, "POST")
def populate_one(clinic: str, resource_id: str) -> Response:
    """A blank response to this Questionnaire; what else the parameters name is left aside (P-02)."""
    asked = _parameters(_body(), TAKEN_TO_POPULATE)
    found = _published(clinic, lambda one: one.id == resource_id)
    return _populate(found, asked, clinic)


def _validate(response_id: str | None) -> Response:
    value = _body(TAKEN_TO_VALIDATE[1:])
    asked = _Arguments()
    if value.get("resourceType") == "Parameters":
        asked = _parameters(value, TAKEN_TO_VALIDATE)
        found = asked.one("resource")
        if found is None or found.resource is None:
            raise _bad("required", "The resource to be validated is needed.", "Parameters.parameter")
        value = found.resource
    mode = _mode(asked)
    if mode is Mode.UPDATE and response_id is None:
        named = value.get("id")
        response_id = named if is_id(named) else None
    faults = validate_response(desk(), context(), value, mode, response_id)
    return _answer(operation_outcome.write(faults))


def _mode(asked: _Arguments) -> Mode:
    profile = asked.word("profile")
    if profile is not None and profile.partition("|")[0] not in _PROFILES:
        raise _bad("not-supported", "No such profile is known here.")
    mode = asked.word("mode") or Mode.PROFILE
    if mode not in set(Mode):
        raise _bad("not-supported", "The mode is create, update or profile; nothing is deleted here.")
    return Mode(mode)


def _populate(found: Published | None, asked: _Arguments, clinic: str) -> Response:
    if found is None:
        raise UnknownPromptSet(Fault("not-found", UnknownPromptSet().sentence, "Parameters.parameter"))
    base = desk().clinic(clinic).base
    wanted = Wanted(
        questionnaire=found.raw,
        canonical=found.canonical,
        place=f"Questionnaire/{found.id}",
        patient_id=_subject(asked, base),
        contexts=tuple(_context(one, base) for one in asked.given if one.name == "context"),
    )
    made = populate_response(desk(), context(), wanted)
    issues = (*made.issues, *_left_aside(asked))
    told = [("issues", operation_outcome.write(issues))] if issues else []
    return _answer(parameters.write([("response", made.response), *told]))


def _named(clinic: str, asked: _Arguments) -> Published | None:
    """The published Questionnaire that is named in one of the ways SDC knows; BadArgument for none or several."""
    given = [one for one in asked.given if one.name in _NAMING]
    if len(given) != 1:
        raise _bad("required", "Exactly one parameter names the questionnaire.", "Parameters.parameter")
    one = given[0]
    if one.resource is not None:
        written = f"{one.resource.get('url')}|{one.resource.get('version')}"
        return _published(clinic, lambda known: known.canonical == written)
    if one.word is not None:
        newest = desk().clinic(clinic).library.by_url(one.word)
        written = newest.canonical if newest is not None else one.word
        return _published(clinic, lambda known: known.canonical == written)
    reference = _relative(one.reference, desk().clinic(clinic).base)
    return _published(clinic, lambda known: f"Questionnaire/{known.id}" == reference)


def _subject(asked: _Arguments, base: str) -> str:
    """The id of the patient whom the response is to be about."""
    given = asked.one("subject")
    kind, _, patient_id = (_relative(given.reference if given else None, base) or "").partition("/")
    place = given.place if given else "Parameters.parameter"
    if kind != "Patient" or not is_id(patient_id):
        raise _bad("required", "The subject is needed: a patient, as Patient/[id].", place)
    return patient_id


def _context(given: Parameter, base: str) -> tuple[str, str | None]:
    named = [one.word for one in given.parts if one.name == "name" and one.word]
    content = [one for one in given.parts if one.name == "content"]
    if len(named) != 1 or len(content) != 1 or len(given.parts) != 2:
        raise _bad("structure", "A context has one name and one content.", given.place)
    return named[0], _relative(content[0].reference, base)


def _left_aside(asked: _Arguments) -> tuple[Fault, ...]:
    text = "Nothing is filled in from data: a response begins blank."
    return tuple(
        Fault("informational", text, one.place, "information")
        for one in asked.given
        if one.name in ("data", "dataEndpoint")
    )


def _body(at_address: Collection[str] = ()) -> dict[str, object]:
    """The JSON that came; BadArgument for a parameter of the address that is not offered."""
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedType
    if not set(request.args) <= {*at_address, "_format"}:
        raise _bad("not-supported", "This parameter is not offered here.")
    return read_json(request)[1]


def _parameters(value: dict[str, object], offered: Collection[str]) -> _Arguments:
    """What the body says; BadArgument for a parameter that is not offered, or that stands twice and may not."""
    given = parameters.read(value)
    for index, one in enumerate(given):
        if one.name not in offered:
            raise _bad("not-supported", "This parameter is not offered here.", one.place)
        if one.name not in _MANY and one.name in [before.name for before in given[:index]]:
            raise _bad("value", "This parameter may stand only once.", one.place)
    return _Arguments(given)


def _published(clinic: str, is_wanted: Callable[[Published], bool]) -> Published | None:
    offered = fhir_definitions.at(desk().clinic(clinic), "Questionnaire")
    return next((one for one in offered if is_wanted(one)), None)


def _relative(reference: str | None, base: str) -> str | None:
    return None if reference is None else reference.removeprefix(f"{base}/")


def _answer(raw: bytes) -> Response:
    return fhir_answers.private(Response(raw, content_type=FHIR_JSON))


def _bad(code: str, text: str, place: str = "") -> BadArgument:
    return BadArgument(Fault(code, text, place))
