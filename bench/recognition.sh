#!/usr/bin/env bash
# Mutual recognition in the moment of the order (bench/README.md): answers over CDS Hooks from a record with MILLIONS (1) of
# results, as fast as they come and at RATE (200) a second while STREAM (1000) results a second come in. The record is a
# synthetic city, loaded once and kept in RECORD (target/bench/recognition-1m) until its history is DAYS_OLD_MAX (7) days old.
# RUNS of each (3), SECONDS_EACH (15), CLIENTS (16), HOSPITALS that ask (16). LOAD_ONLY=1 ends when the record is there.
set -euo pipefail
cd "$(dirname "$0")/.."
MILLIONS=${MILLIONS:-1}
# A resident has about 40 results in a year.
RESIDENTS=${RESIDENTS:-$((MILLIONS * 26000))}
RECORD=${RECORD:-$PWD/target/bench/recognition-${MILLIONS}m}
DAYS_OLD_MAX=${DAYS_OLD_MAX:-7}
RUNS=${RUNS:-3}
SECONDS_EACH=${SECONDS_EACH:-15}
CLIENTS=${CLIENTS:-16}
RATE=${RATE:-200}
STREAM=${STREAM:-1000}
HOSPITALS=${HOSPITALS:-16}
OFFERS_MIN=${OFFERS_MIN:-30}
RESULTS=${RESULTS:-$PWD/target/bench/recognition-$(date +%Y%m%d-%H%M%S)}
mkdir -p "$RESULTS"
record=$RESULTS/figures.jsonl
work=$(mktemp -d)
. bench/servers.sh
trap 'rm -rf "$work"' EXIT

# The day after the last of the history that the file $1 tells of; empty where it is not what is wanted, or too old.
usable() {
  [ -s "$1" ] && [ -d "$RECORD" ] || return 0
  local residents end
  read -r residents end < "$1"
  if [ "$residents" = "$RESIDENTS" ] && [ $((($(date +%s) - $(date -d "$end" +%s)) / 86400)) -le "$DAYS_OLD_MAX" ]; then echo "$end"; fi
}

load() {
  end=$(usable "$RECORD.city")
  if [ -n "$end" ]; then
    echo "the record of $RESIDENTS residents is there; its history ends on $end"
    # One that an older version has loaded does not say that it holds the city.
    "$JINGLUO" admin rules demonstration --data "$RECORD"
    return
  fi
  # A load that was stopped goes on.
  end=$(usable "$RECORD.begun")
  if [ -z "$end" ]; then
    rm -rf "$RECORD" "$RECORD.city"
    mkdir -p "$(dirname "$RECORD")"
    end=$(TZ=Asia/Shanghai date +%F)
    echo "$RESIDENTS $end" > "$RECORD.begun"
  fi
  local free
  free=$(df --output=avail -B1G "$(dirname "$RECORD")" | tail -n 1)
  echo "loading the results of $RESIDENTS residents, a year up to $end; it takes about $((MILLIONS * 12 / 10)) GB ($free GB are free)"
  SECONDS=0
  "$JINGLUO" city --only results --residents "$RESIDENTS" --end "$end" --data "$RECORD"
  echo "loaded in $((SECONDS / 60)):$(printf %02d $((SECONDS % 60))) minutes, $(du -sm "$RECORD" | cut -f1) MiB on the disk"
  mv "$RECORD.begun" "$RECORD.city"
}

token() { "$JINGLUO" admin token --data "$RECORD" "$@" | tail -n 1; }

ask() {
  local name=$1
  shift
  printf '%s: ' "$name"
  "$JINGLUO" bench recognition --url "${ours_url%/fhir}" --paths "$work/questions" --tokens "$work/tokens" --token "$ours_token" \
    --name "$name" "$@"
}

measured() {
  "$JINGLUO" bench questions --residents "$RESIDENTS" --end "$end" --hospitals "$HOSPITALS" --count 50000 --out "$work/questions"
  for hospital in $(grep -o '"institution":"[^"]*"' "$work/questions" | cut -d'"' -f4 | sort -u); do
    echo "$hospital $(token --role clinician --scope "$hospital")" >> "$work/tokens"
  done
  start_ours "$RECORD"
  results=$(curl -fsS -H "Authorization: Bearer $ours_token" "$ours_url/Observation?_summary=count" | grep -o '"total":[0-9]*')
  echo "results in the record: ${results#*:}"
  local warm
  warm=$(ask warm --clients "$CLIENTS" --seconds 5)
  echo "$warm"
  # Answers without an offer cost less, and figures of them would be about something else.
  if ! awk -v least="$OFFERS_MIN" '/hold an offer/ {enough = $5 + 0 >= least} END {exit !enough}' <<< "$warm"; then
    echo "less than $OFFERS_MIN % of the answers hold an offer: $RECORD was loaded by another version; remove it and its .city, and run this again" >&2
    exit 1
  fi
  for _ in $(seq "$RUNS"); do
    before=$(processor "$ours")
    ask closed --clients "$CLIENTS" --seconds "$SECONDS_EACH" --keep "$record"
    asked=$(grep '"name":"closed"' "$record" | tail -n 1 | grep -o '"requests":[0-9]*')
    echo "{\"name\":\"closed processor\",\"micros\":$((($(processor "$ours") - before) * 10000 / ${asked#*:}))}" >> "$record"
    ask quiet --rate "$RATE" --seconds "$SECONDS_EACH" --keep "$record"
    ask open --rate "$RATE" --stream "$STREAM" --seconds "$SECONDS_EACH" --keep "$record"
  done
  stop_ours
}

load
if [ "${LOAD_ONLY:-0}" = 1 ]; then exit; fi
{
  trap 'stop_ours' EXIT
  echo "$("$JINGLUO" --version); $(nproc) processors; load at the start $(cut -d' ' -f1-3 /proc/loadavg)"
  measured
} 2>&1 | tee "$RESULTS/log.txt"
python3 bench/table.py recognition "$record" | tee "$RESULTS/table.md"
if [ "${DECISION:-1}" = 1 ]; then
  echo "the pure decision (goal ≥ 50,000/s a core):"
  cargo run --release --quiet -p programs --example decision_speed
fi
echo "the figures of every run: $RESULTS"
