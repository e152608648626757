"""Event streams (HTML standard, section 9.2)."""

from __future__ import annotations

from typing import Iterable, Iterator, List, NamedTuple


class ServerEvent(NamedTuple):
    """An event; without a name for a comment."""

    event: str
    data: str


def parse_event(lines: Iterable[str]) -> ServerEvent:
    """Reads the lines of one event."""
    event = ""
    data: List[str] = []
    for line in lines:
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].strip())
    return ServerEvent(event, "\n".join(data))


#: An event of more lines is not the API's.
_MAX_LINES = 100


def read_events(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """The events of a stream, until it ends."""
    block: List[str] = []
    for line in lines:
        if line == "":
            yield parse_event(block)
            block = []
        elif len(block) >= _MAX_LINES:
            return
        else:
            block.append(line)
