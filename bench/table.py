"""The tables of peers.sh, growth.sh and recognition.sh, from the figures that their runs kept: medians of the runs of one name."""

import json
import statistics
import sys
from collections import defaultdict

SEARCHES = [
    ("read", "(c) read by id"),
    ("code", "(d) Observation by patient and code"),
    ("birth", "(e) Patient by birth-date range and gender"),
    ("dated", "(f) Observation by code and date range, 50 per page"),
    ("chained", "(g) Observation chained by the patient's identifier"),
]


def read(path):
    runs = defaultdict(list)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            run = json.loads(line)
            runs[run["name"]].append(run)
    return runs


def median(runs, name, field):
    values = [run[field] for run in runs.get(name, []) if field in run]
    return statistics.median(values) if values else None


def shown(number, digits=0):
    return "–" if number is None else f"{number:,.{digits}f}"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def met(ratio, goal):
    if goal is None:
        return "–"
    if ratio is None:
        return f"≥ {goal:g}×"
    return f"≥ {goal:g}×: {'met' if ratio >= goal else 'MISSED'}"


def compared(runs, name, text, goal, each=1, unit="requests/s"):
    """One line: rates of both, their ratio, the goal, latencies, and how far each came if that differs."""
    peer, ours = median(runs, f"peer {name}", "rate"), median(runs, f"ours {name}", "rate")
    ratio = ours / peer if peer and ours else None
    notes = []
    for server in ["peer", "ours"]:
        errors = sum(run["errors"] for run in runs.get(f"{server} {name}", []))
        if errors:
            notes.append(f"{server}: {errors} errors")
    reached = [median(runs, f"{server} {name}", "resources") for server in ["peer", "ours"]]
    if each > 1 and None not in reached:
        notes.append(f"over {reached[0]:,.0f} / {reached[1]:,.0f} resources")
    latency, latency_ours = (
        shown(median(runs, f"{server} {name}", "median_ms"), 2) + " / " + shown(median(runs, f"{server} {name}", "p99_ms"), 2)
        for server in ["peer", "ours"]
    )
    time = [median(runs, f"{server} {name} processor", "micros") for server in ["peer", "ours"]]
    client = [median(runs, f"{server} {name}", "client_micros") for server in ["peer", "ours"]]
    return [
        text, f"{shown(peer and peer * each)} {unit}", f"{shown(ours and ours * each)} {unit}",
        "–" if ratio is None else f"{ratio:.1f}×", met(ratio, goal), latency, latency_ours,
        f"{shown(time[0])} / {shown(time[1])}", f"{shown(client[0], 1)} / {shown(client[1], 1)}", "; ".join(notes),
    ]


def peers(runs):
    goals = {"a-32": 12, "a-128": 20}
    rows, full = [], []
    names = sorted({name.split()[1] for name in runs if name.split()[1].startswith("a-")}, key=lambda name: (len(name), name))
    for name in names:
        parts = name.split("-")
        if parts[-1] == "full":
            # Half of what is asked of an empty record.
            goal = goals.get(f"a-{parts[1]}")
            row = compared(runs, name, f"(a) {parts[1]} clients, on what (b) left", goal and goal / 2, 2, "resources/s")
            left = [shown(median(runs, f"{server} b-million", "resources")) for server in ["peer", "ours"]]
            row[-1] += f"; on {left[0]} / {left[1]}"
            full.append(row)
        elif parts[-1] == "more":
            rows.append(compared(runs, name, "(a) 8 clients, after (b)", None, 2, "resources/s"))
        else:
            rows.append(compared(runs, name, f"(a) Patient + Observation, clients: {parts[1]}", goals.get(name), 2, "resources/s"))
    if "ours b" in runs:
        rows.append(compared(runs, "b", "(b) 61 resources, 8 clients", 15, 61, "resources/s"))
    if "ours b-million" in runs:
        rows.append(compared(runs, "b-million", "(b) mean of the way to a million, 8 clients", 10, 61, "resources/s"))
    rows += full
    for name, text in SEARCHES:
        if f"ours {name}" in runs:
            rows.append(compared(runs, name, text, 2 if name == "read" else 20))
        if f"ours {name}-many" in runs:
            rows.append(compared(runs, f"{name}-many", f"{text[:3]} with 32 clients", 2))
        if f"ours {name}-narrow" in runs:
            rows.append(compared(runs, f"{name}-narrow", f"{text[:3]} with a quarter of the range", None))
    table(["workload", "peer", "ours", "ratio", "goal", "peer median / p99 ms", "ours median / p99 ms", "server µs per request", "client µs per request", "notes"], rows)
    memory = {server: max((run["mib"] for run in runs.get(f"{server} memory", [])), default=None) for server in ["peer", "ours"]}
    if None not in memory.values():
        verdict = "met" if memory["ours"] <= memory["peer"] else "MISSED"
        print(f"Peak memory: peer {memory['peer']} MiB, ours {memory['ours']} MiB (goal: not above the peer's: {verdict}).")
    for server in ["peer", "ours"]:
        for name in [f"{server} disk", f"{server} million disk"]:
            for run in runs.get(name, [])[-1:]:
                each = run["bytes"] / run["resources"]
                print(f"On disk after (b), {server}: {each:,.0f} bytes a resource, {run['resources']:,} of them.")
    for name in ["b", "b-million"]:
        for server in ["peer", "ours"]:
            for run in runs.get(f"{server} {name}", [])[-1:]:
                tenths = " ".join(f"{rate:,.0f}" for rate in run["tenths"])
                print(f"{server} {name}, transactions/s over each tenth of {run['resources']:,} resources: {tenths}")


