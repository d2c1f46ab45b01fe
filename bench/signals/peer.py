"""The methods once more, in numpy, scipy and statsmodels, from the same published formulas: what a statistician would write
by hand. `peer.py DIR` reads the inputs of DIR, writes what came out to DIR/peer.json and how fast it was; only the computing
is timed, not the start, the reading or the writing."""

import csv
import datetime
import json
import pathlib
import sys
import time

import numpy as np
import statsmodels.api as sm
from scipy import sparse, stats


def column(path, name):
    with open(path, encoding="utf-8") as file:
        return [row[name] for row in csv.DictReader(file)]


def ears_c1(y, alpha=0.001, n=7, least=0.5):
    windows = np.lib.stride_tricks.sliding_window_view(y, n)[:-1]
    sd = np.maximum(windows.std(axis=1, ddof=1), least)
    return windows.mean(axis=1) + stats.norm.ppf(1 - alpha) * sd


def quasi(x, y, prior=None):
    """Quasi-Poisson with a log link by iterated least squares, begun at y + 0.1 and ended where the deviance moves by less than
    a hundred-millionth: coefficients, their unscaled covariance, dispersion as fitted (it may be below 1), leverages and fitted means. Weights are those of
    the last step."""
    prior = np.ones(len(y)) if prior is None else prior
    mu, before = y + 0.1, np.inf
    for _ in range(25):
        weights = prior * mu
        covariance = np.linalg.inv((x * weights[:, None]).T @ x)
        beta = covariance @ (x.T @ (weights * (np.log(mu) + (y - mu) / mu)))
        mu = np.exp(x @ beta)
        with np.errstate(divide="ignore", invalid="ignore"):
            deviance = 2 * (prior * (np.where(y > 0, y * np.log(y / mu), 0.0) - (y - mu))).sum()
        if abs(deviance - before) / (abs(deviance) + 0.1) < 1e-8:
            break
        before = deviance
    phi = (weights * ((y - mu) / mu) ** 2).sum() / (len(y) - x.shape[1])
    leverage = weights * np.einsum("ij,jk,ik->i", x, covariance, x)
    return beta, covariance, phi, leverage, mu


def reweighted(x, y, threshold):
    """Fitted twice: large positive Anscombe residuals count less the second time."""
    _, _, phi, leverage, mu = quasi(x, y)
    s = 1.5 * (y ** (2 / 3) * mu ** (-1 / 6) - mu**0.5) / np.sqrt(max(1.0, phi) * (1 - leverage))
    raw = np.where(s > threshold, 1 / np.where(s > threshold, s, 1) ** 2, 1.0)
    return quasi(x, y, raw * len(y) / raw.sum())


def farrington(y, at, alpha=0.05, b=5, w=3):
    """Farrington and others 1996, the usual settings; point `at` is counted from 0."""
    ref = np.concatenate([np.arange(at - 52 * i - w, at - 52 * i + w + 1) for i in range(b, 0, -1)])
    counts = y[ref].astype(float)
    if y[max(0, at - 3) : at + 1].sum() < 5:
        return 0.0, False
    x = np.column_stack([np.ones(len(ref)), ref - float(at)])
    beta, covariance, phi, _, _ = reweighted(x, counts, 1.0)
    p = 2 * stats.t.sf(abs(beta[1] / np.sqrt(phi * covariance[1, 1])), len(ref) - 2)
    if not (p < 0.05 and np.exp(beta[0]) <= counts.max()):
        beta, covariance, phi, _, _ = reweighted(x[:, :1], counts, 1.0)
    phi = max(1.0, phi)
    mu = float(np.exp(beta[0]))
    se = mu * np.sqrt(phi * covariance[0, 0])
    tau = phi + se**2 / mu
    z = stats.norm.ppf(1 - alpha / 2)
    upper = (mu ** (2 / 3) + z * np.sqrt(4 / 9 * mu ** (1 / 3) * tau)) ** 1.5
    return upper, bool(y[at] > upper)



