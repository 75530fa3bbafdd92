// SPDX-License-Identifier: Apache-2.0
//
// The ten digits as a hand draws them, in a box of 1 × 1 (y down), and ways to place them on the pad of 280 × 280.

export type Point = [x: number, y: number];
export type Drawing = Point[][];

/** Part of an ellipse, angles in degrees clockwise from the right. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Point[] {
  const steps = Math.max(6, Math.ceil(Math.abs(to - from) / 15));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}
/** From one point to another, bent through a third. */
function bend([x0, y0]: Point, [cx, cy]: Point, [x1, y1]: Point): Point[] {
  return Array.from({ length: 9 }, (_, i) => {
    const t = i / 8;
    return [(1 - t) ** 2 * x0 + 2 * t * (1 - t) * cx + t * t * x1, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * cy + t * t * y1];
  });
}

export const digits: Drawing[] = [
  [arc(0.5, 0.5, 0.4, 0.5, -80, 285)],
  [[[0.28, 0.24], [0.55, 0], [0.55, 1]]],
  [[...arc(0.47, 0.28, 0.38, 0.28, -165, 30), [0.08, 1], [0.95, 1]]],
  [[...arc(0.44, 0.25, 0.38, 0.25, -150, 85), ...arc(0.44, 0.74, 0.44, 0.26, -80, 150)]],
  [[[0.62, 0], [0.05, 0.66], [0.95, 0.66]], [[0.7, 0.3], [0.7, 1]]],
  [[[0.24, 0.02], [0.18, 0.45], ...arc(0.45, 0.69, 0.43, 0.31, -125, 140)], [[0.24, 0.02], [0.86, 0.02]]],
  [[...bend([0.72, 0], [0.15, 0.2], [0.12, 0.7]), ...arc(0.5, 0.72, 0.38, 0.28, 180, -180)]],
  [[[0.08, 0.02], [0.92, 0.02], [0.4, 1]]],
  [[...arc(0.5, 0.25, 0.3, 0.25, -60, -270), ...arc(0.5, 0.75, 0.38, 0.25, -90, 270), ...arc(0.5, 0.25, 0.3, 0.25, 90, -60)]],
  [[...arc(0.46, 0.3, 0.38, 0.3, -20, -340), ...bend([0.84, 0.25], [0.86, 0.6], [0.68, 1])]],
];

export const ways = {
  /** Two thirds of the pad, in its middle. */
  large: (drawing: Drawing): Drawing => place(drawing, { left: 75, top: 45, width: 130, height: 190 }),
  /** A quarter of the pad's height, each digit in another corner. */
  "small in a corner": (drawing: Drawing, digit: number): Drawing =>
    place(drawing, { left: digit % 2 === 0 ? 18 : 206, top: digit % 4 < 2 ? 18 : 188, width: 56, height: 74 }),
  /** Leaning to the right and turned a little. */
  slanted: (drawing: Drawing): Drawing =>
    place(drawing, { left: 85, top: 60, width: 105, height: 155 }).map((stroke) => stroke.map((point) => turn(lean(point, 0.3), 8))),
};

function place(drawing: Drawing, box: { left: number; top: number; width: number; height: number }): Drawing {
  return drawing.map((stroke) => stroke.map(([x, y]) => [box.left + x * box.width, box.top + y * box.height]));
}
function lean([x, y]: Point, by: number): Point {
  return [x + by * (140 - y), y];
}
function turn([x, y]: Point, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180;
  return [140 + (x - 140) * Math.cos(angle) - (y - 140) * Math.sin(angle), 140 + (x - 140) * Math.sin(angle) + (y - 140) * Math.cos(angle)];
}
