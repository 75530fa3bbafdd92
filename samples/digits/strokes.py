# SPDX-License-Identifier: Apache-2.0
"""From an 8x8 picture of scikit-learn's digits to pictures as a pen would have drawn them.

The 8x8 gray values are enlarged to 80x80, where a local threshold finds the ink and thinning finds the line that the
pen went. Both are kept as points, so that they can be bent and scaled first and then drawn anew with any pen.
"""

import numpy as np
from scipy import ndimage

SCALE = 8  # fine pixels for one of the picture's
PAPER = 64  # the side of a drawn picture
BLOB = 9.5  # ink farther than this from its edge hides the pen's line (in fine pixels)
WITH_LOOPS = (0, 2, 3, 4, 5, 6, 8, 9)


def enlarge(images):
    """[n, 80, 80] of 0..1 from [n, 8, 8] of 0..16, with a border of one pixel of the source."""
    padded = np.pad(images / 16.0, ((0, 0), (1, 1), (1, 1)))
    return np.stack([np.clip(ndimage.zoom(i, SCALE, order=3, grid_mode=True, mode="grid-constant"), 0, 1) for i in padded])


def find_ink(fine):
    """The pixels that are clearly darker than their surroundings: small loops stay open."""
    local = fine - 0.75 * ndimage.gaussian_filter(fine, (0, 10, 10)) - 0.2
    return ndimage.gaussian_filter(local, (0, 1.5, 1.5)) > 0


def thin(ink):
    """The middle line of the ink, one pixel wide (Zhang and Suen, 1984), of all pictures at once."""
    ink = ink.copy()
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            p = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
            n = [p[:, :-2, 1:-1], p[:, :-2, 2:], p[:, 1:-1, 2:], p[:, 2:, 2:], p[:, 2:, 1:-1], p[:, 2:, :-2],
                 p[:, 1:-1, :-2], p[:, :-2, :-2]]
            neighbours = sum(x.astype(np.int8) for x in n)
            turns = sum((~n[i] & n[(i + 1) % 8]).astype(np.int8) for i in range(8))
            if first:
                corner = ~(n[0] & n[2] & n[4]) & ~(n[2] & n[4] & n[6])
            else:
                corner = ~(n[0] & n[2] & n[6]) & ~(n[0] & n[4] & n[6])
            edge = ink & (neighbours >= 2) & (neighbours <= 6) & (turns == 1) & corner
            ink &= ~edge
            changed |= bool(edge.any())
    return ink


def neighbours_of(line, y, x):
    return [(y + b, x + a) for b in (-1, 0, 1) for a in (-1, 0, 1) if (a or b) and line[y + b, x + a]]


def branches(line):
    """From every end of the line: its pixels up to the next fork or end."""
    for y, x in [tuple(p) for p in np.argwhere(line)]:
        if len(neighbours_of(line, y, x)) != 1:
            continue
        branch = [(y, x)]
        while True:
            ahead = [p for p in neighbours_of(line, *branch[-1]) if p not in branch]
            if len(ahead) != 1:
                break
            branch.append(ahead[0])
        yield branch


def with_ends(line, ink):
    """The line drawn out to where the ink ends: thinning takes half the pen's width from each end."""
    longer = line.copy()
    for branch in branches(line):
        end = np.array(branch[0], float)
        way = end - np.array(branch[min(7, len(branch) - 1)])
        if not way.any():
            continue
        way /= np.abs(way).max()
        while True:
            end += way
            y, x = np.rint(end).astype(int)
            if not ink[y, x]:
                break
            longer[y, x] = True
    return longer


def without_branches(line, low, high):
    """The line without the short branches that end between two heights (0 is its top, 1 its bottom)."""
    shorter = line.copy()
    ys = np.flatnonzero(line.any(axis=1))
    for branch in branches(line):
        height = (branch[0][0] - ys[0]) / max(ys[-1] - ys[0], 1)
        if low < height < high and len(branch) < 30:
            for p in branch[:-1]:
                shorter[p] = False
    return shorter


def with_straight_stem(points):
    """The points of a 7 whose stem runs straight from the upper right corner to the foot; None for one without a roof."""
    corner, foot = points[(points[:, 0] - points[:, 1]).argmax()], points[points[:, 1].argmax()]
    low = points.min(axis=0)
    width, height = points.max(axis=0) - low
    x, y = points[:, 0], points[:, 1]
    roof = points[(y <= corner[1] + 1) | ((y < low[1] + 0.4 * height) & (x < corner[0] - 0.4 * width))]
    if np.ptp(roof[:, 0]) < 0.3 * height or corner[0] - roof[roof[:, 0] < corner[0] - 2, 0].max(initial=-np.inf) > 6:
        return None
    return np.concatenate([roof, corner + np.linspace(0, 1, 100)[:, None] * (foot - corner)])


