"""Addresses that strangers write (threats T19, T41): what may be called, and what lies within a base."""

import pytest

from service.smart.addresses import discovered, lies_within, may_call

BASE = "https://ehr.example/fhir"

HOSTILE = (
    "",
    "ehr.example/fhir",
    "//ehr.example/fhir",
    "http://ehr.example/fhir",
    "HTTP://ehr.example",
    "ftp://ehr.example/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "gopher://ehr.example/",
    "https://",
    "https:///fhir",
    "https://user@ehr.example/",
    "https://user:pass@ehr.example/",
    "https://ehr.example@evil.example/",
    "https://ehr.example\\@evil.example/",
    "https://ehr.example%2f@evil.example/",
    "https://ehr.example%00.evil.example/",
    "https://ehr.example#@evil.example/",
    "https://ehr.example\t/fhir",
    "https://ehr.example\r\nHost: evil.example/",
    " https://ehr.example/",
    "https://ehr.example /",
    "https://ehr.example./fhir",
    "https://ehr..example/fhir",
    "https://-ehr.example/",
    "https://ehr.example:99999/",
    "https://ehr.example:port/",
    "https://ehr.example:/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f.0.0.1/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.5.4/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[::1%25eth0]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "http://127.0.0.1:9/",
    "https://ehr.example/../admin",
    "https://ehr.example/fhir/%2e%2e/admin",
    "https://ehr.example/fhir/..%2fadmin",
    "https://ehr.example/fhir/\u2025/admin",
    "https://\u0435hr.example/",
    "https://ehr.example/<script>",
    'https://ehr.example/"x',
    "https://" + "a" * 3000 + ".example/",
)


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_never_called(url: str) -> None:
    """T19: look-alike hosts, disguised and private addresses, userinfo, control characters, other schemes."""
    assert not may_call(url, loopback_allowed=False)


@pytest.mark.parametrize(
    "url", ["https://ehr.example/fhir", "https://EHR.example:8443/r4", "https://93.184.216.34/fhir", BASE]
)
def test_a_public_https_address_may_be_called(url: str) -> None:
    """The ordinary case, ports and upper case included."""
    assert may_call(url, loopback_allowed=False)


@pytest.mark.parametrize("url", ["http://localhost:8090/fhir", "http://127.0.0.1:1/x", "http://[::1]:80/"])
def test_this_machine_may_be_called_only_where_allowed(url: str) -> None:
    """The sandbox lives on this machine; production never calls it."""
    assert may_call(url, loopback_allowed=True)
    assert not may_call(url, loopback_allowed=False)


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("https://auth.example/token", "https://auth.example/token"),
        ("auth/token", "https://ehr.example/fhir/auth/token"),
        ("/auth/token", "https://ehr.example/auth/token"),
        ("https://ehr.example/token?tenant=7", "https://ehr.example/token?tenant=7"),
    ],
)
def test_an_endpoint_is_made_absolute(url: str, absolute: str) -> None:
    """A-32: relative endpoints of older servers are resolved against the base."""
    assert discovered(BASE, url, loopback_allowed=False) == absolute


@pytest.mark.parametrize(
    "url",
    [
        *(url for url in HOSTILE if url not in ("", "ehr.example/fhir", "//ehr.example/fhir")),
        None,
        7,
        ["https://auth.example"],
        "http://auth.example/token",
        "//10.0.0.1/token",
    ],
)
@pytest.mark.parametrize("loopback_allowed", [True, False])
def test_a_record_system_cannot_send_us_inside(url: object, loopback_allowed: bool) -> None:
    """A-33: a public record system names neither this machine nor a private address, whatever the deployment allows."""
    assert discovered(BASE, url, loopback_allowed=loopback_allowed) is None


def test_a_record_system_on_this_machine_may_name_itself() -> None:
    """The sandbox's own endpoints, on another port too; but plain http nowhere else."""
    base = "http://localhost:8090/fhir"
    assert discovered(base, "http://localhost:8090/auth", loopback_allowed=True)
    assert discovered(base, "http://127.0.0.1:8091/auth", loopback_allowed=True)
    assert discovered(base, "http://auth.example/", loopback_allowed=True) is None


@pytest.mark.parametrize(
    "url",
    [
        BASE,
        BASE + "/",
        BASE + "?page=2",
        BASE + "/Encounter?patient=1&_page=2",
        BASE + "/Encounter?identifier=a|b",
        BASE + "/Encounter?x=a@b",
        "https://ehr.example:443/fhir/Encounter",
    ],
)
def test_below_the_base_is_within(url: str) -> None:
    """The base itself with a query counts too: some servers page there."""
    assert lies_within(BASE, url)


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example/fhirx",
        "https://ehr.example/",
        "https://ehr.example",
        "https://ehr.example/FHIR/Encounter",
        "https://ehr.example:8443/fhir",
        "http://ehr.example/fhir/Encounter",
        "https://ehr.example.evil.example/fhir",
        "https://evil.example/fhir/Encounter",
        "https://ehr.example/fhir/../admin",
        "https://ehr.example/fhir/%2e%2e/admin",
        "https://ehr.example/fhir/%2E./admin",
        "https://ehr.example/fhir/..%2f..%2fadmin",
        "https://ehr.example/fhir\\..\\admin",
        "https://user@ehr.example/fhir/Encounter",
        "/fhir/Encounter",
        "Encounter",
        "",
        "https://ehr.example/fhir/Encounter#x",
        "https://ehr.example/fhir/a\nb",
    ],
)
def test_beside_the_base_is_not_within(url: str) -> None:
    """T41: another origin, another path, a way up, or something read in two ways."""
    assert not lies_within(BASE, url)
