"""What calls return."""

from __future__ import annotations

from typing import List, NamedTuple, TypedDict


class _SandboxInfo(TypedDict):
    id: str
    workspace: str
    status: str
    host: str
    generation: str
    ports: List[int]
    created_at: str


class SandboxInfo(_SandboxInfo, total=False):
    """A sandbox as the API shows it."""

    template: str


class _SignedPreviewUrl(TypedDict):
    url: str
    token: str
    sandbox_id: str
    port: int
    expires_at: str


class SignedPreviewUrl(_SignedPreviewUrl, total=False):
    """A signed preview URL."""

    paths: List[str]
    embed: List[str]


class PortChange(NamedTuple):
    """A port that has opened or closed."""

    port: int
    open: bool


class ExposedPort(NamedTuple):
    """Where a port is reached from outside."""

    host: str
    port: int
    tls: bool