def growth(runs):
    rows = []
    for name, text in SEARCHES:
        row = [text]
        for field, goal in [("median_ms", 1.3), ("p99_ms", 2.0)]:
            small, large = median(runs, f"small {name}", field), median(runs, f"large {name}", field)
            ratio = large / small if small and large else None
            verdict = "–" if ratio is None else f"{ratio:.2f}× ({'met' if ratio <= goal else 'MISSED'})"
            row += [shown(small, 3), shown(large, 3), verdict]
        rows.append(row)
    sizes = {size: runs[f"{size} disk"][-1]["resources"] // 61 for size in ["small", "large"] if f"{size} disk" in runs}
    head = [f"{sizes.get('small', 0):,} patients", f"{sizes.get('large', 0):,} patients"]
    table(["workload", f"median ms, {head[0]}", head[1], "grows (≤ 1.3×)", f"p99 ms, {head[0]}", head[1], "grows (≤ 2×)"], rows)
    rows = []
    for name, text in SEARCHES:
        all_, own = (median(runs, f"{who} {name}", "median_ms") for who in ["integration", "clinician"])
        p99 = [shown(median(runs, f"{who} {name}", "p99_ms"), 3) for who in ["integration", "clinician"]]
        ratio = own / all_ if all_ and own else None
        verdict = "–" if ratio is None else f"{ratio:.2f}× ({'met' if ratio <= 1.5 else 'MISSED'})"
        rows.append([text, shown(all_, 3), shown(own, 3), verdict, *p99])
    table(["workload, same questions", "integration, median ms", "clinician, median ms", "slower (≤ 1.5×)", "integration p99", "clinician p99"], rows)
    for size in ["small", "large"]:
        for run in runs.get(f"{size} write", [])[-1:]:
            tenths = " ".join(f"{rate * 61:,.0f}" for rate in run["tenths"])
            print(f"Write rate, {size}: {run['rate'] * 61:,.0f} resources/s, {run['clients']} clients; over each tenth: {tenths}")
        for run in runs.get(f"{size} disk", [])[-1:]:
            each = run["bytes"] / run["resources"]
            print(f"On disk, {size}: {each:,.0f} bytes a resource (goal ≤ 717: {'met' if each <= 717 else 'MISSED'})")
    for run in runs.get("ours memory", [])[-1:]:
        print(f"Peak memory: {run['mib']} MiB")


def recognition(runs):
    rows = []

    def row(text, value, unit, goal, at_least=False):
        if value is None:
            return
        verdict = "–" if goal is None else f"{'≥' if at_least else '<'} {goal:g}: {'met' if (value >= goal if at_least else value < goal) else 'MISSED'}"
        rows.append([text, f"{shown(value, 0 if value >= 100 else 2)} {unit}", verdict])

    def offers(name):
        percent = median(runs, f"{name} offers", "percent")
        unknown = sum(run["not_known"] for run in runs.get(f"{name} offers", []))
        errors = sum(run["errors"] for run in runs.get(name, []))
        if percent is not None:
            rows.append(["  answers with an offer; `not known`; errors", f"{percent:.1f} %; {unknown}; {errors}", "–"])

    for run in runs.get("closed", [])[:1]:
        row(f"answers, {run['clients']} clients one after the other", median(runs, "closed", "rate"), "/s", 1500, True)
        row("  median of their times", median(runs, "closed", "median_ms"), "ms", None)
        row("  p99", median(runs, "closed", "p99_ms"), "ms", None)
        row("  processor time of the server for each, its reactions included", median(runs, "closed processor", "micros"), "µs", None)
        offers("closed")
    for name, text, goals in [("quiet", "at a fixed rate, nothing else", (None, None)), ("open", "at a fixed rate while results stream in", (10, 50))]:
        if name not in runs:
            continue
        row(f"{text}: asked", median(runs, name, "rate"), "/s", None)
        row("  median", median(runs, name, "median_ms"), "ms", goals[0])
        row("  p99", median(runs, name, "p99_ms"), "ms", goals[1])
        offers(name)
    for run in runs.get("open stream", [])[:1]:
        results = run["resources"] / run["requests"]
        row("  results that streamed in", median(runs, "open stream", "rate") * results, "/s", 950, True)
        row("  p99 of writing a report of five", median(runs, "open stream", "p99_ms"), "ms", None)
    table(["measure", "median of the runs", "goal"], rows)
    for run in runs.get("ours memory", [])[-1:]:
        print(f"Peak memory of the server: {run['mib']} MiB")


{"peers": peers, "growth": growth, "recognition": recognition}[sys.argv[1]](read(sys.argv[2]))
