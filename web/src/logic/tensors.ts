// SPDX-License-Identifier: Apache-2.0
//
// Tensors as the playground shows and sends them (Open Inference Protocol, JSON form).
import type { Signature, Tensor } from "../api/types.ts";

export interface TensorData extends Tensor {
  data: unknown[];
}

/** The shape with every dynamic dimension set to one. */
export function concrete(shape: readonly number[]): number[] {
  return shape.map((dimension) => (dimension < 0 ? 1 : dimension));
}
export function elements(shape: readonly number[]): number {
  return concrete(shape).reduce((product, dimension) => product * dimension, 1);
}

export const gridLimit = 256;

/** Whether a table of numbers is a fair way to type these inputs. */
export function fitsGrid(signature: Signature | undefined): boolean {
  const inputs = signature?.inputs ?? [];
  return inputs.length > 0 && inputs.length <= 16 && inputs.every((tensor) => elements(tensor.shape) <= gridLimit);
}

export function columnsOf(shape: readonly number[]): number {
  const count = elements(shape);
  const last = concrete(shape).at(-1) ?? 1;
  if (last <= 16) return Math.max(1, last);
  const root = Math.sqrt(count);
  return Number.isInteger(root) && root <= 16 ? root : 8;
}

const whole = /^U?INT\d+$/;

export type CellValue = { ok: true; value: unknown } | { ok: false; why: string };

/** Reads one typed cell for a datatype. */
export function parseCell(text: string, datatype: string): CellValue {
  const trimmed = text.trim();
  if (datatype === "BYTES") return { ok: true, value: text };
  if (datatype === "BOOL") {
    if (/^(true|1)$/i.test(trimmed)) return { ok: true, value: true };
    if (/^(false|0|)$/i.test(trimmed)) return { ok: true, value: false };
    return { ok: false, why: `${trimmed} is not true or false` };
  }
  if (trimmed === "") return { ok: true, value: 0 };
  const value = Number(trimmed.replace(",", "."));
  if (!Number.isFinite(value)) return { ok: false, why: `${trimmed} is not a number` };
  if (whole.test(datatype)) {
    if (!Number.isSafeInteger(value)) return { ok: false, why: `${datatype} takes whole numbers, not ${trimmed}` };
    if (datatype.startsWith("U") && value < 0) return { ok: false, why: `${datatype} takes no negative number` };
  }
  return { ok: true, value };
}

/** Cells as pasted from a sheet: tabs, commas with spaces, semicolons or lines between. */
export function splitCells(text: string): string[] {
  return text.trim().split(/[\t\n\r;]+|,\s+|\s+|,(?=\d)/).filter((cell) => cell !== "");
}

export function inferBody(inputs: TensorData[]): string {
  return JSON.stringify({ inputs: inputs.map(({ name, datatype, shape, data }) => ({ name, datatype, shape, data })) });
}

/** A body to start from: the right names, types and shapes, filled with nothing. */
export function emptyBody(signature: Signature | undefined): string {
  const filler = (datatype: string): unknown => (datatype === "BYTES" ? "" : datatype === "BOOL" ? false : 0);
  const inputs = (signature?.inputs ?? []).map(({ name, datatype, shape }) => {
    const full = concrete(shape);
    const count = Math.min(elements(shape), 4096);
    return `    {\n      "name": ${JSON.stringify(name)},\n      "datatype": "${datatype}",\n      "shape": ${JSON.stringify(full).replaceAll(",", ", ")},\n      "data": [${Array(count).fill(JSON.stringify(filler(datatype))).join(", ")}]\n    }`;
  });
  return `{\n  "inputs": [\n${inputs.join(",\n")}\n  ]\n}`;
}

/** The scores in a tensor of one row, where it reads as a probability of each class. */
export function asScores(tensor: TensorData, labels: readonly string[] | undefined): { category: string; score: number }[] | undefined {
  const numbers = tensor.data.flat(Infinity) as unknown[];
  const rows = tensor.shape.length > 1 ? concrete(tensor.shape.slice(0, -1)).reduce((a, b) => a * b, 1) : 1;
  if (rows !== 1 || numbers.length < 2 || numbers.length > 1000 || !/^(FP|BF)/.test(tensor.datatype)) return undefined;
  if (!numbers.every((value): value is number => typeof value === "number" && value >= 0 && value <= 1)) return undefined;
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (Math.abs(sum - 1) > 0.02) return undefined;
  return numbers.map((score, i) => ({ category: labels?.length === numbers.length ? labels[i]! : String(i), score }));
}
