"""Searches at random: each parameter that is offered and some that are not, in every form and modifier, on any type."""

import random
from urllib.parse import quote

from service.r4 import document_reference
from service.r4.search_parameters import BY_TYPE, Parameter
from tests.proofs.interference_people import ADA
from tests.proofs.interference_things import Known

_REFERRED = {"patient_id": "patient", "encounter_id": "encounter", "target": "entry"}
_TOKENS = {
    "id": ("entry", "task", "event", "filing"),
    "key": ("key", "version", "draft"),
}
_STATUSES = {
    "QuestionnaireResponse": ("completed", "amended", "in-progress", "stopped", "entered-in-error"),
    "Task": ("requested", "completed", "cancelled", "rejected", "in-progress"),
    "DocumentReference": ("current", "superseded"),
    "Encounter": ("finished", "planned", "cancelled", "in-progress"),
}
_DATES = ("2026-11-20", "2026", "2026-11-20T20:01", "2026-11-20T20:00:05.250Z", "2025-01", "2026-11-21")
_MODIFIERS = {"token": (":not", ":not", ":text"), "reference": (":type", ":identifier"), "date": ()}
_PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_INCLUDES = {
    "QuestionnaireResponse": (
        "_include=QuestionnaireResponse:encounter",
        "_revinclude=Provenance:target",
        "_include=QuestionnaireResponse:questionnaire",
    ),
    "Task": ("_include=Task:encounter",),
    "DocumentReference": ("_include=DocumentReference:encounter",),
}
_STRANGE = (
    "_has:Provenance:target:patient={patient}",
    "patient.name=Marchbanks",
    "_filter=patient eq {patient}",
    "_text=words",
    "_content=words",
    "_include=*",
    "_revinclude=AuditEvent:entity",
    "_include:iterate=Task:focus",
    "identifier:of-type=a|b|{key}",
    "_list={entry}",
)
_SIZES = (
    "_summary=count",
    "_count=0",
    "_count=1",
    "_count=2",
    "_total=accurate",
    "_total=estimate",
    "_count=1000",
)
_EXCERPTS = ("_summary=true", "_summary=data", "_summary=text", "_elements=status,subject", "_elements=id")
OFFERED = {
    **{kind: BY_TYPE[kind] for kind in ("QuestionnaireResponse", "Task", "Provenance", "Encounter")}
} | {"DocumentReference": document_reference.SEARCHED}
_LOG = ("patient", "agent", "entity", "date", "action", "type", "outcome", "_id", "subtype")


def query(kind: str, known: Known, chance: random.Random) -> str:
    """A query string for a search of this type."""
    parts = [_parameter(kind, known, chance) for _ in range(chance.choice((0, 0, 0, 1, 1, 1, 2)))]
    if chance.random() < 0.6:
        parts.append(chance.choice(_SIZES))
    if chance.random() < 0.25:
        parts += _ordered(kind, chance)
    if chance.random() < 0.15:
        parts.append(chance.choice(_EXCERPTS))
    if chance.random() < 0.25 and kind in _INCLUDES:
        parts.append(chance.choice(_INCLUDES[kind]))
    if chance.random() < 0.06:
        parts.append(_filled(chance.choice(_STRANGE), known, chance))
    if chance.random() < 0.06 and known.cursors:
        parts.append(f"after={chance.choice(known.cursors)}")
    chance.shuffle(parts)
    return "&".join(parts)


def _ordered(kind: str, chance: random.Random) -> list[str]:
    """By one or two of what this type is sorted by; nothing where it is sorted by nothing."""
    names = [one.name for one in OFFERED.get(kind, ()) if one.sorts]
    chosen = chance.sample(names, min(chance.choice((1, 2)), len(names)))
    return [f"_sort={','.join(chance.choice(('', '-')) + name for name in chosen)}"] if chosen else []


def _filled(written: str, known: Known, chance: random.Random) -> str:
    kinds = ("patient", "key", "entry")
    name, _, value = written.format(**{kind: known.one(kind, chance) for kind in kinds}).partition("=")
    return f"{name}={quote(value)}"


def _parameter(kind: str, known: Known, chance: random.Random) -> str:
    if kind == "AuditEvent":
        name = chance.choice(_LOG)
        return f"{name}={quote(_log_value(name, known, chance))}"
    parameter = chance.choice(OFFERED[kind])
    offered = _MODIFIERS.get(parameter.type, ()) if parameter.targets or parameter.type != "reference" else ()
    modifier = chance.choice(("", "", "", "", "", *offered, ":missing"))
    if modifier == ":missing":
        return f"{parameter.name}:missing={chance.choice(('true', 'false'))}"
    if modifier == ":type":
        modifier = f":{parameter.targets[0]}"
    values = (_value(kind, parameter, known, chance) for _ in range(chance.choice((1, 1, 1, 2, 3))))
    return f"{parameter.name}{modifier}={','.join(quote(value) for value in values)}"


def _value(kind: str, parameter: Parameter, known: Known, chance: random.Random) -> str:
    if parameter.type == "date":
        return f"{chance.choice(_PREFIXES)}{chance.choice(_DATES)}"
    if parameter.type == "reference" and parameter.field in _REFERRED:
        return _reference(parameter, known, chance)
    if parameter.name == "status":
        return chance.choice(_STATUSES[kind])
    if parameter.field in _TOKENS:
        return _token(parameter, known, chance)
    return chance.choice(("order", "AMB", "34133-9", "nothing", "http://x.example|a"))


def _reference(parameter: Parameter, known: Known, chance: random.Random) -> str:
    # A patient out of reach is refused by name, which most searches should not be.
    is_patient = parameter.field == "patient_id"
    name = ADA if is_patient and chance.random() < 0.6 else known.one(_REFERRED[parameter.field], chance)
    place = f"{parameter.targets[0]}/{name}"
    return place if parameter.versioned else chance.choice((place, name))


def _token(parameter: Parameter, known: Known, chance: random.Random) -> str:
    value = known.one(chance.choice(_TOKENS[parameter.field]), chance).removeprefix("urn:uuid:")
    if not parameter.prefix:
        return f"{value}.{chance.choice((1, 2))}" if chance.random() < 0.2 else value
    return chance.choice((f"{parameter.prefix}{value}", f"{parameter.system}|{parameter.prefix}{value}"))


def _log_value(name: str, known: Known, chance: random.Random) -> str:
    named = {
        "patient": f"Patient/{known.one('patient', chance)}",
        "agent": f"Patient/{known.one('patient', chance)}",
        "entity": f"QuestionnaireResponse/{known.one('entry', chance)}",
        "date": f"{chance.choice(_PREFIXES[1:-1])}{chance.choice(_DATES)}",
        "_id": known.one("event", chance),
    }
    return named.get(name) or chance.choice(("R", "C", "0", "4", "rest", "read"))
