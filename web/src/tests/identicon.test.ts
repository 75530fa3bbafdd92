// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { identicon } from "../logic/identicon.ts";

it("stays the same for ever", () => {
  const { hue, cells } = identicon("default/digits");
  expect(hue).toBe(3);
  expect(cells.map((cell) => `${cell.strong ? "S" : "m"} ${cell.path}`)).toMatchInlineSnapshot(`
    [
      "m M0 0h10A10 10 0 0 1 0 10z",
      "S M0 10V0a10 10 0 0 1 10 10z",
      "S M0 0h10v10z",
      "m M0 0h10L0 10z",
    ]
  `);
});

it("tells names apart, in all eight hues", () => {
  const icons = Array.from({ length: 300 }, (_, i) => identicon(`team/model-${i}`));
  expect(new Set(icons.map((icon) => icon.hue)).size).toBe(8);
  expect(new Set(icons.map((icon) => JSON.stringify(icon))).size).toBeGreaterThan(295);
});

it("has two strong and two soft cells", () => {
  for (const name of ["a", "default/digits", "日本/語"]) expect(identicon(name).cells.filter((cell) => cell.strong)).toHaveLength(2);
});
