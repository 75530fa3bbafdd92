// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Signature } from "../api/types.ts";
import { complete } from "../logic/json-complete.ts";

const signature: Signature = { inputs: [{ name: "pixels", datatype: "FP32", shape: [-1, 4] }, { name: "mask", datatype: "BOOL", shape: [2] }], outputs: [{ name: "label", datatype: "INT64", shape: [-1] }] };
/** The cursor stands at the bar. */
const at = (text: string) => complete(text.replace("|", ""), text.indexOf("|"), signature).map(({ insert }) => insert);

describe("complete", () => {
  it("offers the names of the request, and not those that are there", () => {
    expect(at("{|")).toEqual(['"inputs": []', '"outputs": []', '"id": ""']);
    expect(at('{"inputs": [], "o|')).toEqual(['"outputs": []']);
    expect(at('{"inputs": [], |')).toEqual(['"outputs": []', '"id": ""']);
  });
  it("offers a whole tensor, and after one the others", () => {
    expect(at('{"inputs": [|')[0]).toBe('{"name": "pixels", "datatype": "FP32", "shape": [1, 4], "data": [0, 0, 0, 0]}');
    expect(at('{"inputs": [{"name": "pixels"}, |')).toEqual(['{"name": "mask", "datatype": "BOOL", "shape": [2], "data": [false, false]}']);
  });
  it("knows the tensor by its name", () => {
    expect(at('{"inputs": [{"name": "mask", "datatype": |')).toEqual(['"BOOL"']);
    expect(at('{"inputs": [{"name": "mask", "shape": |')).toEqual(["[2]"]);
    expect(at('{"inputs": [{"name": "p|')).toEqual(['"pixels"']);
    expect(at('{"inputs": [{"name": "mask", "da|')).toEqual(['"datatype": "BOOL"', '"data": [false, false]']);
  });
  it("replaces from where the word began", () => {
    expect(complete('{"inputs": [{"name": "pi', 24, signature)[0]!.from).toBe(21);
  });
  it("is silent where nothing fits, where the text is broken, and after a whole value", () => {
    expect(at('{"inputs"|')).toEqual([]);
    expect(at('{"inputs": ]|')).toEqual([]);
    expect(at('{"inputs": [{"name": "pixels"|}]}')).toEqual([]);
    expect(at("|")).toEqual([]);
    expect(at('{"other": {"deep": [|')).toEqual([]);
    expect(complete("{", 1, undefined)).toEqual([]);
  });
  it("offers what it gives", () => {
    expect(at('{"outputs": [|')).toEqual(['{"name": "label"}']);
    expect(at('{"outputs": [{"name": "|')).toEqual(['"label"']);
  });
});
