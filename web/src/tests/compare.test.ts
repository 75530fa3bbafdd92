// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Model, Version } from "../api/types.ts";
import { type Compared, compareRows, foundRows } from "../logic/compare.ts";
import { diffLines, folded } from "../logic/diff.ts";
import { fitting, readViews, sameSearch, valuesOf } from "../logic/facets.ts";

const joined = (before: string, after: string) => diffLines(before, after)!.map(({ kind, text }) => ({ same: " ", old: "-", new: "+" })[kind] + text);

describe("diffLines", () => {
  it("keeps what is common and marks the rest", () => {
    expect(joined("a\nb\nc", "a\nx\nc")).toEqual([" a", "-b", "+x", " c"]);
    expect(joined("", "a\nb")).toEqual(["+a", "+b"]);
    expect(joined("a\nb\nc\nd", "b\nd\ne")).toEqual(["-a", " b", "-c", " d", "+e"]);
  });
  it("gives back both texts, whatever they are", () => {
    let seed = 7;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let round = 0; round < 200; round++) {
      const [before, after] = [0, 1].map(() => Array.from({ length: random(12) + 1 }, () => "abc"[random(3)]).join("\n")) as [string, string];
      const lines = diffLines(before, after)!;
      expect(lines.filter(({ kind }) => kind !== "new").map(({ text }) => text).join("\n")).toBe(before);
      expect(lines.filter(({ kind }) => kind !== "old").map(({ text }) => text).join("\n")).toBe(after);
    }
  });
  it("refuses what would take too long, and folds what is the same", () => {
    const long = (sign: string) => Array.from({ length: 3000 }, (_, i) => `${sign}${i}`).join("\n");
    expect(diffLines(long("a"), long("b"))).toBeUndefined();
    expect(folded(diffLines(`${long("a")}\nold`, `${long("a")}\nnew`)!)[0]).toEqual({ kind: "gap", count: 2997 });
  });
});

const version = (number: number, more: Partial<Version>): Compared => ({
  version: { number, aliases: [], custom_properties: {}, description: "", author: "", sealed: true, ...more } as unknown as Version,
  files: [],
  declaration: null,
});

describe("compareRows", () => {
  it("says what differs from the first, and leaves out what none has", () => {
    const rows = compareRows([version(1, { format: "onnx", custom_properties: { accuracy: 0.9, note: "a" } }), version(2, { format: "onnx", custom_properties: { accuracy: 0.95, note: "a" } })]);
    expect(rows.filter((row) => row.differs).map((row) => row.name)).toEqual(["accuracy"]);
    expect(rows.map((row) => row.name)).toEqual(["accuracy", "Format", "note"]);
  });
  it("shows what only one of them has", () => {
    const one = version(1, {});
    one.files = [{ path: "a.txt", size_bytes: 3, digest: `sha256:${"0".repeat(64)}`, media_type: "text/plain", kind: "DOC" }];
    const [row] = compareRows([one, version(2, {})]);
    expect(row).toMatchObject({ group: "Files", name: "a.txt", differs: true });
    expect(row!.cells[1]).toBeUndefined();
  });
});

describe("facets", () => {
  const model = (more: Partial<Model>) => ({ aliases: [], tags: {}, state: "LIVE", ...more }) as unknown as Model;
  const all = [model({ task: "CLASSIFICATION", tags: { team: "vision" } }), model({ task: "CLASSIFICATION", state: "ARCHIVED" }), model({ aliases: [{ name: "champion", version: 1 }] })];
  it("narrow, all together", () => {
    expect(all.filter(fitting({ task: "CLASSIFICATION" }))).toHaveLength(2);
    expect(all.filter(fitting({ task: "CLASSIFICATION", state: "LIVE", tag: "team: vision" }))).toHaveLength(1);
    expect(valuesOf(all, "task")).toEqual([{ value: "CLASSIFICATION", count: 2 }]);
  });
  it("read views that were kept, and nothing else", () => {
    expect(readViews('[{"name":"mine","search":{"task":"X","n":5}},{"name":""},null,7]')).toEqual([{ name: "mine", search: { task: "X" } }]);
    expect(readViews("{broken")).toEqual([]);
    expect(readViews('{"a":1}')).toEqual([]);
    expect(sameSearch({ a: "1", b: "" }, { a: "1" })).toBe(true);
  });
});

it("adds what only the server knows", () => {
  const section = (name: string, rows: object[]) => ({ name, same: 0, changed: 1, rows });
  const rows = foundRows({ items: [], sections: [section("about", [{ name: "author", values: ["a", "b"], change: "CHANGED" }]), section("dependencies", [{ name: "numpy", values: ["==1.26", "==2.0"], change: "CHANGED" }, { name: "six", values: ["", null], change: "REMOVED" }]), section("parameters", [{ name: "lr", values: [0.1, 0.1], change: "SAME" }])] } as never);
  expect(rows.map(({ group, name, differs }) => [group, name, differs])).toEqual([["Dependencies", "numpy", true], ["Dependencies", "six", true], ["Parameters", "lr", false]]);
  expect(rows[1]!.cells).toEqual([{ text: "any", raw: "" }, undefined]);
});