def space_time(folder, count, replicas, kilometres=5.0, longest=7):
    """Space-time permutation, prospective: the largest log likelihood ratio and its p-value."""
    ids = {place: nth for nth, place in enumerate(column(folder / "geo.csv", "place"))}
    lat = np.array(column(folder / "geo.csv", "lat"), float)
    long = np.array(column(folder / "geo.csv", "long"), float)
    place = np.array([ids[name] for name in column(folder / f"cases-{count}.csv", "place")])
    dates = [datetime.date.fromisoformat(text) for text in column(folder / f"cases-{count}.csv", "date")]
    ago = np.array([(max(dates) - date).days for date in dates])
    used, nth = np.unique(place, return_inverse=True)
    zones, margins = [], []
    for start in range(0, len(lat), 1000):
        centres = np.arange(start, min(start + 1000, len(lat)))
        near = distances_between(lat, long, centres, used)
        for row in near:
            order = np.argsort(row, kind="stable")
            inside = order[row[order] <= kilometres]
            zones.append(inside)
            margins.append(row[inside])
    per_place = np.bincount(nth, minlength=len(used))
    return best(zones, margins, nth, ago, per_place, count, replicas, longest)


def reference_weeks(dates, at, b):
    """The same calendar day of each past year, moved to the nearest of the same weekday, as indices; the latest first."""
    found = []
    for years in range(1, b + 1):
        day = dates[at].replace(year=dates[at].year - years)
        weeks = round((day - dates[at]).days / 7)
        found.append(at + weeks)
    return found


def levels(dates, at, b=5, w=3, parts=10):
    """The first week of the past and the level of each week from there to today: 0 for the weeks around each reference week, and
    the gaps between them in equal parts, the first ones a week longer where it does not come out even."""
    reference = reference_weeks(dates, at, b)
    first = reference[-1] - w
    level = np.zeros(at - first + 1, int)
    centres = [at, *reference]
    for late, early in zip(centres, centres[1:]):
        begin = early + w + 1
        length = late - w - begin
        size, rest = divmod(length, parts - 1)
        sizes = [size + (part < rest) for part in range(parts - 1)]
        level[begin - first : begin - first + length] = np.repeat(np.arange(1, parts), sizes)
    return first, level


def flexible(dates, y, at, alpha=0.05, b=5, left_out=26):
    """Farrington flexible with the settings of Noufaily and others 2013, fitted by statsmodels."""
    first, level = levels(dates, at, b)
    past = slice(0, at - left_out - first)
    t = np.arange(len(level)) - (len(level) - 1.0)
    counts = y[first:at + 1][past]
    factor = (level[past, None] == np.arange(1, level.max() + 1)).astype(float)

    def fitted(columns):
        x = np.column_stack(columns)
        fit = sm.GLM(counts, x, family=sm.families.Poisson()).fit(scale="X2", tol=1e-10)
        q, _ = np.linalg.qr(np.sqrt(fit.mu)[:, None] * x)
        s = 1.5 * (counts ** (2 / 3) * fit.mu ** (-1 / 6) - fit.mu**0.5) / np.sqrt(max(1.0, fit.scale) * (1 - (q**2).sum(axis=1)))
        raw = np.where(s > 2.58, 1 / np.where(s > 2.58, s, 1) ** 2, 1.0)
        weights = raw * len(counts) / raw.sum()
        return sm.GLM(counts, x, family=sm.families.Poisson(), var_weights=weights).fit(scale="X2", tol=1e-10)

    ones = np.ones(len(counts))
    fit = fitted([ones, t[past], factor])
    if np.exp(fit.params[0]) > counts.max():
        fit = fitted([ones, factor])
    mu, phi = np.exp(fit.params[0]), max(1.0, fit.scale)
    upper = stats.nbinom.ppf(1 - alpha, mu / (phi - 1), 1 / phi) if phi > 1 else stats.poisson.ppf(1 - alpha, mu)
    return float(mu), float(upper), bool(y[at] > upper)


