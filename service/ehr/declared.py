"""What a record system declares, held against its profile: each difference in a sentence (W-60).

It stands apart from the probe: a statement is read in a moment and may be wrong; a probe writes, and knows.
"""

from collections.abc import Iterator

from service.ehr.finding import NOTHING, offers_of
from service.ehr.profile import Offers
from service.filing_table import FilingTable
from service.r4.elements import Json

_TYPE = "DocumentReference"


def differences(statement: Json, table: FilingTable, offers: Offers) -> Iterator[str]:
    """Where the CapabilityStatement offers less than the clinic's keys rest on, or more than they make use of."""
    offered = offers_of(statement)
    documents = offered.get(_TYPE, NOTHING)
    facts = {
        "conditional_create": (table.conditional_create, documents.is_created_once),
        "searches_identifier": (table.searches_identifier, documents.finds_by("identifier")),
        "updates": (table.updates, documents.does("update")),
        'rung "A"': (table.rung == "A", documents.is_created_by_update),
    }
    for key, (relied, declared) in facts.items():
        if relied and not declared:
            yield f"{key} is relied on, and the record system does not declare it for {_TYPE}"
        elif declared and not relied and key != 'rung "A"':
            yield f"{key} is declared for {_TYPE}, and not made use of: a probe can show whether it holds"
    for type_ in _needed(table, offers):
        if not offered.get(type_, NOTHING).does("create"):
            yield f"creating a {type_} is expected, and the record system does not declare it"


def declares_put(statement: Json) -> bool:
    """Whether an update may make a document that is not there (rung A)."""
    return offers_of(statement).get(_TYPE, NOTHING).is_created_by_update


def _needed(table: FilingTable, offers: Offers) -> tuple[str, ...]:
    """The types to be created: documents always, others where the profile expects them."""
    own = {"QuestionnaireResponse": table.response, "Task": table.tasks}
    wanted = {_TYPE, *offers.creates, *(type_ for type_, is_on in own.items() if is_on)}
    return tuple(sorted(wanted))
