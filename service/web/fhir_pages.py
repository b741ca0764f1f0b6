"""What every search answers alike: pages with signed links, how many there are, excerpts, and what comes with them.

A page link holds for the one who asked, at this clinic, for this very search (fhir-rest I-73, threat T4): it tells
where the page before ended, and a place that somebody made up, or was handed, is no place of ours.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Response, g, request

from service.access.context import AccessContext
from service.access.decision import decide
from service.access.policies import Policy
from service.journal.problems import Fault
from service.r4 import bundle, excerpt, history
from service.web import fhir_answers, search_values
from service.web.guards import ScopeTooSmall, context, desk, wiring
from service.web.problems import FHIR_JSON
from service.web.reading import FORM_BYTES, MAX_FIELDS, NotReadable, UnsupportedType, read_body
from service.web.search_values import BadValue, UnknownParameter
from service.workflow.find_responses import FoundVersions, Served
from service.workflow.read_encounters import encounters_of

Pairs = list[tuple[str, str]]
Entry = tuple[str, bytes]

_SUMMARIES: dict[str, Callable[[bytes], bytes]] = {
    "true": excerpt.summary,
    "text": excerpt.text_alone,
    "data": excerpt.without_text,
    "false": lambda raw: raw,
}
_TOTALS = ("none", "estimate", "accurate")
_ONCE = ("_summary", "_elements", "_total")
_INCLUDES = ("_include", "_revinclude")
# By the parameter: the one type that what is included through it has.
_INCLUDED = {"encounter": "Encounter", "questionnaire": "Questionnaire", "target": "QuestionnaireResponse"}
_ELEMENT = re.compile(r"[a-z][A-Za-z]{0,63}")
_MAC = 32


@dataclass(frozen=True, slots=True)
class Asked:
    """One search as it came: for which type, all that was said, and what of it says which resources are wanted.

    `counted`: whether the answer tells how many there are. `includes` are as asked, such as
    "_revinclude=Provenance:target".
    """

    kind: str
    base: str
    pairs: Pairs
    filters: Pairs
    shown: Callable[[bytes], bytes]
    counted: bool
    includes: frozenset[str] = frozenset()

    @property
    def query(self) -> str:
        """The search as it was asked, for the self link and the audit."""
        return search_values.as_query(self.pairs)

    @property
    def self_url(self) -> str:
        """This very page's address (I-72)."""
        path = f"{self.base}/{self.kind}"
        return f"{path}?{self.query}" if self.pairs else path

    def following(self, place: str | None) -> str | None:
        """The address of the page behind this place; None where there is none."""
        if place is None:
            return None
        signed = _mac(self.kind, self.base, self.pairs, place, _keys()[0]) + place.encode()
        return search_values.page_url(
            f"{self.base}/{self.kind}", self.pairs, urlsafe_b64encode(signed).decode()
        )


def asked(clinic: str, kind: str, offered: Collection[str] = ()) -> Asked:
    """The search that this request makes, by address or form (I-70).

    UnknownParameter for an include that is not among those `offered`; BadValue for what no result can look like,
    and for a page link that is not ours, or not for this asker and search.
    """
    pairs = list(request.args.items(multi=True))
    if request.method == "POST":
        pairs += _form()
    base = desk().clinic(clinic).base
    said = [(name, value) for name, value in pairs if name in _ONCE]
    summary, elements, total = (_said(said, name) for name in _ONCE)
    if total not in (None, *_TOTALS):
        raise BadValue(Fault("value", "_total is none, estimate or accurate."))
    filters = [(name, value) for name, value in pairs if name not in (*_ONCE, *_INCLUDES)]
    if summary == "count":
        filters = [*((name, value) for name, value in filters if name != "_count"), ("_count", "0")]
    return Asked(
        kind=kind,
        base=base,
        pairs=pairs,
        filters=search_values.relative(_opened(kind, base, pairs, filters), base),
        shown=_shown("false" if summary is None else summary, elements),
        counted=("_count", "0") in filters or total in ("estimate", "accurate"),
        includes=_includes(pairs, offered, summary),
    )


def part_asked() -> Callable[[bytes], bytes]:
    """What a read shows of its resource: all of it, or what _summary or _elements ask for; BadValue for neither."""
    pairs = list(request.args.items(multi=True))
    summary, elements = _said(pairs, "_summary"), _said(pairs, "_elements")
    if summary == "count":
        raise BadValue(Fault("value", "One resource is not counted."))
    return _shown("false" if summary is None else summary, elements)


def require(policy: Policy) -> None:
    """What comes with the matches needs its own scope (SMART B-43); ScopeTooSmall where the token has it not."""
    decision = decide(policy, context())
    if not decision.allowed:
        g.refusal = decision.reason
        raise ScopeTooSmall(decision.missing_scope or "")


