"""What stands in a record system in the end, read by its own search and history, against what was acknowledged.

Nothing of the service is asked or used: neither its database nor its client.
"""

import base64
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from pypdf import PdfReader

Resource = dict[str, Any]
# A server may answer a search from what it found a minute ago; a judge wants what is there now.
_FRESH = {"Accept": "application/fhir+json", "Cache-Control": "no-cache"}
_PAGE = 20


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One entry that we said was sent: its key, whose it is, a word for each version alone, whether it was struck."""

    key: str
    patient: str
    encounter: str
    words: tuple[str, ...]
    struck: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A document as it stands there, the words of its file, how many versions it has had.

    `is_whole`: read by its id it is the same as found, and its file has the size and the hash that it says.
    """

    resource: Resource
    words: str
    versions: int
    is_whole: bool = True

    @property
    def id(self) -> str:
        return str(self.resource["id"])

    @property
    def names(self) -> frozenset[str]:
        """Its identifiers' values."""
        return frozenset(one["value"] for one in self.resource.get("identifier", ()))


def every(http: httpx2.Client, base: str, query: str) -> Iterator[Resource]:
    """The resources of a search or history, page by page."""
    url: str | None = f"{base}/{query}"
    while url is not None:
        answer = http.get(url, headers=_FRESH)
        assert answer.status_code == 200, (url, answer.text[:500])
        bundle = answer.json()
        yield from (one["resource"] for one in bundle.get("entry", ()) if "resource" in one)
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)


def standing(http: httpx2.Client, base: str) -> list[Standing]:
    """Every document there, as the search finds it, its history counts it and its own address gives it."""
    found = list(every(http, base, f"DocumentReference?_count={_PAGE}&_sort=_id"))
    history = Counter(one["id"] for one in every(http, base, f"DocumentReference/_history?_count={_PAGE}"))
    assert history.keys() == {one["id"] for one in found}, "search and history disagree"
    return [
        Standing(
            one, words_of(one), history[one["id"]], _read(http, base, one["id"]) == one and is_whole(one)
        )
        for one in found
    ]


def by_identifier(http: httpx2.Client, base: str, uri: str) -> list[Resource]:
    """The documents that carry this identifier, as the server finds them."""
    return list(every(http, base, f"DocumentReference?_count={_PAGE}&identifier=urn:ietf:rfc:3986|{uri}"))


@dataclass(frozen=True, slots=True)
class Responses:
    """How many entries have their response there, how many have more than one, and what is wrong with those there."""

    filed: int
    duplicates: int
    wrong: tuple[str, ...]


def responses(http: httpx2.Client, base: str, acknowledged: Sequence[Acknowledged]) -> Responses:
    """The QuestionnaireResponses there: one for an entry, with its last words, about its patient and infusion."""
    filed, duplicates, wrong = 0, 0, list[str]()
    for entry in acknowledged:
        asked = f"QuestionnaireResponse?_count={_PAGE}&identifier=urn:ietf:rfc:3986|urn:uuid:{entry.key}"
        found = list(every(http, base, asked))
        filed += bool(found)
        duplicates += max(len(found) - 1, 0)
        wrong += [f"{one['id']}: not as it was sent" for one in found if not _is_as_sent(one, entry)]
    return Responses(filed, duplicates, tuple(wrong))


def _is_as_sent(response: Resource, entry: Acknowledged) -> bool:
    said = json.dumps(response["item"], ensure_ascii=False)
    return (
        response["subject"]["reference"] == f"Patient/{entry.patient}"
        and response["encounter"]["reference"] == f"Encounter/{entry.encounter}"
        and [word for word in entry.words if word in said] == [entry.words[-1]]
        and response["status"] == ("amended" if len(entry.words) > 1 else "completed")
    )


def words_of(document: Resource) -> str:
    """The text of its PDF, if the file is whole; else nothing."""
    if not is_whole(document):
        return ""
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(_data(document))).pages)


def is_whole(document: Resource) -> bool:
    """Whether its file has the size and the hash that the document says."""
    file, data = document["content"][0]["attachment"], _data(document)
    sha1 = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    return bool(file.get("size") == len(data) and file.get("hash") == sha1)


def _data(document: Resource) -> bytes:
    return base64.b64decode(document["content"][0]["attachment"].get("data", ""))


def _read(http: httpx2.Client, base: str, id_: str) -> Resource:
    answer: Resource = http.get(f"{base}/DocumentReference/{id_}", headers=_FRESH).json()
    return answer


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many versions were filed, lost, there twice; replaced as they say; struck; wrong in any other way."""

    filed: int = 0
    lost: int = 0
    duplicates: int = 0
    replaced: int = 0
    struck: int = 0
    wrong: tuple[str, ...] = ()

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.filed + other.filed,
            self.lost + other.lost,
            self.duplicates + other.duplicates,
            self.replaced + other.replaced,
            self.struck + other.struck,
            self.wrong + other.wrong,
        )


def judged(acknowledged: Sequence[Acknowledged], there: Sequence[Standing]) -> Verdict:
    """The verdict on all of them; what stands there and belongs to no version is wrong."""
    verdict, claimed = Verdict(), set[str]()
    for entry in acknowledged:
        mine = [one for one in there if f"urn:uuid:{entry.key}" in one.names]
        versions = {
            number: [one for one in mine if word in one.words] for number, word in enumerate(entry.words)
        }
        claimed |= {one.id for found in versions.values() for one in found}
        verdict += _of(entry, versions)
    strange = tuple(f"{one.id} belongs to nothing" for one in there if one.id not in claimed)
    return verdict + Verdict(wrong=strange)


def _of(entry: Acknowledged, versions: Mapping[int, Sequence[Standing]]) -> Verdict:
    verdict = Verdict()
    for number, found in versions.items():
        if not found:
            verdict += Verdict(lost=1)
            continue
        document = found[0]
        earlier = versions[number - 1] if number else ()
        is_last = number == len(entry.words) - 1
        replaces = bool(earlier) and document.resource.get("relatesTo") == [_replaces(earlier[0])]
        wrong = (*_wrong(entry, document, is_last), *_unreplaced(document, bool(number), replaces))
        struck = document.resource["status"] == "entered-in-error"
        verdict += Verdict(1, 0, len(found) - 1, replaces, struck, wrong)
    return verdict


def _replaces(earlier: Standing) -> Resource:
    return {"code": "replaces", "target": {"reference": f"DocumentReference/{earlier.id}"}}


def _unreplaced(document: Standing, should: bool, does: bool) -> tuple[str, ...]:
    return () if should == does else (f"{document.id} does not say what it replaces",)


def _wrong(entry: Acknowledged, document: Standing, is_last: bool) -> Iterator[str]:
    """What the document says that it should not; each version of it beyond those it needs counts as well."""
    last = "entered-in-error" if entry.struck else "current"
    status = last if is_last else "superseded"
    resource = document.resource
    said = {
        "status": (resource["status"], status),
        "patient": (resource["subject"]["reference"], f"Patient/{entry.patient}"),
        "infusion": (resource["context"]["encounter"][0]["reference"], f"Encounter/{entry.encounter}"),
        "versions": (document.versions, 1 if status == "current" else 2),
    }
    for name, (found, wanted) in said.items():
        if found != wanted:
            yield f"{document.id}: {name} {found} instead of {wanted}"
