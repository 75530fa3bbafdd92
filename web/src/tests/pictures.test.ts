// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { asBoxes, asPicture } from "../logic/pictures.ts";

const tensor = (name: string, datatype: string, shape: number[], value: (i: number) => unknown) => ({ name, datatype, shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)) });

describe("tensors that are pictures", () => {
  it("are told by three channels, in either order", () => {
    const planes = asPicture(tensor("image", "FP32", [1, 3, 8, 8], (i) => (i < 64 ? 1 : 0)))!;
    expect([...planes.pixels.slice(0, 4)]).toEqual([255, 0, 0, 255]);
    const pixels = asPicture(tensor("image", "UINT8", [1, 8, 8, 3], (i) => (i % 3 === 1 ? 200 : 0)))!;
    expect([...pixels.pixels.slice(0, 4)]).toEqual([0, 200, 0, 255]);
  });
  it("are not made of scores, of texts, or of data that does not fit its shape", () => {
    expect(asPicture(tensor("probabilities", "FP32", [16, 10], () => 0.1))).toBeUndefined();
    expect(asPicture(tensor("words", "BYTES", [1, 3, 8, 8], () => "a"))).toBeUndefined();
    expect(asPicture({ ...tensor("image", "FP32", [1, 3, 8, 8], () => 0), data: [1, 2] })).toBeUndefined();
    expect(asPicture({ name: "image", datatype: "FP32", shape: [1, 3, 100_000, 8], data: [] })).toBeUndefined();
  });
  it("and masks, where classes are whole numbers", () => {
    const mask = asPicture(tensor("mask", "INT64", [1, 8, 8], (i) => i % 2))!;
    expect(mask.mask).toBe(true);
    expect(mask.pixels[3]).toBe(40);
    expect(mask.pixels[7]).toBe(255);
  });
});

describe("boxes", () => {
  const boxes = { name: "boxes", datatype: "FP32", shape: [3, 4], data: [0, 0, 0.5, 0.5, 0.1, 0.1, 0.9, 0.9, 1, 1, 0, 0] };
  it("take scores and classes from beside them and leave out what is none", () => {
    const found = asBoxes([boxes, { name: "scores", datatype: "FP32", shape: [3], data: [0.9, 0.01, 0.8] }, { name: "labels", datatype: "INT64", shape: [3], data: [1, 0, 1] }], ["cat", "dog"])!;
    expect(found.shares).toBe(true);
    expect(found.boxes).toEqual([{ left: 0, top: 0, right: 0.5, bottom: 0.5, label: "dog", score: 0.9 }]);
  });
  it("are none where no tensor is named so", () => {
    expect(asBoxes([{ ...boxes, name: "embedding" }], undefined)).toBeUndefined();
  });
});
