// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import { shortened } from "../logic/shorten.ts";

it("long texts and lists are cut and say how long they are", () => {
  const inner = shortened({ picture: "a".repeat(5000), scores: Array.from({ length: 100 }, (_, i) => i), ok: [true, null, "short"] }) as { picture: string; scores: unknown[]; ok: unknown };
  expect(inner.picture).toMatch(/^a{48}… \(5000 characters\)$/);
  expect(inner.scores).toHaveLength(25);
  expect(inner.scores.at(-1)).toBe("… (100 values)");
  expect(inner.ok).toEqual([true, null, "short"]);
});