def distances_between(lat, long, centres, used):
    a, b = np.radians(lat[centres])[:, None], np.radians(lat[used])
    d = np.radians(long[centres])[:, None] - np.radians(long[used])
    half = np.sin((a - b) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(d / 2) ** 2
    return 2 * 6371 * np.arcsin(np.sqrt(np.minimum(half, 1)))


def best(zones, margins, nth, ago, per_place, total, replicas, longest):
    """All circles of all centres stand below one another in one sparse matrix over the places with cases; each circle once."""
    rows, seen = [], set()
    for inside, far in zip(zones, margins):
        for end in range(1, len(inside) + 1):
            if end == len(inside) or far[end] > far[end - 1]:
                members = tuple(sorted(inside[:end]))
                if members not in seen:
                    seen.add(members)
                    rows.append(members)
    lengths = np.array([len(row) for row in rows])
    indices = np.concatenate([np.array(row) for row in rows])
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    circles = sparse.csr_matrix((np.ones(len(indices)), indices, pointers), shape=(len(rows), len(per_place)))
    in_circle = circles @ per_place
    draw = np.random.default_rng(7)
    observed, larger, started = None, 0, time.perf_counter()
    for replica in range(replicas + 1):
        days = ago if replica == 0 else draw.permutation(ago)
        recent = days < longest
        grid = sparse.csr_matrix((np.ones(recent.sum()), (nth[recent], days[recent])), shape=(len(per_place), longest)).toarray()
        counts = np.cumsum(circles @ grid, axis=1)
        expected = in_circle[:, None] * np.cumsum(grid.sum(axis=0)) / total
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = counts * np.log(counts / expected) + (total - counts) * np.log((total - counts) / (total - expected))
        top = np.where((counts > expected) & (counts >= 2), ratio, 0.0).max()
        if replica == 0:
            observed = top
        elif top >= observed - 1e-9:
            larger += 1
    return observed, (larger + 1) / (replicas + 1), time.perf_counter() - started


def cori(counts, w, window=7):
    """The instantaneous reproduction number, prior gamma with mean 5 and deviation 5; the first day's cases are imported."""
    infectiousness = np.array([sum(counts[t - s] * w[s] for s in range(1, min(t + 1, len(w)))) for t in range(len(counts))])
    local = counts.copy()
    local[0] = 0
    out = []
    for start in range(1, len(counts) - window + 1):
        days = slice(start, start + window)
        shape, scale = 1 + local[days].sum(), 1 / (1 / 5 + infectiousness[days].sum())
        out.append([shape * scale, *stats.gamma.ppf([0.025, 0.5, 0.975], shape, scale=scale)])
    return out


def timed(work):
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def main(folder):
    folder = pathlib.Path(folder)
    weekly = np.array(column(folder / "weekly.csv", "observed"), float)
    out, speed = {}, {}
    many = np.tile(weekly, 50)
    upper, seconds = timed(lambda: ears_c1(many))
    out["ears"], speed["ears"] = upper[:1000].tolist(), len(upper) / seconds
    points = range(300, 700)
    judged, seconds = timed(lambda: [farrington(weekly, at) for at in points])
    out["farrington"] = [[at + 1, *one] for at, one in zip(points, judged)]
    speed["farrington"] = len(judged) / seconds
    dates = [datetime.date.fromisoformat(text) for text in column(folder / "dated.csv", "date")]
    dated = np.array(column(folder / "dated.csv", "observed"), float)
    points = range(400, 500)
    judged, seconds = timed(lambda: [flexible(dates, dated, at) for at in points])
    out["flexible"] = [[at, *one] for at, one in zip(points, judged)]
    speed["flexible"] = len(judged) / seconds
    flu = np.array(column(folder / "incidence.csv", "observed"), float)
    w = np.array([0, 0.233, 0.359, 0.198, 0.103, 0.053, 0.027, 0.014, 0.007, 0.003, 0.002, 0.001])
    out["rt"], seconds = timed(lambda: cori(flu, w))
    speed["rt"] = len(out["rt"]) / seconds
    for count, replicas in [(500, 199), (5_000, 19)]:
        llr, p, seconds = space_time(folder, count, replicas)
        out[f"scan-{count}"] = {"llr": llr, "p": p, "replicas": replicas}
        speed[f"scan-{count}"] = (replicas + 1) / seconds
    with open(folder / "peer.json", "w", encoding="utf-8") as file:
        json.dump({"out": out, "speed": speed}, file)


if __name__ == "__main__":
    main(sys.argv[1])
