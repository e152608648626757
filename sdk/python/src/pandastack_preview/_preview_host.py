"""The names of preview URLs. No call is made."""

from __future__ import annotations

import re
from typing import Optional
from urllib.parse import urlsplit

from ._checks import check_port, check_sandbox_id, check_text

_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?", re.IGNORECASE)
_ADDRESS = re.compile(r"127\.[0-9.]+|::1")


def is_loopback(hostname: str) -> bool:
    """Whether a hostname leads to this machine (RFC 6761, section 6.3)."""
    return _ADDRESS.fullmatch(hostname) is not None or hostname == "localhost" or hostname.endswith(".localhost")


def check_preview_host(preview_host: object) -> None:
    """Raises ``TypeError`` for anything but ``host`` or ``host:port``."""
    check_text("preview_host", preview_host, _HOST, "a hostname, with a port where it needs one")


def preview_suffix(api_url: str, preview_host: Optional[str] = None) -> str:
    """What stands after ``{port}-{sandbox}.``: ``preview_host``, else the API's host without a leading ``api.``.

    >>> preview_suffix("https://api.acme.dev")
    'acme.dev'
    >>> preview_suffix("http://127.0.0.1:8787")
    'localhost:8787'
    """
    if preview_host is not None:
        check_preview_host(preview_host)
        return preview_host.lstrip(".")
    url = urlsplit(api_url)
    hostname = url.hostname or ""
    name = hostname[4:] if hostname.startswith("api.") else hostname
    if _ADDRESS.fullmatch(hostname):
        name = "localhost"
    default_port = {"http": 80, "https": 443}.get(url.scheme)
    return name if url.port in (None, default_port) else f"{name}:{url.port}"


def preview_host_of(suffix: str, sandbox_id: str, port: int) -> str:
    """The host of a port's public preview URL."""
    check_port(port)
    check_sandbox_id(sandbox_id)
    return f"{port}-{sandbox_id}.{suffix}"


def scheme_of(suffix: str) -> str:
    """``http`` on this machine, else ``https``."""
    return "http" if is_loopback(re.sub(r":[0-9]+$", "", suffix)) else "https"
