#!/usr/bin/env bash
# The browser tests: starts a demonstration on a free port, runs Playwright against it, ends it by its process id.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --quiet -p app
log=$(mktemp)
target/debug/jingluo demo --residents 300 --listen 127.0.0.1:0 --examples examples/node_modules/hl7.fhir.r4.examples > "$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server" || true; rm -f "$log"' EXIT
address=
for _ in $(seq 300); do
  address=$(sed -n 's/^Jingluo listens on //p' "$log")
  [ -n "$address" ] && break
  kill -0 "$server" || { cat "$log"; exit 1; }
  sleep 0.1
done
[ -n "$address" ] || { echo "the demonstration did not start"; cat "$log"; exit 1; }
cd console
BASE_URL="$address" npm run --silent e2e
