// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { onnxOutline } from "../logic/onnx.ts";

const digits = new Uint8Array(readFileSync(new URL("../../../samples/digits/digits.onnx", import.meta.url)));
const whole = (bytes: Uint8Array) => onnxOutline(async (from, length) => bytes.subarray(from, from + length), bytes.length);

describe("the outline of an ONNX graph", () => {
  it("says what the sample takes, does and gives", async () => {
    const outline = await whole(digits);
    expect(outline.inputs.map(({ name, type }) => [name, type])).toEqual([["pixels", "float"]]);
    expect(outline.outputs.map(({ name }) => name).sort()).toEqual(["label", "probabilities"]);
    expect(outline.nodes.length).toBeGreaterThan(3);
    expect(outline.nodes.every(({ op }) => /^[A-Z]\w+$/.test(op))).toBe(true);
    expect(outline.opsets[0]!.version).toBeGreaterThan(6);
    expect(outline.parameters * 4).toBeLessThan(digits.length);
    expect(outline.parameters * 4).toBeGreaterThan(digits.length / 2);
  });
  it("steps over weights and fetches none of them", async () => {
    // A model whose one weight of 1 GiB is never there.
    const field = (number: number, body: number[]) => [...varint(number * 8 + 2), ...varint(body.length), ...body];
    const text = (number: number, said: string) => field(number, [...new TextEncoder().encode(said)]);
    const node = field(1, [...text(1, "x"), ...text(2, "y"), ...text(4, "MatMul")]);
    const size = 2 ** 30;
    const head = [8, ...varint(size / 4), 16, 1, ...text(8, "w"), ...varint(9 * 8 + 2), ...varint(size)];
    const weight = [...varint(5 * 8 + 2), ...varint(head.length + size), ...head];
    const tail = field(12, text(1, "y"));
    const graph = node.length + weight.length + size + tail.length;
    const start = [...varint(7 * 8 + 2), ...varint(graph), ...node, ...weight];
    const total = start.length + size + tail.length;
    let fetched = 0;
    const outline = await onnxOutline(async (from, length) => {
      const part = new Uint8Array(Math.min(length, total - from));
      fetched += part.length;
      for (let i = 0; i < part.length; i++) part[i] = from + i < start.length ? start[from + i]! : from + i >= start.length + size ? tail[from + i - start.length - size]! : 0;
      return part;
    }, total);
    expect(outline.nodes).toMatchObject([{ op: "MatMul" }]);
    expect(outline.weights).toEqual([{ name: "w", type: "float", dims: [size / 4] }]);
    expect(fetched).toBeLessThan(1 << 20);
  });
  it("refuses what is no model, in words", async () => {
    await expect(whole(new TextEncoder().encode("this is no model"))).rejects.toThrow(/ONNX|longer|ends|graph/);
    await expect(whole(new Uint8Array())).rejects.toThrow(/No graph/);
    for (let cut = 1; cut < 60; cut++) await whole(digits.subarray(0, cut)).catch((cause: Error) => expect(cause.message).toMatch(/ONNX|longer|ends|graph/));
  });
});

function varint(value: number): number[] {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}
