"""Access to the API, without asyncio."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import time
from typing import Any, Dict, Iterator, List, Mapping, Optional, Set, Union, cast
from urllib.parse import parse_qs, urlsplit

from ._checks import check_integer, check_one_of, check_port, check_sandbox_id, check_text
from ._errors import ConfigurationError, PortTimeoutError
from ._events import read_events
from ._http import Call, Cancellation, Transport
from ._preview_host import check_preview_host, preview_host_of, preview_suffix, scheme_of
from ._types import ExposedPort, PortChange, SandboxInfo, SignedPreviewUrl

_DEFAULT_API_URL = "https://api.pandastack.ai"
_API_URL = re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?")
_TOKEN = re.compile(r"[!-~]+")
_LINK_TOKEN = re.compile(r"[a-z2-7]{63}", re.IGNORECASE)
_ANY = re.compile(r".+", re.DOTALL)
_NEXT = re.compile(r'<([^<>]*)>; *rel="?next"?')
_ACCESSES = ("public", "private", "off")
_MAX_TTL = 604_800
#: Longer than the edge gives a host.
_CREATE_TIMEOUT = 150.0
_KILL_TIMEOUT = 90.0
#: The app has 30 s.
_REPLAY_TIMEOUT = 60.0
_REQUEST_ID = re.compile(r"[0-9a-z]{8,24}")
#: Between the end of a stream and the next one: each costs a permit of the token.
_RECONNECT = 1.0


class Client:
    """Access to the API.

    ``api_url`` is ``PANDASTACK_API_URL`` if not given, ``token`` is ``PANDASTACK_API_KEY``.

    >>> Client(api_url="https://api.acme.dev").sandboxes.ref("1a2b3c4d").preview_url(3000)
    'https://3000-1a2b3c4d.acme.dev'
    """

    def __init__(
        self,
        api_url: Optional[str] = None,
        token: Optional[str] = None,
        preview_host: Optional[str] = None,
        *,
        timeout: float = 30.0,
        max_retries: int = 3,
    ) -> None:
        url = os.environ.get("PANDASTACK_API_URL") or _DEFAULT_API_URL if api_url is None else api_url
        check_text("api_url", url, _API_URL, "an http or https URL without a user")
        secret = os.environ.get("PANDASTACK_API_KEY") or None if token is None else token
        if secret is not None:
            check_text("token", secret, _TOKEN, "a text without spaces")
        if preview_host is not None:
            check_preview_host(preview_host)
        if not isinstance(timeout, (int, float)) or not 0 < timeout <= 600:
            raise ValueError("timeout must be a number of seconds up to 600")
        check_integer("max_retries", max_retries, 0, 10)
        self.api_url: str = url.rstrip("/")
        self.preview_host = preview_host
        self._transport = None if secret is None else Transport(self.api_url, secret, timeout, max_retries)

    def __repr__(self) -> str:
        return f"Client(api_url={self.api_url!r})"

    @property
    def sandboxes(self) -> Sandboxes:
        """The sandboxes that the token opens."""
        return Sandboxes(self)

    @property
    def transport(self) -> Transport:
        """Makes the calls. Raises ``ConfigurationError`` where there is no token."""
        if self._transport is None:
            raise ConfigurationError(
                "No API token: set PANDASTACK_API_KEY, or pass `token` to the client.", code="token_missing"
            )
        return self._transport


class Sandboxes:
    """The sandboxes that a client's token opens."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, template: str, *, workspace: Optional[str] = None) -> Sandbox:
        """Starts a sandbox, and waits until it is reachable."""
        return Sandbox.create(template, client=self._client, workspace=workspace)

    def get(self, id: str) -> Sandbox:
        """Finds a sandbox."""
        return Sandbox.get(id, self._client)

    def ref(self, id: str) -> Sandbox:
        """A sandbox by its id, without a call: its ``info`` is not known."""
        return Sandbox(id, self._client)

    def list(self, *, limit: Optional[int] = None, workspace: Optional[str] = None) -> Iterator[Sandbox]:
        """All sandboxes, page by page; ``limit`` is the most in one call."""
        cursor: Optional[str] = None
        while True:
            query = {"limit": limit, "workspace": workspace, "cursor": cursor}
            infos, fields = self._client.transport.call(Call("GET", "/sandboxes", query))
            for info in infos:
                yield Sandbox(info["id"], self._client, info)
            cursor = _next_cursor(fields.get("link", ""))
            if cursor is None:
                return


