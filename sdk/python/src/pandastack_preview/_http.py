"""HTTP by the standard library: one connection for each call."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

from ._errors import NetworkError, PandaStackError, error_for
from ._preview_host import is_loopback
from ._retry import retry_delay

#: Responses of the API are smaller; a larger one does not come from it.
_MAX_BODY = 16 * 1024 * 1024
_MAX_LINE = 65_536
#: The API sends a comment every 15 s.
_MAX_SILENCE = 45.0


class Call(NamedTuple):
    """One call of the API."""

    method: str
    #: Below ``/v1``, encoded.
    path: str
    query: Mapping[str, Any] = {}
    body: Optional[Mapping[str, Any]] = None
    #: Makes a POST repeatable.
    idempotency_key: Optional[str] = None
    timeout: Optional[float] = None


class Cancellation:
    """Ends a stream from another thread."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self._socket: Optional[socket.socket] = None
        self._lock = threading.Lock()

    def watch(self, connected: socket.socket) -> None:
        with self._lock:
            self._socket = connected
        if self.is_cancelled:
            self.cancel()

    def cancel(self) -> None:
        with self._lock:
            self.is_cancelled = True
            if self._socket is not None:
                try:
                    # A read that waits in another thread returns.
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Transport:
    """Calls of one API with one token."""

    def __init__(self, api_url: str, token: str, timeout: float, max_retries: int) -> None:
        self._api_url = api_url
        self._token = token
        self._timeout = timeout
        self._max_retries = max_retries

    def call(self, call: Call) -> Tuple[Any, Mapping[str, str]]:
        """Makes a call. Returns its JSON, ``None`` for no content, and the response's fields in lower case."""
        connection, response = self._open_with_retries(call)
        try:
            text = response.read(_MAX_BODY)
            fields = {name.lower(): value for name, value in response.getheaders()}
            return (json.loads(text) if text else None), fields
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._lost(error) from error
        finally:
            connection.close()

    def stream(
        self, call: Call, deadline: Optional[float] = None, cancellation: Optional[Cancellation] = None
    ) -> Iterator[str]:
        """The lines of a response as they come. Ends where it is silent for 45 s, or at the deadline."""
        connection, response = self._open_with_retries(call, cancellation)
        # http.client forgets the socket of a response that ends with its connection.
        connected = getattr(connection, "kept_socket")
        try:
            while cancellation is None or not cancellation.is_cancelled:
                left = _MAX_SILENCE if deadline is None else min(_MAX_SILENCE, deadline - time.monotonic())
                if left <= 0:
                    return
                connected.settimeout(left)
                line = response.readline(_MAX_LINE)
                if not line or len(line) >= _MAX_LINE:
                    return
                yield line.decode("utf-8", "replace").rstrip("\r\n")
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def _open_with_retries(
        self, call: Call, cancellation: Optional[Cancellation] = None
    ) -> Tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        attempt = 0
        while True:
            try:
                return self._open(call, cancellation)
            except PandaStackError as error:
                # 429 and 503 say that nothing was done; a lost call may have been done.
                repeatable = call.method != "POST" or call.idempotency_key is not None
                again = error.status in (429, 503) or (error.status == 0 and repeatable)
                delay = retry_delay(attempt, error.retry_after) if again else None
                if attempt >= self._max_retries or delay is None:
                    raise
                time.sleep(delay)
                attempt += 1

    def _open(
        self, call: Call, cancellation: Optional[Cancellation]
    ) -> Tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        url = urlsplit(self._api_url)
        query = urlencode({name: value for name, value in call.query.items() if value is not None})
        target = f"{url.path.rstrip('/')}/v1{call.path}" + (f"?{query}" if query else "")
        headers: Dict[str, str] = {
            "accept": "application/json, text/event-stream",
            "authorization": f"Bearer {self._token}",
            "connection": "close",
        }
        if call.body is not None:
            headers["content-type"] = "application/json"
        if call.idempotency_key is not None:
            headers["idempotency-key"] = call.idempotency_key
        body = None if call.body is None else json.dumps(call.body).encode()
        connection = self._connect(call.timeout or self._timeout)
        try:
            connection.connect()
            assert connection.sock is not None
            setattr(connection, "kept_socket", connection.sock)
            if cancellation is not None:
                cancellation.watch(connection.sock)
            connection.request(call.method, target, body, headers)
            response = connection.getresponse()
            if 200 <= response.status < 300:
                return connection, response
            raise _read_error(response)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._lost(error) from error
        except PandaStackError:
            connection.close()
            raise

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        url = urlsplit(self._api_url)
        hostname = url.hostname or ""
        is_tls = url.scheme == "https"
        port = url.port or (443 if is_tls else 80)
        # Not every system resolves *.localhost; they lead to this machine (RFC 6761, section 6.3).
        address = "127.0.0.1" if is_loopback(hostname) and hostname != "::1" and not is_tls else hostname
        proxy = None if is_loopback(hostname) or proxy_bypass(hostname) else getproxies().get(url.scheme)
        if not is_tls:
            return http.client.HTTPConnection(address, port, timeout=timeout)
        context = ssl.create_default_context()
        if proxy is None:
            return http.client.HTTPSConnection(address, port, timeout=timeout, context=context)
        through = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        connection = http.client.HTTPSConnection(
            through.hostname or "", through.port or 3128, timeout=timeout, context=context
        )
        connection.set_tunnel(hostname, port)
        return connection

    def _lost(self, error: Exception) -> NetworkError:
        reason = str(error) or type(error).__name__
        return NetworkError(f"The API at {self._api_url} could not be reached: {reason}", code="network")


def _read_error(response: http.client.HTTPResponse) -> PandaStackError:
    field = response.getheader("retry-after", "")
    retry_after = int(field) if field.isascii() and field.isdigit() and len(field) < 9 else None
    try:
        problem = json.loads(response.read(_MAX_LINE))
    except (OSError, http.client.HTTPException, ValueError):
        # Something between here and the API has answered in its place; the status says what is known.
        problem = {}
    return error_for(response.status, problem if isinstance(problem, dict) else {}, retry_after)
