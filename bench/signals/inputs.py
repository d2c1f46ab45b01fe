"""The inputs of bench/signals.sh, the same for both sides: inputs.py DIR writes them, drawn from a fixed seed."""

import csv
import datetime
import pathlib
import sys

import numpy as np

WEEKS = 100_000
DAYS = 5_000
PLACES = 6_000
CASES = [500, 5_000]
STUDY_DAYS = 365


def write(path, heading, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(heading)
        out.writerows(rows)


def weekly(draw):
    """Counts with a season, a trend that turns, over-dispersion and a few outbreaks."""
    t = np.arange(WEEKS)
    mean = np.exp(1.5 + 0.6 * np.cos(2 * np.pi * t / 52) + 0.3 * np.sin(2 * np.pi * t / 1500))
    counts = draw.negative_binomial(mean / 0.5, 1 / 1.5)
    counts[draw.integers(0, WEEKS, WEEKS // 200)] += draw.poisson(12, WEEKS // 200)
    return counts


def dated(draw, count):
    """A series with dates, for methods that look back by calendar."""
    first = datetime.date(1990, 1, 1)
    return [(first + datetime.timedelta(weeks=int(i)), int(n)) for i, n in enumerate(weekly(draw)[:count])]


def places(draw):
    """6,000 places in a city of about 60 km by 60 km, denser in the middle."""
    at = draw.normal(0, 14, (PLACES, 2))
    return [(f"p{i}", 31 + y / 111.19, 121.5 + x / (111.19 * np.cos(np.radians(31)))) for i, (x, y) in enumerate(at)]


def cases(draw, count):
    last = datetime.date(2026, 10, 31)
    place = draw.integers(0, PLACES, count)
    day = draw.integers(0, STUDY_DAYS, count)
    return [(f"p{p}", 1, last - datetime.timedelta(days=int(d))) for p, d in zip(place, day)]


def onsets(draw):
    """A line list of an epidemic with delays of reporting that differ by weekday."""
    first = datetime.date(2026, 3, 2)
    rows = []
    for day in range(60):
        for _ in range(draw.poisson(20 * np.exp(0.03 * day))):
            delay = draw.negative_binomial(2, 0.35)
            rows.append((first + datetime.timedelta(days=day), first + datetime.timedelta(days=int(day + delay))))
    return [row for row in rows if row[1] <= first + datetime.timedelta(days=59)]


def main(folder):
    folder = pathlib.Path(folder)
    draw = np.random.default_rng(1)
    write(folder / "weekly.csv", ["t", "observed"], enumerate(weekly(draw), 1))
    write(folder / "dated.csv", ["date", "observed"], dated(draw, DAYS))
    write(folder / "geo.csv", ["place", "lat", "long"], places(draw))
    for count in CASES:
        write(folder / f"cases-{count}.csv", ["place", "cases", "date"], cases(draw, count))
    write(folder / "onsets.csv", ["onset", "report"], onsets(draw))
    incidence = [1, 1, 0, 2, 5, 3, 3, 3, 6, 2, 5, 9, 13, 12, 13, 11, 12, 6, 6, 6, 3, 1, 0, 2, 0, 0, 0, 0, 2, 0, 2, 0]
    write(folder / "incidence.csv", ["t", "observed"], enumerate(incidence, 1))


if __name__ == "__main__":
    main(sys.argv[1])
