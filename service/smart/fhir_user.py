"""Who a person is in the record system: the `fhirUser` claim in its one relative form (SMART A-84)."""

import re
from collections.abc import Collection

_PERSON = re.compile(r"(Patient|Practitioner|PractitionerRole|RelatedPerson|Person)/[A-Za-z0-9\-.]{1,64}")


def relative_person(value: object, bases: Collection[str]) -> str | None:
    """ "Practitioner/7" for a reference relative to the record system or absolute below one of its `bases`.

    None for anything else: a person of another server is nobody here.
    """
    if not isinstance(value, str):
        return None
    for base in bases:
        prefix = base.rstrip("/") + "/"
        if value.startswith(prefix):
            value = value.removeprefix(prefix)
            break
    return value if _PERSON.fullmatch(value) else None
