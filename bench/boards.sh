#!/usr/bin/env bash
# The measurements of boards and tallies (bench/README.md): what the tallies add to an import, and how quickly the board,
# its breakdowns and the quality of reporting are answered on a record of a whole city, at rest and while data flow in.
# RESIDENTS (1,000,000) with their registrations, and one lean visit a registration over DAYS (80); CLIENTS (4) at once; SECONDS a run;
# RECORD=DIR keeps the record there and uses it if it is there; COST=0 leaves the import out.
set -euo pipefail
cd "$(dirname "$0")/.."
RESIDENTS=${RESIDENTS:-1000000}
DAYS=${DAYS:-80}
CLIENTS=${CLIENTS:-4}
SECONDS_EACH=${SECONDS_EACH:-15}
COST_RESIDENTS=${COST_RESIDENTS:-4000}
RUNS=${RUNS:-5}
if [ -z "${JINGLUO:-}" ]; then cargo build --release --quiet -p app; fi
jingluo=${JINGLUO:-target/release/jingluo}
work=$(mktemp -d)
RECORD=${RECORD:-$work/record}
server= flow=
stop() { for one in $flow $server; do kill "$one" 2>/dev/null && wait "$one" 2>/dev/null || true; done; server= flow=; }
trap 'stop; rm -rf "$work"' EXIT

if [ "${COST:-1}" != 0 ]; then
  cargo build --release --quiet -p programs --example tally_cost
  "$jingluo" city --seed 1 --residents "$COST_RESIDENTS" --days 42 --out "$work/city" >/dev/null
  cat "$work/city/places.ndjson" "$work/city/residents.ndjson" > "$work/city.ndjson"
  echo "what the tallies add to an import of $(wc -l < "$work/city.ndjson") resources (medians of $RUNS):"
  target/release/examples/tally_cost "$work/city.ndjson" "$work/cost" "$RUNS" | grep -v '^  '
fi

if [ ! -d "$RECORD" ]; then
  "$jingluo" city --seed 1 --residents "$RESIDENTS" --days "$DAYS" --only registrations --out "$work/large" >/dev/null
  "$jingluo" bench visits --from "$work/large/residents.ndjson" --days "$DAYS" --out "$work/large/visits.ndjson"
  "$jingluo" import --data "$RECORD" "$work"/large/{places,residents,visits}.ndjson | tail -n 1
  rm -rf "$work/large"
fi
token() { "$jingluo" admin token --data "$RECORD" "$@" | tail -n 1; }
all=$(token --role integration)
officer=$(token --role officer --scope org-wjw)
PORT=${PORT:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
"$jingluo" serve --data "$RECORD" --listen "127.0.0.1:$PORT" > "$work/server.log" 2>&1 &
server=$!
until curl -fsS "http://127.0.0.1:$PORT/readyz" >/dev/null 2>&1; do
  kill -0 "$server" || { cat "$work/server.log" >&2; exit 1; }
  sleep 0.05
done

yesterday=$(TZ=Asia/Shanghai date -d yesterday +%F)
week=$(TZ=Asia/Shanghai date -d '7 days ago' +%F)
operations=/api/programs/overview
{
  echo "$operations/city"
  echo "$operations/city?day=$yesterday"
  echo "$operations/city?day=$week"
  for district in 339901 339905 339912; do
    echo "$operations/city?area=$district"
    echo "$operations/breakdown?figure=visits&by=institution&day=$yesterday&area=$district"
  done
  for figure in visits reports cards in_bed residents beds; do
    echo "$operations/breakdown?figure=$figure&by=area&day=$yesterday"
    echo "$operations/breakdown?figure=$figure&by=institution&day=$yesterday"
  done
  echo "$operations/breakdown?figure=visits&by=hour&day=$yesterday"
  echo "$operations/breakdown?figure=cards&by=disease&day=$yesterday"
  echo "$operations/quality"
  echo "$operations/quality?day=$yesterday"
} > "$work/paths"

# $1: what it is called, $2: the token, $3: clients
measured() {
  printf '  %s: ' "$1"
  "$jingluo" bench load --url "http://127.0.0.1:$PORT" --token "$2" --paths "$work/paths" --clients "$3" --seconds "$SECONDS_EACH"
}
curl -fsS -H "Authorization: Bearer $all" "http://127.0.0.1:$PORT$operations/city" |
  python3 -c 'import json, sys; board = json.load(sys.stdin); print("the record:", ", ".join("%s %s" % (f["key"], f["value"]) for f in board["figures"]), "at feed position", board["counting"]["position"])'
echo "the operations of the overview, all mixed:"
for first in city quality; do
  printf '  first answer of %s after the start: ' "$first"
  curl -fsS -o /dev/null -w '%{time_total} s\n' -H "Authorization: Bearer $all" "http://127.0.0.1:$PORT$operations/$first?day=$yesterday"
done
measured "at rest, one reader" "$all" 1
measured "at rest, $CLIENTS readers" "$all" "$CLIENTS"
measured "at rest, $CLIENTS officers of the city" "$officer" "$CLIENTS"
(
  nth=0
  while true; do
    nth=$((nth + 1))
    now=$(date -u +%FT%TZ)
    curl -fsS -o /dev/null -X PUT -H "Authorization: Bearer $all" -H 'Content-Type: application/fhir+json' \
      "http://127.0.0.1:$PORT/fhir/Encounter/flow-$nth" -d '{"resourceType":"Encounter","id":"flow-'"$nth"'","meta":{"source":"urn:jingluo:institution:org-h1"},"status":"finished","class":{"code":"AMB"},"period":{"start":"'"$now"'","end":"'"$now"'"},"serviceProvider":{"reference":"Organization/org-h1"}}' || true
  done
) &
flow=$!
measured "while data flow in, $CLIENTS readers" "$all" "$CLIENTS"
measured "while data flow in, $CLIENTS officers of the city" "$officer" "$CLIENTS"
stop
