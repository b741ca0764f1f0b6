"""Addresses that look like a clinic's record system, lead inside, or are no address at all (threat T19)."""

from collections.abc import Iterator

_HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.2", "127.255.255.254", "0", "0.0.0.0", "0x7f000001", "0x7f.0.0.1",
    "0x7f.1", "017700000001", "0177.0.0.1", "0177.1", "2130706433", "127.0.0.1.", "127。0。0。1", "①②⑦.⓪.⓪.①",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[fe80::1]",
    "[fe80::1%25eth0]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "172.31.255.1",
    "192.168.0.1", "100.64.0.1", "169.254.169.254", "169.254.170.2", "[fd00:ec2::254]", "0xa9fea9fe", "2852039166",
    "metadata.google.internal", "metadata", "instance-data", "kubernetes.default.svc", "localhost.localdomain",
    "localhost.evil.example", "evil.example", "localhost.", "localhost..", ".localhost", "LOCALHOST", "Localhost",
    "lоcalhost", "ｌocalhost", "localhοst", "loca1host", "locaIhost", "l\u200bocalhost", "local\u00adhost",
    "localhost%00", "localhost%00.evil.example", "localhost%2eevil.example", "localhost%20", "localhost\t",
    "localhost\u3002evil.example", "127.0.0.1.nip.io", "localtest.me", "xn--lcalhost-96g", "-localhost", "localhost-",
    "localhost,evil.example", "localhost;evil.example", "localhost&evil.example", "*", "*.localhost", "ehr", "",
)  # fmt: skip
_PORTS = (
    "", ":", ":80", ":443", ":08090", ":8090 ", ": 8090", ":8090:8090", ":+8090", ":-8090", ":0", ":1", ":22", ":6379",
    ":5432", ":8080", ":8092", ":65535", ":65536", ":73626", ":8090x", ":0x1f9a", ":８０９０", ":8090%00", ":8090#",
    ":8090?", ":8090\\", ":8090@", ":8090%2f", ":8090%40evil.example", ":80٩0",
)  # fmt: skip
_PATHS = (
    "", "/", "//", "/FHIR", "/Fhir", "/fhi", "/fhirx", "/fhir//", "/fhir/.", "/fhir/..", "/fhir/../fhir", "/./fhir",
    "/x/../fhir", "//fhir", "/%66hir", "/fhi%72", "/fhir%2f", "/fhir%00", "/fhir%20", "/fhir;", "/fhir;x=1", "/fhir?",
    "/fhir?x=1", "/fhir#", "/fhir#x", "/fhir/metadata", "/fhir/Patient", "/fhir\\", "\\fhir", "/fhir\t", "/fhir\n",
    "/fhir\r\nHost: evil.example", "/fhir ", "/fhir@evil.example", "/fhir,http://evil.example", "/ｆhir", "%2ffhir",
    "/fhir/.well-known/smart-configuration", "/auth/authorize", "/auth/token", "/fhir\u2025", "/fhir/\u200b",
)  # fmt: skip
_SCHEMES = (
    "https", "HTTP", "Http", "httpx", "h ttp", " http", "ftp", "file", "gopher", "dict", "ldap", "ws", "wss", "data",
    "javascript", "blob", "jar", "netdoc", "view-source", "unix", "http+unix", "\u200bhttp", "http\n", "ｈttp",
)  # fmt: skip
_USERS = (
    "user@", "user:secret@", "@", ":@", ":secret@", "evil.example@", "evil.example:80@", "evil.example\\@",
    "evil.example%2f@", "evil.example%23@", "evil.example%3f@", "evil.example#@", "evil.example?@", "evil.example/@",
    "localhost:8090@evil.example/", "localhost:8090\\@evil.example/", "localhost:8090%2f@evil.example/",
    "localhost:8090#@evil.example/", "localhost:8090?@evil.example/", "localhost:8090%5c@evil.example/",
    "localhost:8090%00@evil.example/", "localhost:8090\t@evil.example/", "localhost:8090 @evil.example/",
    "localhost:8090\u2044@evil.example/", "localhost:8090／@evil.example/", "localhost:8090@@evil.example/",
)  # fmt: skip
_NO_ADDRESS = (
    "", " ", "x", "/", "//", "null", "None", "undefined", "true", "0", "*", "[]", "{}", "http:", "http:/", "http://",
    "http:///fhir", "http://?", "http://#", "http://:8090/fhir", "//localhost:8090/fhir", "localhost:8090/fhir",
    "file:///etc/passwd", "file://localhost/etc/passwd", "data:text/html,x", "javascript:alert(1)", "about:blank",
    "urn:uuid:0", "../fhir", "\\\\localhost\\fhir", "' or 1=1 --", "{{ 7 * 7 }}", "${jndi:ldap://evil.example}",
    "x" * 5000, "http://" + "a" * 3000, "\u202ehttp://localhost:8090/fhir", "\ufeffhttp://localhost:8090/fhir",
)  # fmt: skip


def hostile_issuers(own: str, known: frozenset[str]) -> tuple[str, ...]:
    """Distinct values for `iss` that are none of the `known`; `own` is the one that most of them resemble."""
    made = (*_changed(own), *_letter_by_letter(own), *_NO_ADDRESS, *_wrapped(own))
    return tuple(dict.fromkeys(one for one in made if one not in known))


def _changed(own: str) -> Iterator[str]:
    for host in _HOSTS:
        yield own.replace("localhost", host, 1)
    for port in _PORTS:
        yield own.replace(":8090", port, 1)
    for path in _PATHS:
        yield own.replace("/fhir", path, 1)
    for scheme in _SCHEMES:
        yield own.replace("http", scheme, 1)
    for user in _USERS:
        yield own.replace("//", f"//{user}", 1)
    for slashes in ("", "/", "///", "\\\\", "/\\", "%2f%2f", "／／"):
        yield own.replace("//", slashes, 1)


def _letter_by_letter(own: str) -> Iterator[str]:
    """One letter left out, doubled, in the other case, or written as a percent sign's number."""
    for at, letter in enumerate(own):
        for instead in ("", letter * 2, letter.swapcase(), f"%{ord(letter):02x}"):
            yield own[:at] + instead + own[at + 1 :]


def _wrapped(own: str) -> Iterator[str]:
    yield own * 2
    for mark in ",; |\n":
        yield f"{own}{mark}{own}"
    for before, after in (
        ("[", "]"),
        ('"', '"'),
        ("'", "'"),
        ("<", ">"),
        ("(", ")"),
        (" ", ""),
        ("", " "),
        ("\t", ""),
    ):
        yield f"{before}{own}{after}"
