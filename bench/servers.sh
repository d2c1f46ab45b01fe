# Sourced by peers.sh and growth.sh: starts and stops the servers that are measured, and keeps their peaks of memory.
# JINGLUO is the program (built if it is not given); $work is the folder of this run, $record the file of its figures.
if [ -z "${JINGLUO:-}" ]; then
  cargo build --release --quiet -p app
  JINGLUO=$PWD/target/release/jingluo
fi
EXAMPLES=$PWD/examples/node_modules/hl7.fhir.r4.examples
ours= peer=
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Waits until $1 answers; the server with the process id $2 must live, $3 is what it said.
await() {
  for _ in $(seq 600); do
    if curl -fsS -o /dev/null "$1" 2>/dev/null; then return; fi
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server does not answer at $1:" >&2
  tail -n 20 "$3" >&2
  exit 1
}

# Starts ours with default settings on the data folder $1: $ours_url, $ours_token.
start_ours() {
  local port
  port=$(free_port)
  ours_url=http://127.0.0.1:$port/fhir
  ours_token=$("$JINGLUO" admin token --data "$1" --role integration | tail -n 1)
  "$JINGLUO" serve --data "$1" --listen "127.0.0.1:$port" > "$work/ours.log" 2>&1 &
  ours=$!
  await "http://127.0.0.1:$port/readyz" "$ours" "$work/ours.log"
}

# Starts the peer with default settings and all R4 search parameters on the folder $1: $peer_url.
start_peer() {
  local port
  port=$(free_port)
  peer_url=http://127.0.0.1:$port
  mkdir -p "$1/definitions"
  cp "$EXAMPLES/Bundle-searchParams.json" "$1/definitions/search-parameters-r4.json"
  (
    cd "$1"
    HFS_BASE_URL=$peer_url HFS_DATABASE_URL=$1/fhir.db exec "$HFS" --port "$port" --data-dir "$1/definitions"
  ) > "$work/peer.log" 2>&1 &
  peer=$!
  await "$peer_url/metadata" "$peer" "$work/peer.log"
  grep -q 'registry initialized' "$work/peer.log" || { echo "the peer has read no search parameters" >&2; exit 1; }
}

# Keeps the peak of memory of the process $2 under the name $1.
keep_memory() {
  local kib
  kib=$(awk '/VmHWM/ {print $2}' "/proc/$2/status" 2>/dev/null || true)
  if [ -n "$kib" ]; then echo "{\"name\":\"$1 memory\",\"mib\":$((kib / 1024))}" >> "$record"; fi
}

# The processor time that the process $1 has used, in hundredths of a second.
processor() { awk '{print $14 + $15}' "/proc/$1/stat"; }

stop_one() {
  [ -n "$2" ] || return 0
  keep_memory "$1" "$2"
  kill "$2" 2>/dev/null || true
  wait "$2" 2>/dev/null || true
}
stop_ours() { stop_one ours "$ours"; ours=; }
stop_peer() { stop_one peer "$peer"; peer=; }

# Keeps what the folder $2 takes on the disk, $3 resources, under the name $1. Its server has stopped: the log is carried over.
keep_disk() { echo "{\"name\":\"$1 disk\",\"bytes\":$(du -sb --exclude=definitions "$2" | cut -f1),\"resources\":$3}" >> "$record"; }
last_requests() { grep '"requests"' "$record" | tail -n 1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["requests"])'; }
