#!/bin/sh
# Keeps the template's Vite project served on port 5173 from the moment the sandbox runs.
# --strictPort: another port would leave the sandbox's URL dead without a word.
set -eu

cd "${APP_DIR:-/workspace/app}"
exec ./node_modules/.bin/vite --port "${PORT:-5173}" --strictPort
