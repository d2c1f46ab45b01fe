#!/usr/bin/env bash
# Growth, ours alone: one record of SMALL (1000) and then LARGE (64000) patients of 61 resources, written as workload (b).
# At both sizes: write rate, bytes on disk, latency of (c) to (g); at the large one also as a clinician with MANAGED (5000)
# patients. Prints a table; the figures stay in RESULTS. RUNS of each search (3), SECONDS_EACH (4), SEARCH_CLIENTS (1).
set -euo pipefail
cd "$(dirname "$0")/.."
SMALL=${SMALL:-1000}
LARGE=${LARGE:-64000}
MANAGED=${MANAGED:-5000}
RUNS=${RUNS:-3}
SECONDS_EACH=${SECONDS_EACH:-4}
SEARCH_CLIENTS=${SEARCH_CLIENTS:-1}
WRITE_CLIENTS=${WRITE_CLIENTS:-8}
RESULTS=${RESULTS:-$PWD/target/bench/growth-$(date +%Y%m%d-%H%M%S)}
mkdir -p "$RESULTS"
record=$RESULTS/figures.jsonl
work=$(mktemp -d)
. bench/servers.sh
trap 'rm -rf "$work"' EXIT
managed=$MANAGED/$LARGE

# $1: the name, $2: how many, $3: the first
write() {
  printf '%-20s ' "$1"
  "$JINGLUO" bench write --url "$ours_url" --token "$ours_token" --bundle patient --first "$3" --count "$2" --managed "$managed" \
    --clients "$WRITE_CLIENTS" --seconds 7200 --ids "$work/ids" --name "$1" --keep "$record"
}

# $1: the name, $2: the token; the rest goes to `bench paths`
searches() {
  local name=$1 token=$2
  shift 2
  for workload in read code birth dated chained; do
    "$JINGLUO" bench paths --workload "$workload" --ids "$work/ids" --count 5000 --out "$work/paths" "$@"
    for _ in $(seq "$RUNS"); do
      printf '%-20s ' "$name $workload"
      "$JINGLUO" bench load --url "$ours_url" --token "$token" --paths "$work/paths" --clients "$SEARCH_CLIENTS" \
        --seconds "$SECONDS_EACH" --name "$name $workload" --keep "$record"
    done
  done
}

# Stops the server, so that the log is carried over, and starts it again. $1: the size, $2: patients
weighed() {
  stop_ours
  keep_disk "$1" "$work/record" $(($2 * 61))
  start_ours "$work/record"
}

measured() {
  start_ours "$work/record"
  curl -fsS -o /dev/null -X PUT -H "Authorization: Bearer $ours_token" -H 'Content-Type: application/fhir+json' \
    "$ours_url/Organization/bench-org" -d '{"resourceType":"Organization","id":"bench-org","active":true,"name":"安和市第一医院"}'
  write "small write" "$SMALL" 0
  weighed small "$SMALL"
  searches small "$ours_token"
  write "large write" $((LARGE - SMALL)) "$SMALL"
  weighed large "$LARGE"
  searches large "$ours_token"
  clinician=$("$JINGLUO" admin token --data "$work/record" --role clinician --scope bench-org | tail -n 1)
  searches integration "$ours_token" --managed "$managed"
  searches clinician "$clinician" --managed "$managed"
  stop_ours
}

{
  # What starts servers runs in a shell of its own, because its words go to a file as well: it stops them whatever happens.
  trap 'stop_ours' EXIT
  echo "$("$JINGLUO" --version); $(nproc) processors; load at the start $(cut -d' ' -f1-3 /proc/loadavg)"
  measured
} 2>&1 | tee "$RESULTS/log.txt"
python3 bench/table.py growth "$record" | tee "$RESULTS/table.md"
echo "the figures of every run: $RESULTS"
