#!/bin/sh
# Keeps the template's Next.js project served on port 3000 from the moment the sandbox runs.
set -eu

cd "${APP_DIR:-/workspace/app}"
exec ./node_modules/.bin/next dev --port "${PORT:-3000}"
