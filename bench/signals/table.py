"""What bench/signals.sh has found, from the folder of its run: first whether both sides agree, then how fast each was."""

import csv
import json
import pathlib
import re
import statistics
import sys


def rows(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def apart(ours, peer):
    """The largest relative distance of two columns."""
    return max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(ours, peer, strict=True))


def number(text):
    return float(text) if text else 0.0


def agreement(folder, out):
    ears = [number(row["upper"]) for row in rows(folder / "ears.csv")[7:1007]]
    yield "EARS C1, upper bound of 1,000 points", apart(ears, out["ears"][:1000]), 1e-9
    judged = {int(row["t"]): row for row in rows(folder / "farrington.csv")}
    ours = [judged[t] for t, _, _ in out["farrington"]]
    yield "Farrington 1996, upper bound of 400 points", apart([number(row["upper"]) for row in ours], [u for _, u, _ in out["farrington"]]), 1e-9
    differ = sum((row["alarm"] == "1") != alarm for row, (_, _, alarm) in zip(ours, out["farrington"]))
    yield "Farrington 1996, alarms that differ", differ, 0
    judged = rows(folder / "flexible.csv")
    ours = [judged[at] for at, _, _, _ in out["flexible"]]
    yield "Farrington flexible, expected counts of 100 points", apart([number(row["expected"]) for row in ours], [mu for _, mu, _, _ in out["flexible"]]), 1e-6
    differ = sum(number(row["upper"]) != u for row, (_, _, u, _) in zip(ours, out["flexible"]))
    yield "Farrington flexible, upper bounds that differ", differ, 0
    rt = [float(row[name]) for row in rows(folder / "rt.csv") for name in ["mean", "q2.5", "median", "q97.5"]]
    yield "reproduction number, mean and quantiles of 25 windows", apart(rt, [value for row in out["rt"] for value in row]), 1e-9
    for count in [500, 5000]:
        first = rows(folder / f"scan-{count}.csv")[0]
        yield f"scan, log likelihood ratio, {count:,} cases", apart([float(first["llr"])], [out[f"scan-{count}"]["llr"]]), 1e-9
        # Two Monte-Carlo estimates of one p: within four standard errors of the difference.
        p, peer, replicas = float(first["p"]), out[f"scan-{count}"]["p"], out[f"scan-{count}"]["replicas"]
        middle = (p * 1000 + peer * (replicas + 1)) / (replicas + 1001)
        error = (middle * (1 - middle) * (1 / 1000 + 1 / (replicas + 1))) ** 0.5
        yield f"scan, p of {count:,} cases: {p:g} and {peer:g}; standard errors apart", abs(p - peer) / max(error, 1e-3), 4


def main(folder):
    folder = pathlib.Path(folder)
    with open(folder / "peer.json", encoding="utf-8") as file:
        kept = json.load(file)
    bad = False
    print("| what came out | apart | allowed |\n|---|---|---|")
    for what, distance, allowed in agreement(folder, kept["out"]):
        bad |= not distance <= allowed
        print(f"| {what} | {distance:.2g} | {allowed:g}{'' if distance <= allowed else ' **NOT MET**'} |")
    seconds = {}
    for line in (folder / "seconds").read_text().splitlines():
        name, taken = line.split()
        seconds.setdefault(name, []).append(float(taken))
    taken = {name: statistics.median(runs) for name, runs in seconds.items()}
    speed, weeks = kept["speed"], len(rows(folder / "weekly.csv"))
    alone = {m[1]: float(m[2].replace(",", "")) for m in re.finditer(r"^([\w-]+):\s+([\d,.]+)", (folder / "speed").read_text(), re.M)}
    table = [
        ("EARS C1, points/s", speed["ears"], alone.get("ears-c1", 0.0), "one core, no reading or writing on either side"),
        ("Farrington 1996, points/s", speed["farrington"], weeks / taken["farrington.csv"], f"{weeks:,} weeks through the command line"),
    ]
    dated = len(rows(folder / "flexible.csv"))
    table.append(("Farrington flexible, points/s", speed["flexible"], dated / taken["flexible.csv"], f"{dated:,} weeks through the command line, the first five years too short to judge"))
    for count in [500, 5000]:
        ours = 1000 / taken[f"scan-{count}.csv"]
        table.append((f"space-time permutation, {count:,} cases, replicas/s", speed[f"scan-{count}"], ours, f"999 replicas in {taken[f'scan-{count}.csv']:.2f} s through the command line, all cores"))
    print("\n| how fast | Python | ours | ratio | |\n|---|---|---|---|---|")
    for what, peer, ours, how in table:
        print(f"| {what} | {peer:,.0f} | {ours:,.0f} | {ours / peer:,.0f}× | {how} |")
    sys.exit(bad)


if __name__ == "__main__":
    main(sys.argv[1])
