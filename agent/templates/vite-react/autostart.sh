#!/bin/sh
# Keeps the template's Vite project served on port 5173 from the moment the sandbox runs.
# --strictPort: on another port the server would not be reached by the sandbox's URL, without an error.
set -eu

cd "${APP_DIR:-/workspace/app}"
exec ./node_modules/.bin/vite --port "${PORT:-5173}" --strictPort
