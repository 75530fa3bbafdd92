// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { labelled } from "../charts/drawing.ts";
import * as format from "../logic/format.ts";
import { better, figures, headline } from "../logic/metrics.ts";

describe("format", () => {
  it("writes bytes with a fitting unit", () => {
    expect([0, 999, 1000, 74_211, 999_600, 3_200_000, 4.37e9, 2e15].map(format.bytes)).toEqual(["0 B", "999 B", "1.0 kB", "74.2 kB", "1.0 MB", "3.2 MB", "4.4 GB", "2.0 PB"]);
    expect(format.bytes(-1)).toBe("");
  });
  it("says at an axis nothing twice", () => {
    expect(labelled([0, 0.5, 1, 1.5, null], format.bytes)).toEqual(["0 B", "1 B", "", "2 B", ""]);
  });
  it("writes times relative, then as a date", () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    const ago = (seconds: number) => format.relative(new Date(now - seconds * 1000), now);
    expect([3, 60, 720, 3600, 7200, 86_400, 4 * 86_400].map(ago)).toEqual(["just now", "1 min ago", "12 min ago", "1 h ago", "2 h ago", "yesterday", "4 days ago"]);
    expect(ago(100 * 86_400)).toBe("13 Aug 2026");
    expect(format.relative("not a time", now)).toBe("");
  });
  it("keeps digits that say something", () => {
    expect([0.9921, 0.874, 18442, 61.2, 0.00001234, 3, 1240000].map(format.metric)).toEqual(["0.9921", "0.874", "18.4 k", "61.2", "0.00001234", "3", "1.24 M"]);
    expect(format.count(999)).toBe("999");
    expect([0.0031, 0.0409, 0.62, 1.314, 48.52, 640, 12_345].map(format.milliseconds)).toEqual(["3.1 µs", "41 µs", "620 µs", "1.31 ms", "48.5 ms", "640 ms", "12.3 s"]);
    expect([0.96838, 0, 1, 0.999996].map(format.percent)).toEqual(["96.84", "0.00", "100.00", ">99.99"]);
  });
  it("shortens digests, and names tasks and shapes", () => {
    expect(format.shortDigest(`sha256:${"ab".repeat(32)}`)).toBe("sha256:ababababa…ababab");
    expect(format.taskName("TASK_IMAGE_CLASSIFICATION")).toBe("Image classification");
    expect(format.shape([-1, 1, -1, 16])).toBe("[batch, 1, any, 16]");
    expect(format.plural(1, "alias", "aliases")).toBe("1 alias");
  });
});

describe("metrics", () => {
  it("finds plain and typed figures", () => {
    expect(figures({ accuracy: 0.9, note: "x", loss: { double_value: 0.1, metadataType: "MetadataDoubleValue" }, steps: { int_value: "40", metadataType: "MetadataIntValue" }, metrics: { f1: 0.8 }, bad: Number.NaN })).toEqual([
      { name: "accuracy", value: 0.9 }, { name: "loss", value: 0.1 }, { name: "steps", value: 40 }, { name: "f1", value: 0.8 },
    ]);
  });
  it("chooses the figure that stands for the model", () => {
    expect(headline({ parameters: 18442, loss: 0.1, accuracy: 0.98 })?.name).toBe("accuracy");
    expect(headline({ parameters: 18442 })).toBeUndefined();
  });
  it("says better or worse, not up or down", () => {
    expect(better("accuracy", 0.01)).toBe(true);
    expect(better("wer", -0.2)).toBe(true);
    expect(better("val_loss", 0.2)).toBe(false);
    expect(better("parameters", 5)).toBeUndefined();
  });
});
