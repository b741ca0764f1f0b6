"""Which addresses on the network may be trusted with a person's sign-in (SMART A-13, A-33; threats T19, T41).

All decisions are made on the written address alone; where a name leads to is checked once more when a
connection is opened (connections).
"""

import ipaddress
import re
from urllib.parse import urljoin, urlsplit

_PLAIN = re.compile(r"[!-~]{1,2048}")  # printable ASCII, nothing that is cut or trimmed on the way
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
_TRICKY = re.compile(r"[\\#\"<>^`{|}]")
_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|\Z)|%2f|%5c|%00", re.IGNORECASE)
_LOOPBACK_NAMES = frozenset({"localhost"})
_PORTS = {"https": 443, "http": 80}


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; ValueError where it has none or could be read in two ways."""
    if not _PLAIN.fullmatch(url) or _TRICKY.search(url):
        raise ValueError("unreadable address")
    parts = urlsplit(url)
    host = (parts.netloc.rsplit(":", 1)[0] if parts.port is not None else parts.netloc).lower()
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host) or ".." in host:
        raise ValueError("unreadable address")
    if _DOTS.search(parts.path):
        raise ValueError("address with a way up")
    return parts.scheme, host, parts.port if parts.port is not None else _PORTS[parts.scheme]


def is_loopback(host: str) -> bool:
    """Whether a host, as written, is this machine."""
    address = _literal(host)
    return host in _LOOPBACK_NAMES or (address is not None and address.is_loopback)


def may_call(url: str, *, loopback_allowed: bool) -> bool:
    """Whether a configured or discovered address may be called: https, or http on this machine where allowed."""
    try:
        scheme, host, _ = origin_of(url)
    except ValueError:
        return False
    if is_loopback(host):
        return loopback_allowed
    return scheme == "https" and _is_public_looking(host)


def discovered(base: str, url: object, *, loopback_allowed: bool) -> str | None:
    """The absolute form of an endpoint that `base` named, or None where it may not be called.

    A relative one is resolved against the base (A-32). One on the host of the base is as good as the base
    itself, a private address too; any other must be https and look public, and only a record system on this
    machine may name endpoints on this machine (A-33).
    """
    if not isinstance(url, str) or not url or not _PLAIN.fullmatch(url):
        return None
    try:
        if urlsplit(url).scheme and not urlsplit(url).netloc:
            return None  # "https:///x": joining would quietly lend it the host of the base
        absolute = urljoin(base.rstrip("/") + "/", url)
        scheme, host, _ = origin_of(absolute)
        base_scheme, base_host, _ = origin_of(base)
    except ValueError:
        return None
    if scheme != "https" and not (is_loopback(host) and is_loopback(base_host)):
        return None
    if host == base_host and scheme == base_scheme:
        return absolute
    return (
        absolute if may_call(absolute, loopback_allowed=loopback_allowed and is_loopback(base_host)) else None
    )


def lies_within(base: str, url: str) -> bool:
    """Whether an absolute address has the base's origin and lies at or below its path (SMART A-15, threat T41)."""
    try:
        if origin_of(base) != origin_of(url.replace("|", "%7C")):
            return False
    except ValueError:
        return False
    base_path, path = urlsplit(base).path.rstrip("/"), urlsplit(url).path
    return path.rstrip("/") == base_path or path.startswith(base_path + "/")


def _is_public_looking(host: str) -> bool:
    address = _literal(host)
    if address is None:
        # The last label of a public name is never a number: 0x7f.1 and 2130706433 are addresses in disguise.
        last = host.rsplit(".", 1)[-1]
        return not re.fullmatch(r"\d+|0x[0-9a-f]*", last)
    return address.is_global and not address.is_multicast


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
