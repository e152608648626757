"""The same with asyncio: each call runs in a thread, so that the standard library is enough.

>>> import asyncio
>>> from pandastack_preview.aio import AsyncClient
>>> async def share(id: str) -> str:
...     link = await AsyncClient().ref(id).signed_preview_url(3000)
...     return link["url"]
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, AsyncIterator, Callable, Dict, List, Mapping, Optional, TypeVar, Union

from ._client import Client, Sandbox
from ._http import Cancellation
from ._types import ExposedPort, PortChange, SandboxInfo, SignedPreviewUrl

__all__ = ["AsyncClient", "AsyncSandbox"]

_Result = TypeVar("_Result")


class AsyncClient:
    """Access to the API. Its arguments are those of ``Client``."""

    def __init__(
        self, api_url: Optional[str] = None, token: Optional[str] = None, preview_host: Optional[str] = None
    ) -> None:
        self.sync = Client(api_url, token, preview_host)

    async def create(self, template: str, *, workspace: Optional[str] = None) -> AsyncSandbox:
        """Starts a sandbox, and waits until it is reachable."""
        return AsyncSandbox(await _run(lambda: self.sync.sandboxes.create(template, workspace=workspace)))

    async def get(self, id: str) -> AsyncSandbox:
        """Finds a sandbox."""
        return AsyncSandbox(await _run(lambda: self.sync.sandboxes.get(id)))

    def ref(self, id: str) -> AsyncSandbox:
        """A sandbox by its id, without a call."""
        return AsyncSandbox(self.sync.sandboxes.ref(id))

    async def list(self, *, workspace: Optional[str] = None) -> List[AsyncSandbox]:
        """All sandboxes."""
        sandboxes = await _run(lambda: list(self.sync.sandboxes.list(workspace=workspace)))
        return [AsyncSandbox(sandbox) for sandbox in sandboxes]


class AsyncSandbox:
    """A sandbox: its preview URLs, links and ports."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sync = sandbox

    @property
    def id(self) -> str:
        return self.sync.id

    @property
    def info(self) -> Optional[SandboxInfo]:
        return self.sync.info

    def preview_url(self, port: int) -> str:
        """The public preview URL of a port. No call is made."""
        return self.sync.preview_url(port)

    def get_host(self, port: int) -> str:
        """The host of the public preview URL, without a scheme."""
        return self.sync.get_host(port)

    async def resolve_exposed_port(self, port: int) -> ExposedPort:
        """Where a port is reached from outside."""
        return self.sync.resolve_exposed_port(port)

    async def preview_urls(self) -> Dict[int, str]:
        """The public preview URL of each port on which a server listens."""
        return await _run(self.sync.preview_urls)

    async def signed_preview_url(
        self,
        port: int,
        ttl_seconds: int = 3600,
        *,
        paths: Optional[List[str]] = None,
        embed: Optional[List[str]] = None,
        verify: bool = False,
    ) -> SignedPreviewUrl:
        """Mints a signed preview URL, which ends by itself."""
        mint = self.sync.signed_preview_url
        return await _run(lambda: mint(port, ttl_seconds, paths=paths, embed=embed, verify=verify))

    async def revoke_preview_url(self, token: str) -> None:
        """Revokes a link."""
        await _run(lambda: self.sync.revoke_preview_url(token))

    async def set_port_access(self, port: int, access: str) -> None:
        """Sets who reaches a port: ``public``, ``private`` or ``off``."""
        await _run(lambda: self.sync.set_port_access(port, access))

    async def set_capture(
        self, port: int, *, bodies: Optional[bool] = None, mask: Optional[List[str]] = None
    ) -> None:
        """Has the host keep the port's requests from now on."""
        await _run(lambda: self.sync.set_capture(port, bodies=bodies, mask=mask))

    async def end_capture(self, port: int) -> None:
        """Ends that."""
        await _run(lambda: self.sync.end_capture(port))

    async def requests(
        self,
        *,
        port: Optional[int] = None,
        method: Optional[str] = None,
        status: Union[int, str, None] = None,
        path: Optional[str] = None,
        limit: Optional[int] = None,
    ) -> List[Dict[str, Any]]:
        """The last requests that the host has kept, newest first: one page."""
        find = self.sync.requests
        return await _run(lambda: find(port=port, method=method, status=status, path=path, limit=limit))

    async def request(self, id: str) -> Dict[str, Any]:
        """One of them with its response. Secrets are masked."""
        return await _run(lambda: self.sync.request(id))

    async def replay_request(
        self,
        id: str,
        *,
        method: Optional[str] = None,
        path: Optional[str] = None,
        headers: Optional[Mapping[str, Optional[str]]] = None,
        body: Union[str, bytes, None] = None,
    ) -> Dict[str, Any]:
        """Sends a request to the app once more, with what is named changed."""
        replay = self.sync.replay_request
        return await _run(lambda: replay(id, method=method, path=path, headers=headers, body=body))

    async def wait_for_port(self, port: int, *, timeout: float = 60) -> None:
        """Waits until a server listens on the port."""
        cancellation = Cancellation()
        try:
            await _run(lambda: self.sync._wait_for_port(port, timeout, cancellation))
        finally:
            cancellation.cancel()

    async def watch_ports(self) -> AsyncIterator[PortChange]:
        """The ports that are open, then each change, until the loop is left."""
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[Union[PortChange, Exception]] = asyncio.Queue()
        cancellation = Cancellation()

        def put(item: Union[PortChange, Exception]) -> None:
            if not cancellation.is_cancelled:
                loop.call_soon_threadsafe(items.put_nowait, item)

        def pump() -> None:
            try:
                for change in self.sync._watch(cancellation=cancellation):
                    put(change)
            except Exception as error:
                put(error)

        threading.Thread(target=pump, daemon=True).start()
        try:
            while True:
                item = await items.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            cancellation.cancel()

    async def kill(self) -> None:
        """Ends the sandbox."""
        await _run(self.sync.kill)


async def _run(function: Callable[[], _Result]) -> _Result:
    return await asyncio.get_running_loop().run_in_executor(None, function)
