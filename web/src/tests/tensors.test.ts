// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { Signature } from "../api/types.ts";
import { serverTiming } from "../api/ask.ts";
import { jsonFault } from "../logic/json-fault.ts";
import * as packing from "../logic/packing.ts";
import { rank, textFilter } from "../logic/search.ts";
import * as tensors from "../logic/tensors.ts";

const signature: Signature = { inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }, { name: "on", datatype: "BOOL", shape: [-1, 1] }], outputs: [] };

describe("tensors", () => {
  it("makes a body that fits the signature", () => {
    expect(JSON.parse(tensors.emptyBody(signature))).toEqual({ inputs: [{ name: "x", datatype: "FP32", shape: [1, 4], data: [0, 0, 0, 0] }, { name: "on", datatype: "BOOL", shape: [1, 1], data: [false] }] });
    expect(JSON.parse(tensors.emptyBody(undefined))).toEqual({ inputs: [] });
  });
  it("offers a table for what is small", () => {
    expect(tensors.fitsGrid(signature)).toBe(true);
    expect(tensors.fitsGrid({ inputs: [{ name: "image", datatype: "UINT8", shape: [-1, 3, 224, 224] }], outputs: [] })).toBe(false);
    expect(tensors.fitsGrid(undefined)).toBe(false);
    expect([[-1, 64], [-1, 1, 16, 16], [3], [-1, 10]].map((shape) => tensors.columnsOf(shape))).toEqual([8, 16, 3, 10]);
  });
  it("reads cells strictly", () => {
    expect(tensors.parseCell("1,5", "FP32")).toEqual({ ok: true, value: 1.5 });
    expect(tensors.parseCell("", "INT64")).toEqual({ ok: true, value: 0 });
    expect(tensors.parseCell("1.5", "INT64")).toMatchObject({ ok: false });
    expect(tensors.parseCell("-1", "UINT8")).toMatchObject({ ok: false });
    expect(tensors.parseCell("abc", "FP64")).toMatchObject({ ok: false });
    expect(tensors.parseCell("1e999", "FP64")).toMatchObject({ ok: false });
    expect(tensors.parseCell("TRUE", "BOOL")).toEqual({ ok: true, value: true });
  });
  it("splits what a sheet gives", () => {
    expect(tensors.splitCells("1\t2\n3\t4\r\n")).toEqual(["1", "2", "3", "4"]);
    expect(tensors.splitCells("1, 2, 3")).toEqual(["1", "2", "3"]);
    expect(tensors.splitCells("0.5,0.25")).toEqual(["0.5", "0.25"]);
  });
  it("sees probabilities, and nothing else, as probabilities", () => {
    const row = (data: number[], datatype = "FP32", shape = [1, data.length]) => tensors.asScores({ name: "p", datatype, shape, data }, ["no", "yes"]);
    expect(row([0.25, 0.75])).toEqual([{ category: "no", score: 0.25 }, { category: "yes", score: 0.75 }]);
    expect(row([0.5, 0.9])).toBeUndefined();
    expect(row([1, 0], "INT64")).toBeUndefined();
    expect(row([0.25, 0.75, 0.25, 0.75], "FP32", [2, 2])).toBeUndefined();
  });
});

describe("jsonFault", () => {
  it("says where and what", () => {
    expect(jsonFault(`{"a": [1, -2.5e3, true, null, "x\\u00e9"]} `)).toBeUndefined();
    expect(jsonFault("{\n  \"a\": ]\n}")).toBe(`A value is wanted in line 2, column 8, where "]" stands`);
    expect(jsonFault(`{"a": 1,}`)).toBe(`A name in double quotes is wanted in line 1, column 9, where "}" stands`);
    expect(jsonFault(`[1 2]`)).toBe(`"," or "]" is wanted in line 1, column 4, where "2" stands`);
    expect(jsonFault(`{"a"`)).toBe(`":" is wanted in line 1, column 5, where the text ends`);
    expect(jsonFault("{} x")).toContain("The end");
    expect(jsonFault("")).toContain("where the text ends");
    expect(jsonFault(`"a\nb"`.replace("\\n", "\n"))).toContain("control character");
    expect(jsonFault("[".repeat(100_000))).toContain("Less nesting");
  });
});

