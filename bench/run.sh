#!/usr/bin/env bash
# The measurements of bench/README.md: import, start, read by id, memory, disk. Prints one line a number.
# COUNT resources (default 200,000); RUNS of each timed part, of which the median counts.
set -euo pipefail
cd "$(dirname "$0")/.."
COUNT=${COUNT:-200000}
RUNS=${RUNS:-3}
cargo build --release --quiet -p app
jingluo=target/release/jingluo
work=$(mktemp -d)
server=
stop() { if [ -n "$server" ]; then kill "$server" && wait "$server" || true; server=; fi; }
trap 'stop; rm -rf "$work"' EXIT
median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
now() { date +%s.%N; }
# A port nobody listens on; the server must be the one that was started here.
PORT=${PORT:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}

"$jingluo" bench copies --from examples/node_modules/hl7.fhir.r4.examples --count "$COUNT" --out "$work/copies.ndjson"

for run in $(seq "$RUNS"); do
  rm -rf "$work/data"
  start=$(now)
  "$jingluo" import --data "$work/data" "$work/copies.ndjson" --report "$work/report.json" >/dev/null
  end=$(now)
  awk -v n="$COUNT" -v a="$start" -v b="$end" 'BEGIN {printf "%.0f\n", n / (b - a)}'
done | tee "$work/import" | median | sed 's/$/ resources per second imported (median)/'
echo "  runs: $(tr '\n' ' ' < "$work/import")"
bytes=$(du -sb "$work/data" | cut -f1)
echo "$((bytes / COUNT)) bytes on disk per resource"

token=$("$jingluo" admin token --data "$work/data" --role integration | tail -n 1)
for run in $(seq "$RUNS"); do
  start=$(now)
  "$jingluo" serve --data "$work/data" --listen "127.0.0.1:$PORT" >/dev/null 2>&1 &
  server=$!
  until curl -fsS "http://127.0.0.1:$PORT/readyz" >/dev/null 2>&1; do
    kill -0 "$server" || { echo "the server did not start" >&2; exit 1; }
    sleep 0.01
  done
  end=$(now)
  awk -v a="$start" -v b="$end" 'BEGIN {printf "%.0f\n", (b - a) * 1000}'
  [ "$run" = "$RUNS" ] || stop
done > "$work/starts"
median < "$work/starts" | sed 's/$/ ms from start to ready on the existing record (median)/'

grep -m 20000 -o '^{"resourceType":"Observation","id":"[^"]*"' "$work/copies.ndjson" |
  sed 's/.*"id":"\([^"]*\)"/\/fhir\/Observation\/\1/' > "$work/paths"
for run in $(seq "$RUNS"); do
  "$jingluo" bench load --url "http://127.0.0.1:$PORT" --token "$token" --paths "$work/paths" --clients 32 --seconds 10
done | tee "$work/reads" | cut -d' ' -f1 | median | sed 's/$/ reads by id per second (median)/'
sed 's/^/  /' "$work/reads"
awk '/VmHWM/ {printf "%d MiB of memory at most in the server, which answered the reads\n", $2 / 1024}' "/proc/$server/status"
