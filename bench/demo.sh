#!/usr/bin/env bash
# The measurements of the demonstration (bench/README.md): when the page answers, when the residents are in, what each
# thread of the server has worked. RESIDENTS (20,000).
set -euo pipefail
cd "$(dirname "$0")/.."
RESIDENTS=${RESIDENTS:-20000}
[ -n "${JINGLUO:-}" ] || cargo build --release --quiet -p app
jingluo=${JINGLUO:-target/release/jingluo}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server" || true; }; rm -rf "$work"' EXIT
PORT=${PORT:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
mkdir "$work/none"
start=$(date +%s.%N)
since() { awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN {printf "%.1f", b - a}'; }
TMPDIR="$work" "$jingluo" demo --residents "$RESIDENTS" --listen "127.0.0.1:$PORT" --examples "$work/none" > "$work/log" 2>&1 &
server=$!
data="$work/jingluo-demo-$server"
until curl -fsS "http://127.0.0.1:$PORT/" >/dev/null 2>&1; do
  kill -0 "$server" || { cat "$work/log" >&2; exit 1; }
  sleep 0.02
done
echo "$(since) s until the page answers"
token=$("$jingluo" admin token --data "$data" --role integration | tail -n 1)
get() { curl -fsS -H "Authorization: Bearer $token" "http://127.0.0.1:$PORT$1"; }
total() { get "/fhir/$1?_summary=count" | sed 's/.*"total": *\([0-9]*\).*/\1/'; }
until [ "$(total Organization)" -gt 100 ]; do sleep 0.1; done
echo "$(since) s until the first institutions are in"
until get /api/imports | grep -q '"name":"synthetic residents[^}]*"state":"done"'; do sleep 0.5; done
seconds=$(since)
stored=$(get /api/imports | python3 -c 'import json, sys; print(sum(i["stored"] for i in json.load(sys.stdin)["imports"]))')
echo "$seconds s until $RESIDENTS residents are in: $stored resources, $((stored / RESIDENTS)) a resident"
until get /api/demo/clock | grep -q '"paused":false'; do sleep 0.2; done
echo "$(since) s until the first morning"
for task in /proc/"$server"/task/*; do
  # A thread may end meanwhile.
  { name=$(cat "$task/comm") && stat=$(sed 's/([^)]*)/x/' "$task/stat"); } 2>/dev/null || continue
  awk -v name="$name" '{print name, ($14 + $15) / 100}' <<< "$stat"
done | awk '{seconds = $NF; $NF = ""; sum[$0] += seconds} END {for (name in sum) printf "  %6.1f s of processor time in threads %s\n", sum[name], name}' | sort -rn -k1 | head -8
awk '{print "  " ($14 + $15) / 100 " s of processor time in all"}' <(sed 's/([^)]*)/x/' "/proc/$server/stat")
awk '/VmHWM/ {printf "%d MiB of memory at most\n", $2 / 1024}' "/proc/$server/status"