describe("packing", () => {
  it("names the model after the folder or the file", () => {
    expect(packing.modelName(["My Digits/model.onnx", "My Digits/README.md"])).toBe("my-digits");
    expect(packing.modelName(["README.md", "Fraud v2.onnx"])).toBe("fraud-v2");
    expect(packing.modelName([])).toBe("");
    expect(["digits", "a.b-c__d", "-x", "A", "a..b", "x".repeat(129)].map(packing.validName)).toEqual([true, true, false, false, false, false]);
  });
  it("drops the folder that all files share, and only that", () => {
    expect(packing.strip([{ path: "d/a" }, { path: "d/e/b" }])).toEqual([{ path: "a" }, { path: "e/b" }]);
    expect(packing.strip([{ path: "d/a" }, { path: "b" }])).toEqual([{ path: "d/a" }, { path: "b" }]);
  });
  it("writes a manifest of the CNCF model format", () => {
    const paths = ["model.onnx", "README", "souk.yaml", "images/7.PNG", "prep.py", "what.ever"];
    const files = paths.map((path, i) => ({ path, size: i + 1, digest: `sha256:${i}` }));
    const made = JSON.parse(packing.manifest({ digest: "sha256:ff", size: 9 }, files)) as { artifactType: string; layers: { mediaType: string; annotations: Record<string, string> }[] };
    expect(made.artifactType).toBe("application/vnd.cncf.model.manifest.v1+json");
    expect(made.layers.map((layer) => layer.mediaType.replace("application/vnd.cncf.model.", ""))).toEqual(["weight.v1.raw", "doc.v1.raw", "weight.config.v1.raw", "dataset.v1.raw", "code.v1.raw", "weight.v1.raw"]);
    expect(made.layers[0]!.annotations).toEqual({ "org.cncf.model.file.metadata+json": `{"name":"model.onnx","mode":420,"uid":0,"gid":0,"size":1,"mtime":"1970-01-01T00:00:00Z","typeflag":48}`, "org.cncf.model.filepath": "model.onnx" });
    expect(made.layers[5]!.annotations["org.cncf.model.file.mediatype.untested"]).toBe("true");
    expect(packing.config(files.slice(0, 1))).toBe(`{"descriptor":{},"config":{"format":"onnx"},"modelfs":{"type":"layers","diffIds":["sha256:0"]}}`);
    expect(JSON.parse(packing.config(files.slice(1, 2))).config).toEqual({});
  });
  it("orders paths by their bytes", () => {
    expect(["\u{1F70D}", "\uFF5E", "b", "a/c", "a"].map((path) => ({ path })).sort(packing.byPath).map((one) => one.path)).toEqual(["a", "a/c", "b", "\uFF5E", "\u{1F70D}"]);
  });
});

it("finds by a few letters, the likeliest first", () => {
  const found = rank(["read-digits", "digits", "digits-cnn", "fraud"], "dig", (name) => name, (name) => name);
  expect(found.map((one) => one.item)).toEqual(["digits", "digits-cnn", "read-digits"]);
  expect(found[2]!.marks).toEqual([5, 8]);
});

it("asks a long list's filter for exactly the text", () => {
  expect(textFilter("  ")).toBe("");
  expect(textFilter("dig")).toBe("(slug ILIKE '%dig%' OR name ILIKE '%dig%' OR description ILIKE '%dig%')");
  expect(textFilter("it's 50%_\\")).toContain("slug ILIKE '%it\\'s%'");
  expect(textFilter("50%_\\")).toContain("slug ILIKE '%50\\%\\_\\_%'");
});

it("reads Server-Timing", () => {
  expect(serverTiming(`queue;dur=0.07, model;desc="x";dur=0.41, cached`)).toEqual([{ name: "queue", ms: 0.07 }, { name: "model", ms: 0.41 }]);
  expect(serverTiming(null)).toEqual([]);
});
