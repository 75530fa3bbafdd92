// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { facetsOf, filterOf, propertyName, propertyValue, turned, whereOf, whereText } from "../logic/catalogue.ts";

it("keeps what is chosen in the address", () => {
  let where = turned({}, "license", "apache-2.0");
  where = turned(where, "license", "it's, odd & so=on");
  where = turned(where, "tasks", "text-generation");
  expect(whereOf(whereText(where))).toEqual(where);
  expect(turned(turned({}, "a", "1"), "a", "1")).toEqual({});
  expect(whereText({})).toBeUndefined();
});

it("asks for it in the contract's words, quotes and all", () => {
  expect(filterOf({})).toBe("");
  expect(filterOf({ license: ["it's"], tasks: ["a", "b"], verifiedSource: ["true"], "artifacts.mmlu.double_value": [">=0.6"] })).toBe("license = 'it''s' AND tasks IN ('a', 'b') AND verifiedSource = true AND artifacts.mmlu.double_value >= 0.6");
});

it("offers what tells apart, the usual first", () => {
  const { usual, others } = facetsOf({ filters: { size: { type: "string", values: ["8B"] }, license: { type: "string", values: ["a"] }, context: { type: "number", range: { min: 4, max: 4 } }, tasks: { type: "string", values: ["x"] }, rate: { type: "number", range: { min: 1, max: 4 } } } });
  expect(usual.map(([name]) => name)).toEqual(["tasks", "license"]);
  expect(others.map(([name]) => name)).toEqual(["rate", "size"]);
});

it("reads properties", () => {
  expect(propertyName("artifacts.ttft_p90.double_value")).toBe("Ttft p90");
  expect(propertyName("libraryName")).toBe("Library");
  expect(propertyValue({ metadataType: "MetadataDoubleValue", double_value: 0.123456789 })).toBe("0.123457");
});
