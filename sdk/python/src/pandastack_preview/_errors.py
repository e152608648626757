"""Every error of this package that is not a wrong argument."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Type


class PandaStackError(Exception):
    """``code`` is stable; the text is for people."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 0,
        request_id: Optional[str] = None,
        retry_after: Optional[int] = None,
        errors: Optional[List[Dict[str, str]]] = None,
        open_ports: Optional[List[int]] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        #: Of the response; 0 where there was none.
        self.status = status
        #: Finds the request in the operator's log.
        self.request_id = request_id
        #: Whole seconds until a retry can succeed.
        self.retry_after = retry_after
        #: Each wrong part of a request.
        self.errors = errors or []
        #: Ports of the sandbox on which a server listens, where the port is closed.
        self.open_ports = open_ports or []


class ConfigurationError(PandaStackError):
    """No token is configured."""


class NetworkError(PandaStackError):
    """The API could not be reached."""


class UnauthorizedError(PandaStackError):
    """The token is not valid."""


class ForbiddenError(PandaStackError):
    """The token may not do that."""


class NotFoundError(PandaStackError):
    """There is no such sandbox or resource."""


class InvalidRequestError(PandaStackError):
    """The API refused the request's members; ``errors`` lists them."""


class RateLimitError(PandaStackError):
    """The limit of the token is used up, also after the retries."""


class SuspendedError(PandaStackError):
    """The operator has suspended the sandbox, its workspace or its org."""


class UnavailableError(PandaStackError):
    """The service or the sandbox's host does not respond, also after the retries."""


class PortClosedError(PandaStackError):
    """No server listens on the port; ``open_ports`` has those where one does."""


class PortTimeoutError(PortClosedError):
    """The port did not open in time."""


_CLASSES: Mapping[str, Type[PandaStackError]] = {
    "unauthorized": UnauthorizedError,
    "forbidden": ForbiddenError,
    "not_found": NotFoundError,
    "sandbox_not_found": NotFoundError,
    "request_invalid": InvalidRequestError,
    "rate_limited": RateLimitError,
    "suspended": SuspendedError,
    "port_closed": PortClosedError,
}


def error_for(status: int, problem: Mapping[str, Any], retry_after: Optional[int] = None) -> PandaStackError:
    """Makes the error for a response of the API that is not a success."""
    code = str(problem.get("code") or f"http_{status}")
    unavailable = UnavailableError if 502 <= status <= 504 else PandaStackError
    return _CLASSES.get(code, unavailable)(
        str(problem.get("detail") or f"The API answered with status {status}."),
        code=code,
        status=status,
        request_id=problem.get("request_id"),
        retry_after=problem.get("retry_after") or retry_after,
        errors=problem.get("errors"),
        open_ports=problem.get("open_ports"),
    )
