# SPDX-License-Identifier: Apache-2.0
"""Draws digits as a person does on the playground's pad: dark strokes with round caps on light paper.

A digit is a list of strokes in a box of 1 x 1 (x to the right, y down); each style is one way people write it.
These drawings judge the model of samples/digits, which never sees them in training.
"""

import math
import re

import numpy as np
from PIL import Image, ImageDraw

# One string a stroke, in SVG's path letters M L Q C with absolute coordinates.
STYLES = {
    "0": {
        "oval": ["M.5,0 C.2,0 .08,.25 .08,.5 C.08,.78 .22,1 .5,1 C.78,1 .92,.78 .92,.5 C.92,.25 .8,0 .5,0"],
        "round": ["M.55,.02 C.2,-.03 0,.25 0,.5 C0,.8 .2,1 .5,1 C.8,1 1,.8 1,.5 C1,.2 .8,0 .5,0"],
        "narrow": ["M.5,0 C.3,0 .22,.25 .22,.5 C.22,.75 .3,1 .5,1 C.7,1 .78,.75 .78,.5 C.78,.25 .7,0 .5,0"],
        "overlapping": ["M.62,.04 C.3,-.05 .08,.25 .08,.55 C.08,.85 .3,1 .5,1 C.8,1 .92,.75 .92,.5 C.92,.2 .7,0 .4,.04"],
        "square": ["M.5,0 Q.1,0 .1,.3 L.1,.7 Q.1,1 .5,1 Q.9,1 .9,.7 L.9,.3 Q.9,0 .5,0"],
        "diamond": ["M.5,0 L.1,.3 L.1,.7 L.5,1 L.9,.7 L.9,.3 L.5,0"],
    },
    "1": {
        "bar": ["M.5,0 L.5,1"],
        "flag": ["M.25,.25 L.55,0 L.55,1"],
        "long flag": ["M.15,.4 L.6,0 L.6,1"],
        "foot": ["M.25,.22 L.5,0 L.5,1", "M.2,1 L.8,1"],
        "bar and foot": ["M.5,0 L.5,1", "M.2,1 L.8,1"],
        "small flag": ["M.4,.14 L.52,0 L.52,1"],
    },
    "2": {
        "plain": ["M.08,.25 C.1,-.02 .5,-.1 .75,.08 C1,.3 .8,.5 .6,.66 L.05,1 L.95,1"],
        "curved": ["M.1,.22 C.2,-.05 .85,-.12 .88,.27 C.9,.55 .3,.75 .1,1 L.92,1"],
        "looped": ["M.1,.2 C.25,-.08 .85,-.05 .82,.3 C.78,.6 .4,.95 .15,.97 C-.05,.95 .1,.72 .3,.82 C.5,.92 .7,1.05 .95,.92"],
        "angular": ["M.08,.05 L.85,.05 L.1,1 L.95,1"],
        "wavy foot": ["M.12,.25 C.15,-.05 .8,-.1 .82,.25 C.84,.5 .3,.8 .08,.98 C.35,.85 .6,1.05 .95,.93"],
        "few points": ["M.1,.2 L.4,0 L.8,.1 L.8,.35 L.1,1 L.9,1"],
    },
    "3": {
        "round": ["M.1,.12 C.35,-.08 .85,-.02 .82,.25 C.8,.42 .6,.47 .38,.48 C.65,.48 .92,.55 .9,.75 C.88,1.05 .3,1.08 .05,.88"],
        "flat top": ["M.1,.02 L.88,.02 L.42,.4 C.8,.36 .98,.58 .92,.78 C.85,1.06 .3,1.08 .06,.9"],
        "two bows": ["M.12,.1 C.4,-.08 .85,0 .82,.22 C.8,.4 .6,.46 .42,.47", "M.42,.47 C.75,.45 .95,.6 .9,.78 C.82,1.06 .3,1.05 .08,.9"],
        "looped": ["M.12,.13 C.35,-.08 .82,-.02 .8,.22 C.78,.42 .4,.56 .36,.46 C.36,.36 .9,.46 .88,.75 C.86,1.06 .25,1.08 .05,.86"],
        "open": ["M.05,.05 C.5,-.06 .9,.05 .8,.28 C.74,.4 .6,.45 .45,.46 C.7,.48 .9,.6 .86,.8 C.8,1 .4,1.04 .05,1"],
        "few points": ["M.1,.1 L.5,0 L.85,.2 L.45,.48 L.9,.72 L.6,1 L.1,.92"],
        "edged": ["M.1,0 L.85,0 L.45,.42 L.85,.6 L.85,.85 L.5,1 L.1,.9"],
    },
    "4": {
        "open": ["M.25,0 L.12,.6 L.92,.6", "M.68,.25 L.68,1"],
        "open upright": ["M.15,0 L.15,.52 L.85,.52", "M.8,0 L.8,1"],
        "closed": ["M.65,0 L.05,.68 L.95,.68", "M.65,0 L.65,1"],
        "closed in one": ["M.7,1 L.7,0 L.05,.65 L.95,.65"],
        "curved": ["M.2,0 C.1,.3 .05,.5 .15,.52 C.4,.56 .7,.52 .85,.48", "M.82,.02 L.74,1"],
        "open leaning": ["M.4,0 L.05,.62 L.9,.58", "M.72,.3 L.6,1"],
    },
    "5": {
        "two strokes": ["M.2,.02 L.15,.45 C.45,.3 .9,.38 .88,.7 C.86,1.05 .3,1.08 .06,.88", "M.2,.02 L.88,.02"],
        "one stroke": ["M.88,.02 L.22,.02 L.16,.44 C.5,.32 .9,.42 .88,.7 C.85,1.05 .3,1.05 .05,.9"],
        "s-like": ["M.85,.05 C.5,0 .2,.05 .2,.28 C.22,.5 .82,.42 .84,.72 C.84,1.02 .35,1.06 .08,.92"],
        "angular": ["M.85,0 L.15,0 L.15,.45 L.7,.45 Q.9,.5 .88,.72 Q.85,1 .5,1 L.08,1"],
        "big bow": ["M.25,.02 L.22,.36 C.6,.26 1,.4 .95,.7 C.9,1.05 .3,1.08 .05,.85", "M.24,.03 L.8,0"],
        "edged": ["M.85,0 L.2,0 L.15,.42 L.6,.38 L.88,.6 L.8,.9 L.45,1 L.1,.92"],
    },
    "6": {
        "curved": ["M.75,.02 C.35,.1 .08,.4 .1,.7 C.12,1.08 .9,1.08 .9,.7 C.9,.4 .25,.4 .12,.7"],
        "straight": ["M.6,0 L.15,.6 C0,.85 .2,1 .5,1 C.8,1 .95,.8 .85,.65 C.7,.48 .3,.5 .15,.66"],
        "small loop": ["M.6,0 C.3,.2 .12,.5 .14,.78 C.16,1.05 .75,1.08 .78,.8 C.78,.58 .3,.58 .16,.82"],
        "big loop": ["M.8,.08 C.5,-.08 .1,.15 .08,.6 C.08,1.1 .95,1.15 .95,.65 C.92,.28 .2,.3 .1,.62"],
        "spiral": ["M.7,0 C.25,.15 .05,.5 .1,.75 C.18,1.08 .8,1.05 .82,.75 C.82,.5 .4,.5 .35,.78"],
        "few points": ["M.75,0 L.3,.3 L.1,.7 L.3,1 L.75,1 L.88,.75 L.6,.55 L.15,.7"],
    },
    "7": {
        "plain": ["M.08,.02 L.92,.02 L.35,1"],
        "bar": ["M.08,.02 L.92,.02 L.35,1", "M.25,.5 L.85,.5"],
        "hook": ["M.08,.18 L.1,.02 L.92,.02 L.4,1"],
        "curved": ["M.05,.05 L.9,.03 C.65,.3 .45,.6 .42,1"],
        "curved bar": ["M.06,.1 C.3,-.04 .6,.1 .92,.02 C.65,.35 .5,.6 .42,1", "M.22,.52 L.8,.48"],
        "steep": ["M.1,.02 L.88,.02 L.55,1"],
    },
    "8": {
        "one stroke": ["M.8,.12 C.55,-.08 .15,0 .18,.25 C.2,.48 .9,.5 .9,.77 C.9,1.08 .1,1.08 .1,.77 C.1,.52 .8,.46 .82,.22 C.8,.14 .7,.03 .6,.02"],
        "two circles": [
            "M.5,0 C.25,0 .2,.12 .2,.24 C.2,.38 .3,.48 .5,.48 C.7,.48 .8,.38 .8,.24 C.8,.1 .75,0 .5,0",
            "M.5,.48 C.2,.48 .1,.6 .1,.75 C.1,.92 .25,1 .5,1 C.75,1 .9,.92 .9,.75 C.9,.6 .8,.48 .5,.48",
        ],
        "crossed": ["M.5,0 C.1,0 .1,.3 .5,.48 C.98,.68 .95,1 .5,1 C.05,1 .02,.68 .5,.48 C.9,.3 .9,0 .5,0"],
        "open top": ["M.85,.05 C.5,-.02 .12,.05 .2,.28 C.28,.5 .9,.55 .85,.8 C.8,1.06 .1,1.06 .12,.78 C.15,.5 .6,.42 .88,.08"],
        "equal": [
            "M.5,0 C.15,0 .12,.15 .12,.25 C.12,.4 .25,.5 .5,.5 C.75,.5 .88,.4 .88,.25 C.88,.1 .8,0 .5,0",
            "M.5,.5 C.2,.5 .12,.62 .12,.75 C.12,.9 .25,1 .5,1 C.75,1 .88,.9 .88,.75 C.88,.6 .8,.5 .5,.5",
        ],
        "few points": ["M.5,0 L.15,.2 L.85,.75 L.5,1 L.15,.75 L.85,.2 L.5,0"],
        "tilted": ["M.75,.05 C.4,-.1 .1,.15 .3,.4 C.45,.55 .8,.6 .75,.85 C.65,1.1 .1,1 .15,.75 C.25,.5 .85,.4 .85,.15 C.83,.08 .8,.06 .72,.04"],
    },
    "9": {
        "straight": ["M.85,.25 C.8,-.08 .12,-.05 .12,.27 C.12,.58 .75,.58 .85,.25 L.82,1"],
        "curved": ["M.85,.25 C.8,-.08 .12,-.05 .12,.27 C.12,.58 .75,.58 .85,.25 C.88,.6 .8,1.05 .2,.97"],
        "two strokes": ["M.8,.2 C.65,-.08 .15,-.02 .15,.27 C.15,.55 .7,.55 .8,.22", "M.82,.02 L.8,1"],
        "leaning": ["M.85,.22 C.75,-.08 .15,-.02 .15,.27 C.18,.55 .75,.5 .86,.2 L.5,1"],
        "big loop": ["M.9,.32 C.9,-.1 .08,-.12 .08,.32 C.08,.72 .9,.7 .9,.32 C.92,.7 .8,1.08 .15,.93"],
        "hooked": ["M.84,.22 C.75,-.06 .14,-.04 .14,.27 C.14,.56 .8,.55 .85,.2 L.84,.75 C.82,1.05 .3,1.05 .18,.85"],
        "few points": ["M.85,.25 L.6,0 L.2,.1 L.15,.35 L.5,.5 L.85,.25 L.75,1"],
    },
}

