#!/usr/bin/env bash
# How long a clean release build takes with dependencies fetched, and how large the program is.
set -euo pipefail
cd "$(dirname "$0")/.."
make -s console
cargo fetch --quiet
target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
started=$SECONDS
CARGO_TARGET_DIR="$target" cargo build --release --quiet -p app
echo "clean release build: $((SECONDS - started)) s on $(nproc) cores"
echo "program: $(($(stat -c %s "$target/release/jingluo") / 1024 / 1024)) MiB"