class Sandbox:
    """A sandbox: its preview URLs, links and ports."""

    def __init__(self, id: str, client: Optional[Client] = None, info: Optional[SandboxInfo] = None) -> None:
        check_sandbox_id(id)
        self.id = id
        #: As the API showed it last; ``None`` for ``client.sandboxes.ref(id)``.
        self.info = info
        self._client = client or Client()

    def __repr__(self) -> str:
        return f"Sandbox(id={self.id!r})"

    @classmethod
    def create(cls, template: str, *, client: Optional[Client] = None, workspace: Optional[str] = None) -> Sandbox:
        """Starts a sandbox, and waits until it is reachable.

        A call that is repeated after a failure starts no second one.
        """
        check_text("template", template, _ANY, "a template's name")
        client = client or Client()
        body = {"template": template} if workspace is None else {"template": template, "workspace": workspace}
        key = secrets.token_urlsafe(16)
        info, _ = client.transport.call(
            Call("POST", "/sandboxes", body=body, idempotency_key=key, timeout=_CREATE_TIMEOUT)
        )
        return cls(info["id"], client, info)

    @classmethod
    def get(cls, id: str, client: Optional[Client] = None) -> Sandbox:
        """Finds a sandbox."""
        check_sandbox_id(id)
        client = client or Client()
        info, _ = client.transport.call(Call("GET", f"/sandboxes/{id}"))
        return cls(id, client, info)

    def preview_url(self, port: int) -> str:
        """The public preview URL of a port. No call is made. Raises ``ValueError`` for a bad port."""
        return f"{scheme_of(self._suffix)}://{self.get_host(port)}"

    def get_host(self, port: int) -> str:
        """The host of the public preview URL, without a scheme."""
        return preview_host_of(self._suffix, self.id, port)

    def resolve_exposed_port(self, port: int) -> ExposedPort:
        """Where a port is reached from outside: host, port, and whether by TLS."""
        url = urlsplit(self.preview_url(port))
        is_tls = url.scheme == "https"
        return ExposedPort(url.hostname or "", url.port or (443 if is_tls else 80), is_tls)

    def preview_urls(self) -> Dict[int, str]:
        """The public preview URL of each port on which a server listens."""
        answer, _ = self._client.transport.call(Call("GET", f"{self._path}/ports"))
        ports = answer if isinstance(answer, list) else answer.get("ports", [])
        open_ports = [entry["port"] for entry in ports if entry.get("listening", True)]
        return {port: self.preview_url(port) for port in open_ports}

    def signed_preview_url(
        self,
        port: int,
        ttl_seconds: int = 3600,
        *,
        paths: Optional[List[str]] = None,
        embed: Optional[List[str]] = None,
        verify: bool = False,
    ) -> SignedPreviewUrl:
        """Mints a signed preview URL, which ends by itself.

        With ``verify``, raises ``PortClosedError`` where no server listens on the port.
        """
        check_port(port)
        check_integer("ttl_seconds", ttl_seconds, 1, _MAX_TTL)
        for name, value in (("paths", paths), ("embed", embed)):
            if value is not None and not isinstance(value, list):
                raise TypeError(f"{name} must be a list")
        body: Dict[str, Any] = {"port": port, "ttl_seconds": ttl_seconds, "paths": paths, "embed": embed}
        body = {name: value for name, value in body.items() if value is not None}
        if verify:
            body["verify"] = True
        link, _ = self._client.transport.call(Call("POST", f"{self._path}/preview-token", body=body))
        return cast(SignedPreviewUrl, link)

    def revoke_preview_url(self, token: str) -> None:
        """Revokes a link: within 5 seconds it opens nothing, and what is open under it is cut."""
        check_text("token", token, _LINK_TOKEN, "a link's token: the 63 characters before the first dot")
        self._client.transport.call(Call("DELETE", f"{self._path}/preview-tokens/{token}"))

    def set_port_access(self, port: int, access: str) -> None:
        """Sets who reaches a port: ``public``, ``private`` (only links) or ``off``."""
        check_port(port)
        check_one_of("access", access, _ACCESSES)
        self._client.transport.call(Call("PUT", f"{self._path}/ports/{port}", body={"access": access}))

    def set_capture(
        self, port: int, *, bodies: Optional[bool] = None, mask: Optional[List[str]] = None
    ) -> None:
        """Has the host keep the port's requests from now on. What is not named stays as it was.

        ``mask`` names fields whose values are shown as ``***``, beside those that always are.
        """
        check_port(port)
        body = {name: value for name, value in (("bodies", bodies), ("mask", mask)) if value is not None}
        self._client.transport.call(Call("PUT", f"{self._path}/ports/{port}/capture", body=body))

    def end_capture(self, port: int) -> None:
        """Ends that. What was kept stays until the sandbox ends."""
        check_port(port)
        self._client.transport.call(Call("DELETE", f"{self._path}/ports/{port}/capture"))

    def requests(
        self,
        *,
        port: Optional[int] = None,
        method: Optional[str] = None,
        status: Union[int, str, None] = None,
        path: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> List[Dict[str, Any]]:
        """The last requests that the host has kept, newest first: one page."""
        query = {"port": port, "method": method, "status": status, "path": path, "limit": limit}
        answer, _ = self._client.transport.call(Call("GET", f"{self._path}/requests", query))
        return cast(List[Dict[str, Any]], answer["requests"])

    def request(self, id: str) -> Dict[str, Any]:
        """One of them with its response. Secrets are masked."""
        answer, _ = self._client.transport.call(Call("GET", self._request_path(id)))
        return cast(Dict[str, Any], answer)

    def replay_request(
        self,
        id: str,
        *,
        method: Optional[str] = None,
        path: Optional[str] = None,
        headers: Optional[Mapping[str, Optional[str]]] = None,
        body: Union[str, bytes, None] = None,
    ) -> Dict[str, Any]:
        """Sends a request to the app once more, with what is named changed: ``original`` and ``replay``.

        In ``headers`` a value replaces a field, and ``None`` removes it.
        """
        named: Dict[str, Any] = {"method": method, "path": path, "headers": headers}
        if isinstance(body, bytes):
            named["body_base64"] = base64.b64encode(body).decode("ascii")
        else:
            named["body"] = body
        named = {name: value for name, value in named.items() if value is not None}
        call = Call("POST", f"{self._request_path(id)}/replay", body=named, timeout=_REPLAY_TIMEOUT)
        answer, _ = self._client.transport.call(call)
        return cast(Dict[str, Any], answer)

    def watch_ports(self) -> Iterator[PortChange]:
        """The ports that are open, then each change, until the loop is left."""
        return self._watch()

    def wait_for_port(self, port: int, *, timeout: float = 60) -> None:
        """Waits until a server listens on the port. Raises ``PortTimeoutError``."""
        self._wait_for_port(port, timeout)

    def kill(self) -> None:
        """Ends the sandbox. A repeated call changes nothing."""
        self._client.transport.call(Call("DELETE", self._path, timeout=_KILL_TIMEOUT))

    def _wait_for_port(self, port: int, timeout: float, cancellation: Optional[Cancellation] = None) -> None:
        check_port(port)
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout < float("inf"):
            raise ValueError("timeout must be a number of seconds")
        open_ports: Set[int] = set()
        for change in self._watch(port, time.monotonic() + timeout, cancellation):
            if change.port == port and change.open:
                return
            (open_ports.add if change.open else open_ports.discard)(change.port)
        message = f"No server listens on port {port} after {timeout} s."
        raise PortTimeoutError(message, code="timeout", open_ports=sorted(open_ports))

    def _watch(
        self,
        dial: Optional[int] = None,
        deadline: Optional[float] = None,
        cancellation: Optional[Cancellation] = None,
    ) -> Iterator[PortChange]:
        known: Set[int] = set()
        call = Call("GET", f"{self._path}/ports/events", {"dial": dial})
        while True:
            snapshot: Optional[Set[int]] = set()
            lines = self._client.transport.stream(call, deadline, cancellation)
            for event, data in read_events(lines):
                if event == "port":
                    change = PortChange(**json.loads(data))
                    if snapshot is not None and change.open:
                        snapshot.add(change.port)
                    if (change.port in known) == change.open:
                        continue
                    (known.add if change.open else known.discard)(change.port)
                    yield change
                elif event == "ready" and snapshot is not None:
                    gone = known - snapshot
                    known, snapshot = snapshot, None
                    for port in sorted(gone):
                        yield PortChange(port, False)
            left = _RECONNECT if deadline is None else min(_RECONNECT, deadline - time.monotonic())
            if left <= 0 or (cancellation is not None and cancellation.is_cancelled):
                return
            time.sleep(left)

    def _request_path(self, id: str) -> str:
        check_text("id", id, _REQUEST_ID, "a request's id")
        return f"{self._path}/requests/{id}"

    @property
    def _path(self) -> str:
        return f"/sandboxes/{self.id}"

    @property
    def _suffix(self) -> str:
        return preview_suffix(self._client.api_url, self._client.preview_host)


def _next_cursor(field: str) -> Optional[str]:
    """Of a ``link`` field (RFC 8288) with one link."""
    link = _NEXT.fullmatch(field)
    query: Mapping[str, List[str]] = {} if link is None else parse_qs(urlsplit(link.group(1)).query)
    return query.get("cursor", [None])[0]  # type: ignore[list-item]
