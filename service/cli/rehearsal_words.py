"""What a rehearsal of filing showed, in lines for the person at the terminal."""

from collections.abc import Iterator

from service.ehr.outcome import Filed
from service.ehr.rehearsal import Request
from service.workflow.rehearse_filing import Form, Rehearsed


def words_of_rehearsal(seen: Rehearsed) -> Iterator[str]:
    """Every form, the verdict on the document, and each request in the order in which it would leave."""
    yield from (_form(one) for one in seen.forms)
    if seen.steps and not seen.faults:
        yield "The DocumentReference is valid FHIR R4."
    for step in seen.steps:
        ends = (
            ""
            if isinstance(step.outcome, Filed)
            else f" ({type(step.outcome).__name__}: a person would look)"
        )
        yield f"{step.what}{ends}:"
        yield from (f"  {_request(one)}" for one in step.requests)
    yield "Nothing of this was written there."


def wrong_with(seen: Rehearsed) -> str | None:
    """Why nothing could be filed so, in a sentence; None where all is well."""
    if not seen.steps:
        return "No form of the summary can be made that fits into filing.most_bytes: nothing could be filed."
    if seen.faults:
        places = "; ".join(f"{one.expression}: {one.text}" for one in seen.faults)
        return f"The DocumentReference is no valid FHIR R4: {places}"
    return None


def _form(form: Form) -> str:
    if form.length is None:
        return f"{form.rendition}: cannot be made"
    return f"{form.rendition}: {form.length} bytes{'' if form.fits else ', more than filing.most_bytes'}"


def _request(one: Request) -> str:
    said = [f"{one.method:<4} {one.address}", *(f"{name}: {value}" for name, value in one.headers.items())]
    if one.length is not None:
        said.append(f"{one.length} bytes")
    return "  ".join(said)
