"""The worker's token goes to its own record system alone: a link of a Bundle that leads elsewhere is not followed.
[SMART App Launch 2.2, Backend Services, Access FHIR API]
"""

import json

import pytest

from service.ehr.client import RecordSystem
from service.ehr.problems import RecordSystemProblem
from tests.conformance.smart.working import record_system, worker
from tests.smart.people import ISS, ISSUER


@pytest.mark.parametrize("elsewhere", ["https://evil.example/fhir/Encounter", f"{ISSUER}/other/Encounter"])
def test_another_server_never_sees_it(elsewhere: str) -> None:
    server = record_system()
    link = [{"relation": "next", "url": elsewhere}]
    bundle = {"resourceType": "Bundle", "type": "searchset", "link": link}
    server.answers["/fhir/Encounter"] = (200, {}, json.dumps(bundle).encode())

    with pytest.raises(RecordSystemProblem):
        list(RecordSystem(ISS, server.client(), worker(server).token).search("Encounter", {"patient": "p"}))
    shown = [headers for _, path, headers, _ in server.asked if "HTTP_AUTHORIZATION" in headers]
    assert [(one["HTTP_HOST"], one["PATH_INFO"]) for one in shown] == [("ehr.example", "/fhir/Encounter")]
