#!/usr/bin/env bash
# The engine `signals` beside the same methods in numpy, scipy and statsmodels (bench/signals), in one run: what comes out must
# agree, then how fast each is. RUNS of ours (3), the median counts; the peer runs once and is timed without its start, reading
# and writing, ours through the command line with all of them. Python's packages go into target/bench/signals-python.
set -euo pipefail
cd "$(dirname "$0")/.."
RUNS=${RUNS:-3}
python=target/bench/signals-python
if [ -z "${JINGLUO:-}" ]; then
  cargo build --release --quiet -p app
  JINGLUO=target/release/jingluo
fi
cargo build --release --quiet -p signals --examples
if [ ! -x "$python/bin/python" ]; then python3 -m venv "$python"; fi
"$python/bin/pip" install --quiet --requirement bench/signals/requirements.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
engine() { "$JINGLUO" engine signals "$@"; }

echo "$("$JINGLUO" --version); $(nproc) processors; load at the start $(cut -d' ' -f1-3 /proc/loadavg)"
"$python/bin/python" bench/signals/inputs.py "$work"
printf '0\n0.233\n0.359\n0.198\n0.103\n0.053\n0.027\n0.014\n0.007\n0.003\n0.002\n0.001\n' | { echo w; cat; } > "$work/si.csv"

echo "the peer: $("$python/bin/python" --version), numpy, scipy, statsmodels"
"$python/bin/python" bench/signals/peer.py "$work"

# Runs a call RUNS times, keeps its answer as $work/$1 and the seconds of each run in $work/seconds.
timed() {
  local name=$1 start end
  shift
  for _ in $(seq "$RUNS"); do
    start=$(date +%s.%N)
    engine "$@" > "$work/$name"
    end=$(date +%s.%N)
    echo "$name $(awk -v a="$start" -v b="$end" 'BEGIN {print b - a}')" >> "$work/seconds"
  done
}

echo "ours"
printf 'least_spread = 0.5\n' > "$work/ears.settings"
printf 'analysis = prospective\nradius_max = 5\ndays_max = 7\nreplicas = 999\nstop_after = 0\n' > "$work/scan.settings"
timed ears.csv detect --method ears-c1 --settings "$work/ears.settings" "$work/weekly.csv"
timed farrington.csv detect --method farrington "$work/weekly.csv"
timed flexible.csv detect --method farrington-flexible "$work/dated.csv"
timed rt.csv rt "$work/incidence.csv" --si "$work/si.csv"
for count in 500 5000; do
  timed "scan-$count.csv" scan --kind stp --settings "$work/scan.settings" "$work/cases-$count.csv" "$work/geo.csv"
done
target/release/examples/detect_speed | tee "$work/speed"
"$python/bin/python" bench/signals/table.py "$work"
