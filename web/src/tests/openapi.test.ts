// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../logic/error-codes.ts";
import { type Contract, example, filled, nameOf, operationsOf, resolve } from "../logic/openapi.ts";

const contract = JSON.parse(readFileSync(new URL("../../../openapi/souk.json", import.meta.url), "utf8")) as Contract;
const all = operationsOf(contract);
const by = (id: string) => all.find((one) => one.id === id)!;

describe("the contract as served", () => {
  it("is listed whole, by noun, each call once", () => {
    expect(all.length).toBe(Object.values(contract.paths).reduce((sum, path) => sum + Object.keys(path).filter((key) => /^(get|post|put|patch|delete|head)$/.test(key)).length, 0));
    expect(new Set(all.map((one) => one.id)).size).toBe(all.length);
    expect(all.every((one) => one.summary && one.group && !one.group.includes("{"))).toBe(true);
    expect(all.find((one) => one.path.endsWith("/aliases/{alias}/history"))!.group).toBe("aliases");
  });
  it("has an example that names what must be there", () => {
    for (const one of all) {
      if (!one.body) continue;
      const made = example(contract, one.body.schema);
      const required = resolve(contract, one.body.schema).required ?? [];
      if (required.length > 0) expect(Object.keys(made as object), one.id).toEqual(required);
    }
    expect(example(contract, by("deploy").body!.schema)).toEqual({ reference: "" });
  });
  it("names types for people", () => {
    expect(nameOf({ type: "array", items: { $ref: "#/components/schemas/Alias" } })).toBe("list of Alias");
    expect(nameOf({ anyOf: [{ $ref: "#/x/Role" }, { type: "null" }] })).toBe("Role");
    expect(nameOf({ type: ["integer", "null"], format: "int64" })).toBe("integer, int64");
  });
});

describe("filled", () => {
  const file = all.find((one) => one.path.endsWith("/files/{path}") && one.method === "GET")!;
  it("escapes parts, keeps the slashes of a path, and says what is missing", () => {
    expect(filled(file, { ns: "default", model: "a/b", version: "1", path: "images/7 a.png" }).path).toBe("/api/v1/namespaces/default/models/a%2Fb/versions/1/files/images/7%20a.png");
    expect(filled(file, { ns: "default" }).missing).toEqual(["model", "version", "path"]);
  });
  it("puts queries and headers where they belong, and leaves out what is empty", () => {
    const list = all.find((one) => one.path === "/api/v1/models" && one.method === "GET")!;
    expect(filled(list, { filter: "name = 'a b'", order_by: "" }).path).toBe("/api/v1/models?filter=name+%3D+%27a+b%27");
    const patch = all.find((one) => one.method === "PATCH" && one.path.endsWith("/models/{model}"))!;
    expect(filled(patch, { ns: "a", model: "b", "If-Match": "3" }).headers).toEqual({ "If-Match": "3" });
  });
});

it("every code of the server is explained", () => {
  const table = readFileSync(new URL("../../../src/base/result.h", import.meta.url), "utf8");
  const body = /enum class Code[^{]*\{([^}]*)\}/.exec(table)![1]!.replace(/\/\/.*$/gm, "");
  const codes = [...body.matchAll(/\b([a-z_]+)\b/g)].map(([, name]) => name!.toUpperCase()).filter((name) => name !== "OK");
  expect(codes.length).toBeGreaterThan(10);
  expect(errorCodes.map(({ code }) => code).sort()).toEqual(codes.sort());
});
