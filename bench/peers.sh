#!/usr/bin/env bash
# Side by side with Helios HFS 0.2.7: workloads (a) to (g) of bench/README.md. Each server starts empty with default
# settings; one is loaded at a time. Prints a table; the figures of every run stay in RESULTS.
#   HFS           the peer's program: cargo install helios-hfs --version 0.2.7 --locked --root DIR; HFS=DIR/bin/hfs
#   CLIENTS       of workload (a): "1 2 4 8 16 32 64 128"
#   PAIRS         transactions of (a) at most for each number of clients (100000), PAIR_SECONDS (20) at most
#   PATIENTS      transactions of (b) (1640: 100,040 resources), PATIENT_SECONDS (900) at most; how far the peer comes, ours goes
#   MORE          transactions of (a) that are added before the searches (20000): a record has more patients than 1640;
#                 0: the searches of (b)'s patients alone
#   RUNS          of each search (3), SECONDS_EACH (5), SEARCH_CLIENTS (8); (c) also with READ_CLIENTS (32), because with few
#                 clients neither server is busy all the time; WRITE_RUNS of (a) and (b) (1)
#   WORKLOADS     which of (c) to (g): "read code birth birth-narrow dated dated-narrow chained"
#   SAMPLE        answers of each workload that are compared in full (20)
#   MILLION       1: also to a million resources by (b), MILLION_PATIENTS (16394) or MILLION_SECONDS (7200) at most; then (a)
#                 with MILLION_CLIENTS (32 128), RUNS of SECONDS_EACH. PARTS=million: only that
#   PARTS         which parts: "pairs patients million" as wanted
set -euo pipefail
cd "$(dirname "$0")/.."
HFS=${HFS:-$(command -v hfs || true)}
if [ ! -x "$HFS" ]; then
  echo "HFS=FILE names the peer's program: cargo install helios-hfs --version 0.2.7 --locked" >&2
  exit 2
fi
CLIENTS=${CLIENTS:-1 2 4 8 16 32 64 128}
PAIRS=${PAIRS:-100000}
PAIR_SECONDS=${PAIR_SECONDS:-20}
PATIENTS=${PATIENTS:-1640}
PATIENT_SECONDS=${PATIENT_SECONDS:-900}
MORE=${MORE:-20000}
RUNS=${RUNS:-3}
WRITE_RUNS=${WRITE_RUNS:-1}
SECONDS_EACH=${SECONDS_EACH:-5}
SEARCH_CLIENTS=${SEARCH_CLIENTS:-8}
READ_CLIENTS=${READ_CLIENTS:-32}
WORKLOADS=${WORKLOADS:-read code birth birth-narrow dated dated-narrow chained}
SAMPLE=${SAMPLE:-20}
MILLION=${MILLION:-0}
MILLION_PATIENTS=${MILLION_PATIENTS:-16394}
MILLION_SECONDS=${MILLION_SECONDS:-7200}
MILLION_CLIENTS=${MILLION_CLIENTS:-32 128}
PARTS=${PARTS:-pairs patients $([ "$MILLION" = 1 ] && echo million || true)}
RESULTS=${RESULTS:-$PWD/target/bench/peers-$(date +%Y%m%d-%H%M%S)}
mkdir -p "$RESULTS"
record=$RESULTS/figures.jsonl
work=$(mktemp -d)
. bench/servers.sh
trap 'rm -rf "$work"' EXIT

# $1: the server, $2: the workload; the rest goes to `bench write` or `bench load`.
measured() {
  local server=$1 workload=$2 verb=$3
  shift 3
  printf '%-5s %-12s ' "$server" "$workload"
  if [ "$server" = ours ]; then set -- --url "$ours_url" --token "$ours_token" "$@"; else set -- --url "$peer_url" "$@"; fi
  local before after
  before=$(processor "${!server}")
  "$JINGLUO" bench "$verb" --name "$server $workload" --keep "$record" "$@"
  after=$(processor "${!server}")
  local requests
  requests=$(last_requests)
  [ "$requests" -gt 0 ] || { echo "no request was answered" >&2; return 1; }
  echo "{\"name\":\"$server $workload processor\",\"micros\":$(((after - before) * 10000 / requests))}" >> "$record"
}
# $1: the server; on an empty folder. One server at a time while it writes.
start() { rm -rf "$work/$1" && mkdir -p "$work/$1" && "start_$1" "$work/$1"; }

