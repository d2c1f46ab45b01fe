#!/usr/bin/env bash
# The measurements of the city generator (bench/README.md): to a pipe, into files, straight into the record beside a plain
# import of the same resources. Prints one line a number. RESIDENTS (20,000), DAYS of history (365 to the pipe, RECORD_DAYS
# into the record), LARGE residents for the memory (1,000,000; 0 leaves it out), RUNS of each timed part.
set -euo pipefail
cd "$(dirname "$0")/.."
RESIDENTS=${RESIDENTS:-20000}
DAYS=${DAYS:-365}
RECORD_DAYS=${RECORD_DAYS:-30}
LARGE=${LARGE:-1000000}
LARGE_DAYS=${LARGE_DAYS:-30}
RUNS=${RUNS:-3}
[ -n "${JINGLUO:-}" ] || cargo build --release --quiet -p app
jingluo=${JINGLUO:-target/release/jingluo}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
city() { "$jingluo" city --seed 1 --end 2026-03-01 "$@"; }
median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }

# Runs a command into a pipe that is read at once, and writes "seconds MiB" of it, its peak memory as the kernel counts it.
measured() {
  python3 - "$@" <<'PY'
import resource, subprocess, sys, time
start = time.monotonic()
made = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
reader = subprocess.Popen(["cat"], stdin=made.stdout, stdout=subprocess.DEVNULL)
made.stdout.close()
code = made.wait() or reader.wait()
seconds = time.monotonic() - start
print(f"{seconds:.3f} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024}")
sys.exit(code)
PY
}

# Prints rate and memory of the generation of $1 residents with $2 days, from $3 runs.
pipe() {
  local lines
  lines=$(city --residents "$1" --days "$2" --out - 2>/dev/null | wc -l)
  for run in $(seq "$3"); do
    measured "$jingluo" city --seed 1 --end 2026-03-01 --residents "$1" --days "$2" --out -
  done > "$work/runs"
  awk -v n="$lines" '{printf "%.0f\n", n / $1}' "$work/runs" > "$work/rates"
  echo "$(median < "$work/rates") resources per second generated to a pipe, $1 residents, $2 days, $lines resources (median of $3)"
  echo "  runs: $(tr '\n' ' ' < "$work/rates")"
  echo "  $(awk '{print $2}' "$work/runs" | sort -n | tail -1) MiB of memory at most"
}

pipe "$RESIDENTS" "$DAYS" "$RUNS"
[ "$LARGE" = 0 ] || pipe "$LARGE" "$LARGE_DAYS" 1

city --residents "$RESIDENTS" --days "$RECORD_DAYS" --out "$work/city" >/dev/null 2>&1
lines=$(cat "$work/city"/*.ndjson | wc -l)
for run in $(seq "$RUNS"); do
  rm -rf "$work/data"
  measured "$jingluo" city --seed 1 --end 2026-03-01 --residents "$RESIDENTS" --days "$RECORD_DAYS" --data "$work/data"
done > "$work/runs"
awk -v n="$lines" '{printf "%.0f\n", n / $1}' "$work/runs" > "$work/direct"
for run in $(seq "$RUNS"); do
  rm -rf "$work/data"
  measured "$jingluo" import --data "$work/data" "$work/city/places.ndjson" "$work/city/residents.ndjson"
done | awk -v n="$lines" '{printf "%.0f\n", n / $1}' > "$work/import"
echo "$(median < "$work/direct") resources per second generated straight into the record, reactions included (median of $RUNS)"
echo "  runs: $(tr '\n' ' ' < "$work/direct"); $(awk '{print $2}' "$work/runs" | sort -n | tail -1) MiB of memory at most"
echo "$(median < "$work/import") resources per second imported from the files of the same city, reactions included (median of $RUNS)"
echo "  runs: $(tr '\n' ' ' < "$work/import")"
