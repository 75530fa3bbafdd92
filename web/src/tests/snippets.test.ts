// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { highlight } from "../logic/highlight.ts";
import { imageCall, inferCall, pythonLiteral, quote, shorten, type Target } from "../logic/snippets.ts";

const target: Target = { origin: "http://127.0.0.1:8080", key: false, namespace: "default", deployment: "digits", model: "digits" };

describe("quote", () => {
  it("is read back by a shell as exactly the text", () => {
    for (const text of ["plain", "two words", "it's", `"$HOME" \`id\` \\n`, "{\"a\":[1,2]}", "a\nb", "emoji 🜚", ""]) {
      expect(execFileSync("sh", ["-c", `printf %s ${quote(text)}`]).toString()).toBe(text);
    }
  });
});

describe("calls", () => {
  const body = JSON.stringify({ inputs: [{ name: "it's", datatype: "FP32", shape: [1, 64], data: Array.from({ length: 64 }, (_, i) => i / 64) }] });
  it("carry the whole body when copied, and a short one to read", () => {
    const [curl] = inferCall(target, body);
    const sent = execFileSync("sh", ["-c", `curl() { for a; do last=$a; done; printf %s "$last"; }\n${curl!.full}`]).toString();
    expect(JSON.parse(sent)).toEqual(JSON.parse(body));
    expect(curl!.shown).toContain("… 56 more");
    expect(curl!.shown.length).toBeLessThan(curl!.full.length);
  });
  it("name the namespace where it is not the default, and the key where one is needed", () => {
    const [curl, python] = inferCall({ ...target, namespace: "vision", key: true }, "{}");
    expect(curl!.full).toContain("/v2/models/vision/digits/infer");
    expect(curl!.full).toContain(`"Authorization: Bearer $SOUK_KEY"`);
    expect(python!.full).toContain("os.environ['SOUK_KEY']");
    expect(inferCall(target, "{}")[0]!.full).not.toContain("Authorization");
  });
  it("send an image by the typed task", () => {
    const [curl, , souk] = imageCall(target, "iVBORw0KGgo=");
    const sent = execFileSync("sh", ["-c", `curl() { for a; do last=$a; done; printf %s "$last"; }\n${curl!.full}`]).toString();
    expect(JSON.parse(sent)).toEqual({ task_inputs: [{ data: { type: "image-base64", "image-base64": "iVBORw0KGgo=" } }] });
    expect(souk!.shown).toBe("souk infer digits --image image.png");
  });
  it("say which version is meant where several deployments have the model", () => {
    expect(imageCall({ ...target, version: 2 }, "")[0]!.full).toContain("/models/digits/versions/2/trigger");
  });
  it("build a right body from a file", () => {
    const script = imageCall(target, "")[0]!.full.replace(/curl -s[\s\S]*/, "cat").replace("image.png", import.meta.filename);
    const sent = execFileSync("sh", ["-c", script]).toString();
    expect(JSON.parse(sent).task_inputs[0].data["image-base64"]).toBe(readFileSync(import.meta.filename).toString("base64"));
  });
});

it("writes JSON as Python, and leaves strings alone", () => {
  expect(pythonLiteral(`{"a":true,"b":null,"c":"true \\" null","d":false}`)).toBe(`{"a":True,"b":None,"c":"true \\" null","d":False}`);
});

it("shortens long base64", () => {
  expect(shorten(`{"x":"${"A".repeat(400)}"}`)).toContain("… 376 more");
});

it("colours without losing a character", () => {
  const code = `{"a": [1, -2.5e3, true], "b": "x\\"y"} # … 12 more`;
  for (const language of ["json", "shell", "python", "text"] as const) expect(highlight(code, language).map((piece) => piece.text).join("")).toBe(code);
  expect(highlight(`{"a": 1}`, "json").filter((piece) => piece.kind)).toEqual([{ text: `"a"`, kind: "key" }, { text: "1", kind: "num" }]);
});