pairs() {
  for clients in $CLIENTS; do
    for _ in $(seq "$WRITE_RUNS"); do
      for server in peer ours; do
        start "$server"
        measured "$server" "a-$clients" write --bundle pair --count "$PAIRS" --clients "$clients" --seconds "$PAIR_SECONDS"
        "stop_$server"
      done
    done
  done
  rm -rf "$work/peer" "$work/ours"
}

# Both are left with the same patients, and running.
patients() {
  local nth count=$PATIENTS
  for nth in $(seq "$WRITE_RUNS"); do
    for server in peer ours; do
      stop_ours
      stop_peer
      rm -f "$work/$server.ids"
      start "$server"
      measured "$server" b write --bundle patient --count "$count" --clients 8 --seconds "$PATIENT_SECONDS" --ids "$work/$server.ids"
      if [ "$server" = peer ]; then count=$(last_requests); fi
      "stop_$server"
      keep_disk "$server" "$work/$server" $((count * 61))
    done
  done
  start_peer "$work/peer"
  start_ours "$work/ours"
  if [ "$MORE" -gt 0 ]; then
    for server in peer ours; do
      measured "$server" a-more write --bundle pair --first 1000000 --count "$MORE" --clients 8
    done
  fi
  if [ "$(wc -l < "$work/peer.ids")" != "$(wc -l < "$work/ours.ids")" ]; then
    echo "the two servers do not hold the same patients; PATIENT_SECONDS is too short for one of them" >&2
    exit 1
  fi
  searches
  stop_peer
  stop_ours
}

searches() {
  for workload in $WORKLOADS; do
    for server in peer ours; do
      "$JINGLUO" bench paths --workload "$workload" --ids "$work/$server.ids" --out "$work/$server.$workload"
    done
    printf '%-18s ' "same $workload"
    "$JINGLUO" bench same --count "$SAMPLE" --url "$peer_url" --paths "$work/peer.$workload" \
      --other "$ours_url" --other-token "$ours_token" --other-paths "$work/ours.$workload"
  done
  for workload in $WORKLOADS; do
    asked "$workload" "$workload" "$SEARCH_CLIENTS"
    if [ "$workload" = read ]; then asked read-many read "$READ_CLIENTS"; fi
  done
}

# $1: under which name, $2: the workload, $3: clients.
asked() {
  for _ in $(seq "$RUNS"); do
    for server in peer ours; do
      measured "$server" "$1" load --paths "$work/$server.$2" --clients "$3" --seconds "$SECONDS_EACH"
    done
  done
}

# (b) all the way to a million resources, then (a) on top of them, in turn; the table tells how far each came.
million() {
  local server clients nth first=10000000
  for server in peer ours; do
    start "$server"
    measured "$server" b-million write --bundle patient --count "$MILLION_PATIENTS" --clients 8 --seconds "$MILLION_SECONDS"
    "stop_$server"
    keep_disk "$server million" "$work/$server" $(($(last_requests) * 61))
  done
  start_peer "$work/peer"
  start_ours "$work/ours"
  for clients in $MILLION_CLIENTS; do
    for nth in $(seq "$RUNS"); do
      for server in peer ours; do
        measured "$server" "a-$clients-full" write --bundle pair --first "$first" --count 1000000 --clients "$clients" --seconds "$SECONDS_EACH"
      done
      first=$((first + 1000000))
    done
  done
  stop_peer
  stop_ours
}

{
  # What starts servers runs in a shell of its own, because its words go to a file as well: it stops them whatever happens.
  trap 'stop_ours; stop_peer' EXIT
  echo "peer: $("$HFS" --version 2>/dev/null || echo unknown); ours: $("$JINGLUO" --version)"
  echo "machine: $(nproc) processors, $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo) of memory; load at the start $(cut -d' ' -f1-3 /proc/loadavg)"
  for part in $PARTS; do "$part"; done
} 2>&1 | tee "$RESULTS/log.txt"
python3 bench/table.py peers "$record" | tee "$RESULTS/table.md"
echo "the figures of every run: $RESULTS"
