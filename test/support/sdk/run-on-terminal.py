"""Runs a command on a pseudo-terminal and types at it.

argv[1]: JSON list of [text to wait for, text to type]; the rest: the command. Prints JSON {"code", "screen"}.
"""

import json
import os
import pty
import select
import sys
import time

MAX_SECONDS = 60

steps = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
end = time.monotonic() + MAX_SECONDS
screen = ""
seen = 0
while time.monotonic() < end:
    while steps and steps[0][0] in screen[seen:]:
        seen = screen.index(steps[0][0], seen) + len(steps[0][0])
        os.write(terminal, steps.pop(0)[1].encode())
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        chunk = os.read(terminal, 65536)
    except OSError:  # EIO: the other side is closed
        break
    if not chunk:
        break
    screen += chunk.decode(errors="replace")
else:
    os.kill(child, 9)
status = os.waitpid(child, 0)[1]
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "screen": screen}))
