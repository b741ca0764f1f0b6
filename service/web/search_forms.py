"""How the value of a search parameter is written, by its type: modifiers, prefixes, escapes (R4 search)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from service.journal.conditions import Among, Comparison, Condition, During, Lacks, Text, Versioned
from service.journal.problems import Fault
from service.r4.search_parameters import Parameter
from service.web.search_values import EARLIEST, LATEST, BadValue, UnknownParameter, span

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_LONGEST = 2000
_ESCAPED = re.compile(r"\\([\\,$|])")
_ID = r"[A-Za-z0-9\-.]{1,64}"
_REFERENCE = re.compile(rf"(?:(?P<type>[A-Z][A-Za-z]{{1,63}})/)?(?P<id>{_ID})(?P<version>/_history/{_ID})?")


def read(parameter: Parameter, modifier: str | None, value: str) -> Condition:
    """The condition that a value says; UnknownParameter for a modifier that is not offered, BadValue for the rest."""
    return _BY_TYPE[parameter.type](parameter, modifier, value)


def truth(value: str) -> bool:
    """The value of `:missing`."""
    if value not in ("true", "false"):
        raise BadValue(Fault("value", ":missing is true or false."))
    return value == "true"


def alternatives(value: str) -> list[str]:
    """The values of a comma list, with what is escaped in them still escaped; BadValue where there is none (I-83)."""
    found = [word.strip() for word in _split(value, ",") if word.strip()]
    if not found or len(value) > _LONGEST or "\x00" in value:
        raise BadValue(Fault("value", "This search value cannot be used."))
    return found


def plain(word: str) -> str:
    r"""A value without its escapes: `\,` `\|` `\$` and `\\` stand for what follows the stroke."""
    return _ESCAPED.sub(r"\1", word)


def _split(value: str, at: str) -> list[str]:
    """Parts between separators that are not escaped."""
    return re.findall(rf"(?:^|{re.escape(at)})((?:\\.|[^\\{re.escape(at)}]|\\$)*)", value, re.DOTALL)


def _token(parameter: Parameter, modifier: str | None, value: str) -> Condition:
    """`code`, `system|code`, `|code` and `system|` (I-84); `:not` also finds what has no value."""
    _offered(modifier, ("not",))
    negated = modifier == "not"
    said = [_code(parameter, word) for word in alternatives(value)]
    if "" in said:
        return Lacks(parameter.field, negated=not negated)
    return Among(parameter.field, frozenset(one for one in said if one is not None), negated)


def _code(parameter: Parameter, word: str) -> str | None:
    """What the field holds for this word: "" for any value at all, None for one that it never has."""
    parts = _split(word, "|")
    system, code = (plain(part) for part in ([*parts, ""] if len(parts) == 1 else parts)[:2])
    if len(parts) == 1:
        system, code = "", system
    elif len(parts) > 2 or not system + code:
        raise BadValue(Fault("value", "A token is written like code, system|code, |code or system|."))
    if parameter.system is None:
        return f"{system}|{code}" if len(parts) == 2 else code
    if len(parts) == 2 and system != parameter.system:
        return None
    if code and parameter.codes is not None and code not in parameter.codes:
        raise BadValue(Fault("value", "There is no such code."))
    if code and not code.startswith(parameter.prefix):
        return None
    return code.removeprefix(parameter.prefix)


def _reference(parameter: Parameter, modifier: str | None, value: str) -> Condition:
    """`id`, `Type/id`, and canonicals where the parameter takes those; what another base has is not here (I-84)."""
    if not parameter.targets:
        _offered(modifier, ())
        return Versioned(parameter.field, frozenset(plain(word) for word in alternatives(value)))
    _offered(modifier, parameter.targets)
    named = (_id(parameter, plain(word)) for word in alternatives(value))
    return Among(parameter.field, frozenset(one for one in named if one is not None))


def _id(parameter: Parameter, word: str) -> str | None:
    """The id of what is named; an address elsewhere as it stands; None for a type that is never named here."""
    if "://" in word or word.startswith("urn:"):
        return word
    match = _REFERENCE.fullmatch(word)
    if match is None or (match["version"] and not parameter.versioned):
        raise BadValue(Fault("value", "A reference is written like id or Type/id."))
    named = match["id"] + (match["version"] or "")
    return named if match["type"] in (None, *parameter.targets) else None


def _date(parameter: Parameter, modifier: str | None, value: str) -> Condition:
    _offered(modifier, ())
    return During(parameter.field, tuple(_comparison(plain(word)) for word in alternatives(value)))


def _comparison(word: str) -> Comparison:
    """A prefix and the span of what was written. `ap` reaches as far again on both sides, on every page alike."""
    prefix = word[:2] if word[:2] in PREFIXES else "eq"
    begins, ends = span(word[2:] if word[:2] in PREFIXES else word)
    if prefix == "ap":
        begins, ends = _moved(begins, begins - ends), _moved(ends, ends - begins)
    return Comparison(prefix, begins, ends)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return EARLIEST if by < timedelta(0) else LATEST


def _string(parameter: Parameter, modifier: str | None, value: str) -> Condition:
    _offered(modifier, ("contains", "exact"))
    return Text(parameter.field, tuple(plain(word) for word in alternatives(value)), modifier or "begins")


def _uri(parameter: Parameter, modifier: str | None, value: str) -> Condition:
    _offered(modifier, ())
    return Versioned(parameter.field, frozenset(plain(word) for word in alternatives(value)))


def _offered(modifier: str | None, known: tuple[str, ...]) -> None:
    if modifier is not None and modifier not in known:
        raise UnknownParameter(
            Fault("not-supported", f"The modifier {_shown(modifier)} is not offered here.")
        )


def _shown(modifier: str) -> str:
    """A modifier's name as it may be said again: a word, or nothing of it."""
    return f":{modifier}" if re.fullmatch(r"[A-Za-z-]{1,30}", modifier) else "that was asked for"


_BY_TYPE: dict[str, Callable[[Parameter, str | None, str], Condition]] = {
    "token": _token,
    "reference": _reference,
    "date": _date,
    "string": _string,
    "uri": _uri,
}
