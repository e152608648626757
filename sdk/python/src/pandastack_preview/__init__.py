"""Preview URLs for sandboxes."""

from ._client import Client, Sandbox, Sandboxes
from ._errors import (
    ConfigurationError,
    ForbiddenError,
    InvalidRequestError,
    NetworkError,
    NotFoundError,
    PandaStackError,
    PortClosedError,
    PortTimeoutError,
    RateLimitError,
    SuspendedError,
    UnauthorizedError,
    UnavailableError,
)
from ._preview_host import preview_suffix
from ._types import ExposedPort, PortChange, SandboxInfo, SignedPreviewUrl

__all__ = [
    "Client",
    "ConfigurationError",
    "ExposedPort",
    "ForbiddenError",
    "InvalidRequestError",
    "NetworkError",
    "NotFoundError",
    "PandaStackError",
    "PortChange",
    "PortClosedError",
    "PortTimeoutError",
    "RateLimitError",
    "Sandbox",
    "SandboxInfo",
    "Sandboxes",
    "SignedPreviewUrl",
    "SuspendedError",
    "UnauthorizedError",
    "UnavailableError",
    "preview_suffix",
]
