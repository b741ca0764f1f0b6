"""What a record system declares, held against its profile: each difference in a sentence (W-60).

It stands apart from the probe: a statement is read in a moment and may be wrong; a probe writes, and knows.
"""

from collections.abc import Iterator

from service.ehr.finding import NOTHING, offers_of
from service.ehr.outcome import Rung
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


def worth_trying(statement: Json, table: FilingTable) -> frozenset[Rung]:
    """The rungs whose way of sending is to be tried: what is declared or relied on.

    B is tried anyhow where documents can be struck again: nothing is left behind to find out more.
    """
    documents = offers_of(statement).get(_TYPE, NOTHING)
    may_strike = table.updates or documents.does("update")
    tries = {
        Rung.PUT: documents.is_created_by_update or table.rung == "A",
        Rung.CONDITIONAL: documents.is_created_once or table.conditional_create or may_strike,
    }
    return frozenset(rung for rung, is_worth_it in tries.items() if is_worth_it)


def _needed(table: FilingTable, offers: Offers) -> tuple[str, ...]:
    """The types to be created beside documents: those that are written, and those that the profile expects."""
    own = {"QuestionnaireResponse": table.response, "Task": table.tasks}
    wanted = {*offers.creates, *(type_ for type_, is_on in own.items() if is_on)}
    return tuple(sorted(wanted - {_TYPE}))
