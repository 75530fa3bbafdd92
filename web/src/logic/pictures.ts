// SPDX-License-Identifier: Apache-2.0
//
// Which tensors are pictures, masks or boxes, by shape, type and name.
import type { TensorData } from "./tensors.ts";

export interface Picture {
  width: number;
  height: number;
  /** RGBA */
  pixels: Uint8ClampedArray<ArrayBuffer>;
  mask: boolean;
}
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
  label: string;
  score: number | undefined;
}

const least = 8;
const most = 4096;
const classes = [[0, 0, 0], [11, 117, 107], [192, 106, 0], [106, 79, 184], [43, 108, 181], [181, 58, 114], [106, 116, 22]];

function sized(shape: readonly number[]): { channels: number; height: number; width: number; last: boolean } | undefined {
  const dims = shape.filter((dim, i) => !(dim === 1 && i === 0 && shape.length > 2));
  const fits = (height: number, width: number) => height >= least && width >= least && height <= most && width <= most;
  if (dims.length === 2 && fits(dims[0]!, dims[1]!)) return { channels: 1, height: dims[0]!, width: dims[1]!, last: false };
  if (dims.length !== 3) return undefined;
  const [a, b, c] = dims as [number, number, number];
  if ([1, 3, 4].includes(a) && fits(b, c)) return { channels: a, height: b, width: c, last: false };
  if ([1, 3, 4].includes(c) && fits(a, b)) return { channels: c, height: a, width: b, last: true };
  return undefined;
}

export function asPicture(tensor: TensorData): Picture | undefined {
  const size = sized(tensor.shape);
  if (!size || tensor.datatype === "BYTES") return undefined;
  const { channels, height, width, last } = size;
  const values = tensor.data.flat(Infinity).map(Number);
  if (values.length !== channels * height * width) return undefined;
  const whole = tensor.datatype === "BOOL" || /^U?INT/.test(tensor.datatype);
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // A matrix of scores is no picture: only three channels, bytes, and named masks and images are.
  const named = /mask|image|segment|picture|pixel|depth|heat/i.test(tensor.name);
  if (channels === 1 && !named && tensor.datatype !== "UINT8" && tensor.datatype !== "BOOL") return undefined;
  const mask = channels === 1 && whole && high <= 255 && (tensor.datatype === "BOOL" || high < 64) && tensor.datatype !== "UINT8" ? true : channels === 1 && /mask|segment/i.test(tensor.name) && whole;
  const span = high > low ? high - low : 1;
  const byte = (value: number) => (tensor.datatype === "UINT8" ? value : low >= 0 && high <= 1 ? value * 255 : low >= 0 && high <= 255 && high > 1 ? value : ((value - low) / span) * 255);
  const pixels = new Uint8ClampedArray(width * height * 4);
  const plane = width * height;
  const at = (pixel: number, channel: number) => values[last ? pixel * channels + channel : channel * plane + pixel]!;
  for (let i = 0; i < plane; i++) {
    if (mask) {
      const value = at(i, 0);
      const colour = value === 0 ? classes[0]! : classes[1 + ((value - 1) % (classes.length - 1))]!;
      pixels.set([...colour, value === 0 ? 40 : 255], i * 4);
    } else if (channels === 1) {
      const grey = byte(at(i, 0));
      pixels.set([grey, grey, grey, 255], i * 4);
    } else pixels.set([byte(at(i, 0)), byte(at(i, 1)), byte(at(i, 2)), channels === 4 ? byte(at(i, 3)) : 255], i * 4);
  }
  return { width, height, pixels, mask };
}

const flatOf = (tensor: TensorData | undefined) => tensor?.data.flat(Infinity) ?? [];

/** Boxes are a tensor of rows of four named so, with scores and classes beside it; corners, in pixels or in shares of one. */
export function asBoxes(tensors: readonly TensorData[], labels: readonly string[] | undefined): { boxes: Box[]; shares: boolean } | undefined {
  const place = tensors.find((tensor) => /box/i.test(tensor.name) && tensor.shape.at(-1) === 4);
  if (!place) return undefined;
  const numbers = flatOf(place).map(Number);
  const scores = flatOf(tensors.find((tensor) => /score|conf|prob/i.test(tensor.name)));
  const kinds = flatOf(tensors.find((tensor) => /class|label|categ/i.test(tensor.name)));
  const boxes: Box[] = [];
  for (let i = 0; i + 3 < numbers.length && boxes.length < 300; i += 4) {
    const n = i / 4;
    const [left, top, right, bottom] = numbers.slice(i, i + 4) as [number, number, number, number];
    const kind = kinds[n];
    const score = scores.length === numbers.length / 4 ? Number(scores[n]) : undefined;
    if (![left, top, right, bottom].every(Number.isFinite) || right <= left || bottom <= top || (score !== undefined && score < 0.05)) continue;
    boxes.push({ left, top, right, bottom, score, label: kind === undefined ? "" : typeof kind === "number" ? (labels?.[kind] ?? String(kind)) : String(kind) });
  }
  return { boxes, shares: boxes.every((box) => box.right <= 1.5 && box.bottom <= 1.5) };
}