def answer(
    search: Asked,
    served: Iterable[Served],
    place: str | None,
    total: int | None,
    included: Iterable[Entry] = (),
) -> Response:
    """A page of patients' data that a search found; `place` says where it ended, None for the last page."""
    entries = [(f"{search.kind}/{one.id}", one.raw) for one in served]
    return fhir_answers.private(
        Response(page(search, entries, place, total, included), content_type=FHIR_JSON)
    )


def past(search: Asked, found: FoundVersions) -> Response:
    """A page of one resource's history (I-60)."""
    versions = [history.Past(one.version, one.last_updated, search.shown(one.raw)) for one in found.served]
    following = search.following(str(found.next_below) if found.next_below else None)
    place = search.kind.removesuffix("/_history")
    raw = history.write(search.base, place, search.self_url, found.total, versions, following)
    return fhir_answers.private(Response(raw, content_type=FHIR_JSON))


def visits_of(served: Iterable[Served]) -> list[Entry]:
    """The visits that these matches name, to come with them (I-80)."""
    return [(f"Encounter/{one.id}", one.raw) for one in encounters_of(desk(), context(), served)]


def page(
    search: Asked,
    entries: Iterable[Entry],
    place: str | None,
    total: int | None,
    included: Iterable[Entry] = (),
) -> bytes:
    """The Bundle of one page: matches, and what comes with them, each a place under the base and a resource."""
    return bundle.searchset(
        search.base,
        search.self_url,
        [(where, search.shown(raw)) for where, raw in entries],
        total if search.counted else None,
        search.following(place),
        included=included,
    )


def _form() -> Pairs:
    """The fields of a search by form; unlike on a page, one may stand more than once (I-83)."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedType(Fault("not-supported", "A search by POST is a plain form."))
    try:
        written = read_body(request, FORM_BYTES).decode("ascii")
        return parse_qsl(written, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise NotReadable(Fault("structure", "The body is not a form.")) from None


def _opened(kind: str, base: str, pairs: Pairs, filters: Pairs) -> Pairs:
    """The filters with the place that a page link names; BadValue where the link is not whole, or another's."""
    return [(name, _place(kind, base, pairs, value) if name == "after" else value) for name, value in filters]


def _place(kind: str, base: str, pairs: Pairs, value: str) -> str:
    try:
        signed = urlsafe_b64decode(value.encode("ascii"))
        place = signed[_MAC:].decode()
    except ValueError:
        raise _not_whole() from None
    known = [_mac(kind, base, pairs, place, key) for key in _keys()]
    if not any(hmac.compare_digest(one, signed[:_MAC]) for one in known):
        raise _not_whole()
    return place


def _not_whole() -> BadValue:
    return BadValue(Fault("value", "This page link is not whole, or it was given to somebody else."))


def _mac(kind: str, base: str, pairs: Pairs, place: str, key: bytes) -> bytes:
    """What proves a place: ours for this asker, this clinic and this search."""
    query = search_values.as_query(sorted(pair for pair in pairs if pair[0] != "after"))
    who: AccessContext | None = g.get("context")
    asker = ("", "", "") if who is None else (who.role, who.person or "", who.client or "")
    told = "\n".join((base, kind, *asker, query, place))
    return hmac.new(key, told.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _keys() -> list[bytes]:
    """The current key first; links made under one before it still hold."""
    keyring = wiring().keyring
    names = sorted(keyring.seal_keys, key=lambda name: name != keyring.seal_current)
    return [hmac.new(keyring.seal_keys[name], b"page links", hashlib.sha256).digest() for name in names]


def _shown(summary: str, elements: str | None) -> Callable[[bytes], bytes]:
    if summary == "count":
        return _SUMMARIES["false"]
    if summary not in _SUMMARIES:
        raise BadValue(Fault("value", "_summary is true, text, data, count or false."))
    if elements is None:
        return _SUMMARIES[summary]
    if summary != "false":
        raise BadValue(Fault("value", "Ask for _summary or for _elements, not for both."))
    names = search_values.words(elements)
    if not all(_ELEMENT.fullmatch(name) for name in names):
        raise BadValue(Fault("value", "_elements names elements at the top of the resource."))
    return lambda raw: excerpt.elements(raw, names)


def _said(pairs: Pairs, wanted: str) -> str | None:
    values = [value for name, value in pairs if name == wanted]
    if len(values) > 1:
        raise BadValue(Fault("value", f"{wanted} may stand only once."))
    return values[0] if values else None


def _includes(pairs: Pairs, offered: Collection[str], summary: str | None) -> frozenset[str]:
    wanted = {f"{name}={_untyped(value)}" for name, value in pairs if name in _INCLUDES}
    if not wanted <= set(offered):
        raise UnknownParameter(Fault("not-supported", "This include is not offered here."))
    if wanted and summary == "text":
        raise BadValue(Fault("value", "Nothing can be included where only the text is wanted."))
    return frozenset(wanted)


def _untyped(value: str) -> str:
    """An include without the type that it may name third (R4 search, _include), where ours is always of that type."""
    source, _, target = value.rpartition(":")
    return source if _INCLUDED.get(source.rpartition(":")[2]) == target else value
