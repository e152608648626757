"""Checks of arguments, before any call is made. Messages name the argument, and show numbers only."""

from __future__ import annotations

import re
from typing import Any, Pattern, Sequence

_SANDBOX_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")


def check_integer(name: str, value: Any, low: int, high: int) -> None:
    """Raises ``ValueError`` unless ``value`` is a whole number from ``low`` to ``high``."""
    if type(value) is not int or not low <= value <= high:
        shown = value if type(value) in (int, float) else type(value).__name__
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {shown}")


def check_port(port: Any) -> None:
    """Raises ``ValueError`` for anything but a TCP port."""
    check_integer("port", port, 1, 65_535)


def check_text(name: str, value: Any, form: Pattern[str], what: str) -> None:
    """Raises ``TypeError`` for anything but a text of that form."""
    if not isinstance(value, str) or form.fullmatch(value) is None:
        raise TypeError(f"{name} must be {what}")


def check_one_of(name: str, value: Any, values: Sequence[str]) -> None:
    """Raises ``TypeError`` for any other value."""
    if value not in values:
        raise TypeError(f"{name} must be {', '.join(values)}")


def check_sandbox_id(sandbox_id: Any) -> None:
    """Raises ``TypeError`` for what cannot be a sandbox's id."""
    check_text("id", sandbox_id, _SANDBOX_ID, "a sandbox's id")
