"""The way in again from a page that tells somebody that their visit is over, also inside the record system's page.

Apart from the launch: it is another page's answer, and what it knows of the visit is what the browser still shows.
"""

from dataclasses import dataclass

from flask import g, request, url_for

from service.web import guards

# Whose pages lie under which address.
_KINDS = {"journal": "patient", "chart": "clinician", "compliance": "officer"}


@dataclass(frozen=True, slots=True)
class WayIn:
    """Where somebody signs in; `is_framed`: in a window of its own, because a sign-in page may not be framed (T27)."""

    url: str
    is_framed: bool


def sign_in_again() -> WayIn | None:
    """The way in for whoever's visit this was, and from here on its clinic's list says who may frame the answer.

    None where it is not known which clinic that was, or where one comes in through a chart.
    """
    kind = _KINDS.get(request.path.split("/")[1])
    clinic = _clinic()
    if kind is None or clinic is None:
        return None
    g.framed_for = clinic
    framed = bool(guards.desk().clinic(clinic).frame_ancestors) and _stands_in_a_frame()
    if kind != "patient" and not framed:
        return None  # staff come in from a chart, and their portal is a click away
    return WayIn(url_for("launch.start", clinic=clinic, kind=kind), framed)


def _clinic() -> str | None:
    """As the visit's cookie says; without it, where there is only one."""
    handle = (request.view_args or {}).get("visit")
    named = None if handle is None else guards.shown_for(handle)[1]
    clinics = list(guards.desk().clinics)
    if named is None and len(clinics) == 1 and request.blueprint == "patient":
        return clinics[0]
    return named


def _stands_in_a_frame() -> bool:
    """As the browser says; one that says nothing is taken at its clinic's word, which frames."""
    return request.headers.get("Sec-Fetch-Dest", "iframe") != "document"
