// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { pack, unpack } from "../logic/share.ts";

describe("an input in a link", () => {
  it("comes back as it was", async () => {
    const body = JSON.stringify({ inputs: [{ name: "🜚", data: [1, 2.5, null] }] });
    expect(await unpack(await pack({ kind: "tensors", body }))).toEqual({ kind: "tensors", body });
    const strokes = [{ width: 20, points: [[1, 2], [3, 4]] as [number, number][] }];
    expect(await unpack(await pack({ kind: "strokes", strokes }))).toEqual({ kind: "strokes", strokes });
    expect(await unpack(await pack({ kind: "image", base64: "iVBORw0KGgo=" }))).toEqual({ kind: "image", base64: "iVBORw0KGgo=" });
  });
  it("is safe in an address", async () => {
    expect(await pack({ kind: "tensors", body: "?&#=%+/ ü".repeat(50) })).toMatch(/^[\w-]+$/);
  });
  it("is not believed: cut, foreign, or too large when unpacked", async () => {
    const whole = await pack({ kind: "tensors", body: "x".repeat(500) + Math.random() });
    expect(await unpack(whole.slice(0, -8))).toBeUndefined();
    expect(await unpack("not-a-link")).toBeUndefined();
    expect(await unpack(await pack({ kind: "tensors", body: "a".repeat((4 << 20) - 100) }))).toBeDefined();
    const bomb = new Blob([new Uint8Array(8 << 20)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(bomb).arrayBuffer());
    expect(await unpack(Buffer.from(bytes).toString("base64url"))).toBeUndefined();
  });
  it("takes only strokes that can be drawn", async () => {
    const raw = async (value: unknown) => Buffer.from(await new Response(new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer()).toString("base64url");
    expect(await unpack(await raw({ s: [[20, 1]] }))).toBeUndefined();
    expect(await unpack(await raw({ s: [[20, 1, "2"]] }))).toBeUndefined();
    expect(await unpack(await raw({ s: [] }))).toBeUndefined();
    expect(await unpack(await raw({ i: "javascript:alert(1)" }))).toBeUndefined();
    expect(await unpack(await raw(null))).toBeUndefined();
  });
});
