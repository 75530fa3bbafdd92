// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { age } from "../logic/format.ts";
import { emptyScope, keyState, scopesOf, validPerson } from "../logic/roles.ts";

describe("a key", () => {
  const now = Date.parse("2026-05-01T00:00:00Z");
  it("is revoked before it is expired, and neither ahead of its time", () => {
    expect(keyState({}, now)).toBe("ACTIVE");
    expect(keyState({ expire_time: "2026-04-30T00:00:00Z" }, now)).toBe("EXPIRED");
    expect(keyState({ expire_time: "2026-04-30T00:00:00Z", revoke_time: "2026-04-29T00:00:00Z" }, now)).toBe("REVOKED");
    expect(keyState({ revoke_time: "2026-05-02T00:00:00Z", expire_time: "2026-06-01T00:00:00Z" }, now)).toBe("ACTIVE");
  });
  it("takes only lines that are complete, with the actions in their order", () => {
    expect(scopesOf([emptyScope])).toEqual([{ actions: ["READ"] }]);
    expect(scopesOf([{ actions: ["WRITE", "READ"], on: "model", name: " default/digits " }])).toEqual([{ actions: ["READ", "WRITE"], model: "default/digits" }]);
    expect(scopesOf([{ actions: [], on: "all", name: "" }, { actions: ["READ"], on: "namespace", name: " " }])).toEqual([]);
  });
});

it("names of people follow the server's rule", () => {
  for (const name of ["anna", "a.b-c_1"]) expect(validPerson(name), name).toBe(true);
  for (const name of ["", "Anna", "a b", "-a", "a..b", "<b>", "a".repeat(129)]) expect(validPerson(name), name).toBe(false);
});

it("an age has one unit", () => {
  expect([500, 59_000, 61_000, 3 * 3_600_000, 5 * 86_400_000].map((span) => age(0, span))).toEqual(["1 s", "59 s", "1 min", "3 h", "5 days"]);
  expect(age(10, 0)).toBe("0 s");
});