def with_flag(points, rng):
    """The points of a 1's stem and of a stroke that comes up to its top from the left."""
    top = points[points[:, 1].argmin()]
    length, angle = rng.uniform(0.15, 0.45) * np.ptp(points[:, 1]), rng.uniform(0.6, 1.25)
    way = np.linspace(0, length, 40)[:, None] * [[-np.cos(angle), np.sin(angle)]]
    return np.concatenate([points, top + way])


def with_foot(points, rng):
    """The points of a 1's stem and of a bar under it."""
    bottom = points[points[:, 1].argmax()]
    left, right = rng.uniform(0.1, 0.4, 2) * np.ptp(points[:, 1])
    return np.concatenate([points, bottom + np.linspace(-left, right, 60)[:, None] * [[1, rng.uniform(-0.1, 0.1)]]])


def points_of(mask):
    ys, xs = np.nonzero(mask)
    return np.stack([xs, ys], axis=1) - (mask.shape[0] - 1) / 2


class Source:
    """One training picture as points around (0, 0): all of its ink, and its middle line where that is to be seen."""

    def __init__(self, ink, line, digit):
        self.digit = digit
        self.ink = points_of(ink)
        self.lines = [points_of(with_ends(line, ink))]
        if digit in WITH_LOOPS and ndimage.distance_transform_edt(ink).max() >= BLOB:
            self.lines = []
        if digit == 7:
            plain = points_of(with_ends(without_branches(line, 0.3, 0.8), ink))
            straight = with_straight_stem(plain)
            self.lines += [plain] if straight is None else [plain, straight]
        if digit == 1:
            self.stem = points_of(with_ends(without_branches(line, 0.1, 0.9), ink))

    def line(self, rng):
        """The line of one drawing: people write a 7 with or without a bar, a 1 with or without flag and foot."""
        if self.digit != 1 or rng.random() < 0.4:
            return self.lines[rng.integers(len(self.lines))]
        stem = self.stem
        foot, flag = rng.random() < 0.4, rng.random() < 0.75
        stem = with_foot(stem, rng) if foot else stem
        return with_flag(stem, rng) if flag else stem


def sources(images, digits):
    ink = find_ink(enlarge(images))
    return [Source(i, l, d) for i, l, d in zip(ink, thin(ink), digits)]


def bend(points, rng):
    """Turned, slanted, stretched and bent a little, as another hand would have it; the longer side is 1."""
    points = points / np.ptp(points, axis=0).max()
    # A slow wave across the picture in both directions bends lines and moves loops.
    frequency, phase = rng.uniform(0.5, 1.6, (2, 2, 2)), rng.uniform(0, 2 * np.pi, (2, 2))
    amplitude = rng.normal(0, 0.035, (2, 2))
    bent = points.copy()
    for axis in range(2):
        for wave in range(2):
            bent[:, axis] += amplitude[axis, wave] * np.sin(
                2 * np.pi * points @ frequency[axis, wave] + phase[axis, wave])
    # The upper half may be larger than the lower one, or the other way round.
    lean = rng.normal(0, 0.18)
    bent[:, 0] *= 1 + lean * points[:, 1] * 2
    bent[:, 1] += 0.5 * rng.normal(0, 0.18) * points[:, 1] ** 2
    angle, slant, stretch = rng.normal(0, 0.13), rng.normal(0.03, 0.16), np.exp(rng.normal(0.05, 0.2))
    bent[:, 0] = bent[:, 0] * stretch - slant * bent[:, 1]
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    bent = bent @ turn
    low, high = bent.min(axis=0), bent.max(axis=0)
    return (bent - (low + high) / 2) / max((high - low).max(), 1e-6)


def draw(source, rng):
    """One picture [PAPER, PAPER] of 0..255, dark ink on light paper."""
    with_pen = source.lines and rng.random() < 0.75
    length = rng.uniform(30, 48)
    points = bend(source.line(rng) if with_pen else source.ink, rng) * length
    # The pen's width as a part of the digit's length: thin lines on large digits up to blots on small ones.
    radius = length * np.exp(rng.uniform(np.log(0.015), np.log(0.17))) if with_pen else rng.uniform(0.8, 1.4)
    at = np.rint(points + (PAPER - 1) / 2 + rng.uniform(-0.5, 0.5, 2)).astype(int)
    blank = np.ones((PAPER, PAPER), bool)
    blank[np.clip(at[:, 1], 0, PAPER - 1), np.clip(at[:, 0], 0, PAPER - 1)] = False
    if not with_pen:
        blank = ~ndimage.binary_closing(~blank)
    inked = np.clip(max(radius, 0.7) + 0.5 - ndimage.distance_transform_edt(blank), 0, 1)
    if rng.random() < 0.3:
        inked = ndimage.gaussian_filter(inked, rng.uniform(0.4, 1.2))
    contrast = rng.uniform(0.75, 1)
    noise = rng.normal(0, rng.choice([0, 3, 8]), inked.shape)
    return np.clip(255 * (1 - contrast * inked) + noise, 0, 255)
