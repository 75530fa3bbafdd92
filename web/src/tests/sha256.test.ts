// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hex, Sha256, sha256 } from "../logic/sha256.ts";

const reference = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const sample = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);

describe("sha256", () => {
  it("agrees with the standard's examples", () => {
    expect(hex(sha256(""))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(hex(sha256("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
  it("agrees with node around every block boundary", () => {
    for (let length = 0; length <= 200; length++) expect(hex(sha256(sample(length)))).toBe(reference(sample(length)));
  });
  it("does not care how the bytes are cut", () => {
    const bytes = sample(5000);
    for (const cut of [1, 3, 63, 64, 65, 127, 1000]) {
      const hash = new Sha256();
      for (let at = 0; at < bytes.length; at += cut) hash.update(bytes.subarray(at, at + cut));
      expect(hex(hash.digest())).toBe(reference(bytes));
    }
  });
});
