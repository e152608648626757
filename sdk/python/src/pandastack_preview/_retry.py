"""How long to wait before a call is repeated."""

from __future__ import annotations

import random
from typing import Callable, Optional

_FIRST_PAUSE = 0.5
_MAX_PAUSE = 8.0
#: A longer ``retry-after`` is not waited for: the caller gets the error, which contains it.
MAX_RETRY_AFTER = 60
_MAX_EXTRA = 0.25


def retry_delay(
    attempt: int, retry_after: Optional[int], draw: Callable[[], float] = random.random
) -> Optional[float]:
    """Seconds, or ``None`` where it is too long to wait.

    What the service asks for and a little more, or a random time below an exponentially growing bound, so that many
    clients do not come back at the same moment.
    """
    if retry_after is None:
        return draw() * min(_FIRST_PAUSE * 2.0**attempt, _MAX_PAUSE)
    return None if retry_after > MAX_RETRY_AFTER else retry_after + draw() * _MAX_EXTRA
