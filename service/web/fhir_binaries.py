"""Binaries at the clinic's FHIR base: a summary's bytes as a file, or as a FHIR resource to whom asks for one."""

from flask import Response, request

from service.access.policies import fhir
from service.web import fhir_answers, fhir_pages
from service.web.doors import Door
from service.web.guards import context, desk
from service.workflow.read_summary import ServedBytes, read_summary

door = Door("fhir_binaries", url_prefix="/<clinic>/fhir")

READ = fhir("Binary", "r")
_RESOURCE = "application/fhir+json"
_ENDINGS = {
    "application/pdf": "pdf",
    "text/plain": "txt",
    "application/xhtml+xml": "xhtml",
    "text/rtf": "rtf",
}
# A file of somebody's words: a browser keeps it, and neither renders nor frames it (B-05).
_POLICY = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@door.open("/Binary/<summary_id>", READ)
def read(clinic: str, summary_id: str) -> Response:
    """The bytes, or the resource where `_format` or Accept name FHIR (B-01, B-02); OnlyJson for FHIR in XML."""
    if not _asks_for_fhir():
        return _file(read_summary(desk(), context(), summary_id))
    fhir_answers.speak_json()
    shown = fhir_pages.part_asked()
    return _varied(fhir_answers.read(read_summary(desk(), context(), summary_id).resource, shown))


def _asks_for_fhir() -> bool:
    """`_format` always means FHIR; Accept does where it names a FHIR type and prefers no other to it."""
    if "_format" in request.args:
        return True
    accepted = {one.partition(";")[0].strip().lower(): quality for one, quality in request.accept_mimetypes}
    of_fhir = max(
        (quality for one, quality in accepted.items() if one.startswith("application/fhir")), default=0
    )
    others = (quality for one, quality in accepted.items() if not one.startswith("application/fhir"))
    return of_fhir > 0 and of_fhir >= max(others, default=0)


def _file(found: ServedBytes) -> Response:
    response = _varied(fhir_answers.private(Response(found.data, content_type=found.content_type)))
    name = f"summary.{_ENDINGS.get(found.content_type.partition(';')[0], 'bin')}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(found.digest)
    response.last_modified = found.last_modified
    response.make_conditional(request, accept_ranges=True, complete_length=len(found.data))
    return response


def _varied(response: Response) -> Response:
    """The same address answers in two forms."""
    response.vary.add("Accept")
    return response
