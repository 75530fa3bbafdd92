// SPDX-License-Identifier: Apache-2.0
//
// A model is known before its name is read: four cells of quarter circle, triangle, disc or half block in one of eight
// hues, from SHA-256 of "namespace/name". The same everywhere and for ever: do not change what the bytes mean.
import { sha256 } from "./sha256.ts";

export interface IdenticonCell {
  path: string;
  strong: boolean;
}
export interface Identicon {
  hue: number; // 0..7: the tokens --i0 … --i7
  cells: IdenticonCell[];
}

/// Shapes in a cell of 10 × 10, turned by quarters.
function quarter(turn: number): string {
  return ["M0 10V0a10 10 0 0 1 10 10z", "M0 0h10A10 10 0 0 1 0 10z", "M10 0v10A10 10 0 0 1 0 0z", "M10 10H0A10 10 0 0 1 10 0z"][turn]!;
}
function triangle(turn: number): string {
  return ["M0 0v10h10z", "M0 0h10L0 10z", "M0 0h10v10z", "M10 0v10H0z"][turn]!;
}
function half(turn: number): string {
  return ["M0 0h10v5H0z", "M5 0h5v10H5z", "M0 5h10v5H0z", "M0 0h5v10H0z"][turn]!;
}
const disc = "M0 5a5 5 0 1 0 10 0a5 5 0 1 0-10 0z";

const made = new Map<string, Identicon>();

export function identicon(name: string): Identicon {
  const known = made.get(name);
  if (known) return known;
  const bytes = sha256(name);
  const first = bytes[5]! & 1;
  const cells = [0, 1, 2, 3].map((i) => {
    const byte = bytes[1 + i]!;
    const turn = (byte >> 4) & 3;
    const shape = byte & 7; // a disc is rarer than what has a direction
    const path = shape < 3 ? quarter(turn) : shape < 5 ? triangle(turn) : shape < 7 ? half(turn) : disc;
    return { path, strong: (i + (i >> 1) + first) % 2 === 0 };
  });
  const icon = { hue: bytes[0]! % 8, cells };
  if (made.size > 5000) made.clear();
  made.set(name, icon);
  return icon;
}
