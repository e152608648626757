#!/bin/sh
exec /usr/lib/preview-connector/node /usr/lib/preview-connector/connector.mjs "$@"
