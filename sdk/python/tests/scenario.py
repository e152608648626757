"""The scenario with the whole system: standard input has its parts, one line of JSON for each step.

``python3 scenario.py {template} {port}`` with ``PANDASTACK_API_URL`` and ``PANDASTACK_API_KEY``. Asks for a server by
writing ``listen {sandbox} {port}``, and reads a line once it listens.
"""

import asyncio
import json
import sys
import threading
import urllib.request
import uuid
from urllib.parse import urlsplit

from pandastack_preview import Client, InvalidRequestError, NotFoundError, PortClosedError, PortTimeoutError, Sandbox
from pandastack_preview.aio import AsyncClient


def ask(*words: object) -> None:
    print(*words, flush=True)
    assert sys.stdin.readline() == "done\n"


def visit(url: str) -> str:
    parts = urlsplit(url)
    request = urllib.request.Request(f"http://127.0.0.1:{parts.port}{parts.path}", headers={"host": parts.netloc})
    with urllib.request.urlopen(request) as response:
        return response.read().decode()


def raises(expected: type, function: object, *args: object, **options: object) -> Exception:
    try:
        function(*args, **options)  # type: ignore[operator]
    except expected as error:
        return error
    raise AssertionError(f"{expected.__name__} was not raised")


async def with_asyncio(id: str) -> None:
    sandbox = await AsyncClient().get(id)
    assert id in [other.id for other in await AsyncClient().list()]
    link = await sandbox.signed_preview_url(3000, 60)
    await sandbox.revoke_preview_url(link["token"])
    seen = []
    async for change in sandbox.watch_ports():
        seen.append(change)
        break
    assert seen[0].open
    await sandbox.wait_for_port(3000)
    try:
        await asyncio.wait_for(sandbox.wait_for_port(4000), 0.5)
        raise AssertionError("no timeout")
    except asyncio.TimeoutError:
        pass
    threads = [thread for thread in threading.enumerate() if thread.daemon]
    for thread in threads:
        thread.join(5)


def main(template: str, port: int) -> None:
    client = Client()
    sandbox = Sandbox.create(template=template)
    assert sandbox.info is not None and sandbox.info["status"] == "running"
    assert visit(sandbox.preview_url(port) + "/a") == f"{port} /a"
    assert Sandbox.get(sandbox.id).info == sandbox.info
    assert sandbox.id in [other.id for other in client.sandboxes.list(limit=1)]
    assert sandbox.preview_urls() == {port: sandbox.preview_url(port)}

    link = sandbox.signed_preview_url(port, ttl_seconds=60, paths=["/docs"], verify=True)
    assert visit(link["url"] + "/docs/b") == f"{port} /docs/b"
    sandbox.revoke_preview_url(link["token"])
    closed = raises(PortClosedError, sandbox.signed_preview_url, 4000, verify=True)
    assert closed.open_ports == [port]  # type: ignore[attr-defined]
    raises(InvalidRequestError, sandbox.signed_preview_url, port, paths=["docs"])
    raises(NotFoundError, client.sandboxes.get, str(uuid.uuid4()))

    for access in ("private", "public"):
        sandbox.set_port_access(port, access)

    ask("listen", sandbox.id, 5173)
    sandbox.wait_for_port(5173)
    late = raises(PortTimeoutError, sandbox.wait_for_port, 4000, timeout=1)
    assert late.open_ports == [port, 5173]  # type: ignore[attr-defined]
    asyncio.run(with_asyncio(sandbox.id))

    changes = sandbox.watch_ports()
    next(changes)
    sandbox.kill()
    raises(NotFoundError, list, changes)
    sandbox.kill()
    print(json.dumps({"link": link["url"], "sandbox": sandbox.id}), flush=True)


main(sys.argv[1], int(sys.argv[2]))
