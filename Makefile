# What a newcomer, a developer and the build machine run. Each target installs what it needs or names the one command.
SHELL := /bin/bash
CARGO ?= cargo
EXAMPLES := examples/node_modules/hl7.fhir.r4.examples
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
DATA ?= data
LISTEN ?= 127.0.0.1:8080

.PHONY: help demo serve test lint bench bench-city bench-peers bench-growth bench-recognition bench-recognition-10m bench-signals build-time faults fuzz console definitions examples clean-demo browser

help:
	@echo "make demo        a demonstration city in the browser: http://$(LISTEN)"
	@echo "make serve       the server on the folder $(DATA)/ (DATA=…, LISTEN=…)"
	@echo "make test        every test, the browser's too"
	@echo "make lint        format, clippy, types of the console; warnings are errors"
	@echo "make bench       the measurements of bench/README.md; make bench-city: of the city and the demonstration"
	@echo "make bench-peers HFS=FILE  side by side with Helios HFS (docs/benchmarks.md); make bench-growth: as the record grows"
	@echo "make bench-recognition  order-time answers from a million results; bench-recognition-10m: from ten, loaded once"
	@echo "make bench-signals  the detection engine beside the same methods in Python"
	@echo "make build-time  how long a clean release build takes, and how large the program is"
	@echo "make faults      kill -9 and power loss under load, 1,000 rounds"
	@echo "make fuzz        hostile input for MINUTES=60: texts, searches, page links, transactions"
	@echo "make definitions writes crates/fhir/data/r4.txt again from the npm package"

demo: console examples
	$(CARGO) run --release -p app --bin jingluo -- demo --listen $(LISTEN) --examples $(EXAMPLES)

serve: console
	$(CARGO) run --release -p app --bin jingluo -- serve --data $(DATA) --listen $(LISTEN)

test: examples console browser
	$(CARGO) test --workspace
	cd console && npm test --silent
	bash console/tests/run.sh

lint: console
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	cd console && npm run --silent check

bench: console examples
	bash bench/run.sh

bench-city: console
	bash bench/city.sh
	bash bench/demo.sh

bench-peers: console examples
	HFS="$(HFS)" bash bench/peers.sh

bench-growth: console
	bash bench/growth.sh

bench-recognition: console
	bash bench/recognition.sh

bench-recognition-10m: console
	MILLIONS=10 bash bench/recognition.sh

bench-signals: console
	bash bench/signals.sh

build-time:
	bash bench/build-time.sh

faults:
	JINGLUO_FAULT_ROUNDS=1000 $(CARGO) test -p store --test all -- --nocapture power kill model
	JINGLUO_FAULT_ROUNDS=1000 $(CARGO) test -p app --test all -- --nocapture faults

# Two targets run at a time; each gets its part of the minutes. SEED makes another run.
MINUTES ?= 60
SEED ?= 1
fuzz:
	JINGLUO_FUZZ_MINUTES=$(MINUTES) JINGLUO_FUZZ_SEED=$(SEED) $(CARGO) test -p fuzz --test all -- --nocapture --test-threads=2

definitions: examples
	$(CARGO) run --release -p fhir --example definitions -- $(EXAMPLES)

examples: $(EXAMPLES)/package.json

$(EXAMPLES)/package.json: examples/package-lock.json
	cd examples && npm ci --silent
	@touch $@

console: console/dist/index.html

console/node_modules/.package-lock.json: console/package-lock.json
	cd console && npm ci --silent
	@touch $@

console/dist/index.html: console/node_modules/.package-lock.json $(shell find console/src console/index.html console/vite.config.ts console/public -type f 2>/dev/null)
	cd console && npm run --silent build
	@touch $@

# The browser tests need Chromium, which Debian packages; root installs it, others are told how.
browser:
	@if [ -z "$(CHROMIUM)" ] && ! command -v chromium >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	  else echo "the browser tests need Chromium: sudo apt-get install chromium fonts-noto-cjk"; exit 1; fi; fi