_TOKEN = re.compile(r"[MLQC]|-?(?:\d+\.?\d*|\.\d+)")


def _bezier(points, count=24):
    """Points of the Bezier curve of any degree through de Casteljau, its first one left out."""
    t = np.linspace(0, 1, count + 1)[1:, None]
    layer = [np.repeat(np.asarray(p, float)[None], count, 0) for p in points]
    while len(layer) > 1:
        layer = [a * (1 - t) + b * t for a, b in zip(layer, layer[1:])]
    return layer[0]


def stroke_points(path):
    """The polyline of one stroke, [points, 2]."""
    tokens = _TOKEN.findall(path)
    points, i, letter = [], 0, "M"
    take = {"M": 1, "L": 1, "Q": 2, "C": 3}
    while i < len(tokens):
        if tokens[i].isalpha():
            letter, i = tokens[i], i + 1
        pairs = [(float(tokens[i + 2 * k]), float(tokens[i + 2 * k + 1])) for k in range(take[letter])]
        i += 2 * len(pairs)
        points.extend(pairs if letter == "M" else _bezier([points[-1], *pairs]).tolist())
    return np.asarray(points)


def draw(digit, style, *, canvas=280, height=180, aspect=0.65, center=(0.5, 0.5), slant=0.0, angle=0.0, width=20,
         tremble=0.0, ink=20, paper=255, seed=0):
    """One drawing as a gray PIL image: `height` and `width` in pixels, `angle` in degrees, `slant` as x per y,
    `tremble` as the standard deviation of a slow wobble in pixels. The drawing is moved so that it stays on the pad."""
    rng = np.random.default_rng(seed)
    strokes = []
    for path in STYLES[digit][style]:
        p = (stroke_points(path) - 0.5) * (height * aspect, height)
        p[:, 0] -= slant * p[:, 1]
        a = math.radians(angle)
        p = p @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
        if tremble:
            phase, speed = rng.uniform(0, 2 * math.pi, (2, 3)), rng.uniform(0.5, 2.5, (2, 3))
            s = np.linspace(0, 2 * math.pi, len(p))
            for axis in (0, 1):
                p[:, axis] += tremble * sum(np.sin(speed[axis, k] * s + phase[axis, k]) for k in range(3)) / 1.2
        strokes.append(p)
    every = np.concatenate(strokes)
    low, high = every.min(0) - width / 2 - 1, every.max(0) + width / 2 + 1
    middle = np.clip(np.asarray(center) * canvas - (low + high) / 2, -low, np.maximum(canvas - high, -low))

    zoom = 4
    image = Image.new("L", (canvas * zoom, canvas * zoom), paper)
    pen = ImageDraw.Draw(image)
    radius = width / 2 * zoom
    for p in strokes:
        q = [tuple(v) for v in (p + middle) * zoom]
        pen.line(q, fill=ink, width=max(1, round(2 * radius)))
        for x, y in q:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    return image.resize((canvas, canvas), Image.Resampling.BOX)


def drawings(count, seed):
    """`count` random drawings as (digit, style, settings, image): sizes, places, slants and pens as people have them."""
    rng = np.random.default_rng(seed)
    pairs = [(digit, style) for digit in STYLES for style in STYLES[digit]]
    for i in range(count):
        digit, style = pairs[i % len(pairs)]
        height = float(rng.choice([rng.uniform(60, 110), rng.uniform(110, 180), rng.uniform(180, 250)]))
        settings = {
            "height": height,
            "aspect": float(rng.uniform(0.45, 0.85)),
            "center": tuple(float(v) for v in rng.uniform(0, 1, 2)),
            "slant": float(rng.normal(0.08, 0.14)),
            "angle": float(rng.normal(0, 6)),
            "width": float(rng.choice([rng.uniform(18, 24), rng.uniform(5, 12), rng.uniform(12, 18)], p=[0.6, 0.2, 0.2])),
            "tremble": float(rng.uniform(0, 0.02) * height),
            "seed": i,
        }
        yield digit, style, settings, draw(digit, style, **settings)
