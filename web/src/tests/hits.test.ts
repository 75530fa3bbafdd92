// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { filterIn, placeOf, withFilter } from "../logic/hits.ts";

const hit = (reference: string) => ({ kind: "run", id: 1, title: "", reference, summary: "", score: 1 });

it("a hit's page is found by its reference", () => {
  expect(placeOf(hit("default/mnist/5"))).toEqual({ namespace: "default", name: "mnist", run: "5" });
  expect(placeOf(hit("default/digits"))).toEqual({ namespace: "default", name: "digits" });
  expect(placeOf(hit(""))).toBeUndefined();
});

it("a filter is set, replaced and taken out, and the words stay", () => {
  expect(withFilter("digits net", "kind", "run")).toBe("digits net kind:run");
  expect(withFilter("kind:model digits", "kind", "run")).toBe("digits kind:run");
  expect(withFilter('digits tag:"team=risk and fraud"', "tag", undefined)).toBe("digits");
  expect(withFilter("digits", "tag", "team=risk and fraud")).toBe('digits tag:"team=risk and fraud"');
  expect(filterIn('a tag:"team=risk and fraud"', "tag")).toBe("team=risk and fraud");
  expect(filterIn("kinds:x", "kind")).toBeUndefined();
});
