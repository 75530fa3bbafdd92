// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { checksOf, checksText, durationOf, durationSaid, durationText, judged, planSaid, stepsOf, stepsText, valueSaid } from "../logic/strategy.ts";

describe("durations", () => {
  it("are read as souk writes them", () => {
    expect([durationOf("90s"), durationOf("1h30m"), durationOf("250ms"), durationOf("2d"), durationOf("1.5h")]).toEqual([90_000, 5_400_000, 250, 172_800_000, 5_400_000]);
    expect([durationOf(""), durationOf("5"), durationOf("m"), durationOf("-5m"), durationOf("5 minutes")]).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
  it("come back as they were", () => {
    for (const ms of [250, 1000, 1500, 90_000, 600_000, 5_400_000, 86_400_000]) expect(durationOf(durationText(ms))).toBe(ms);
    expect(durationSaid(5_400_000)).toBe("1.5 h");
  });
});

describe("steps", () => {
  it("are percents with durations", () => {
    expect(stepsOf("5:2m, 25:10m,50")).toEqual([{ weight: 5, duration_ms: 120_000 }, { weight: 25, duration_ms: 600_000 }, { weight: 50 }]);
    expect(stepsText(stepsOf("5:2m, 25:10m,50") as never)).toBe("5:2m, 25:10m, 50");
  });
  it("say what is wrong with them", () => {
    for (const text of ["", "x", "5:soon", "120", "50,10", "5:2m:3m", "-5"]) expect(typeof stepsOf(text), text).toBe("string");
    expect(stepsOf("50,10")).toContain("10 % after 50 %");
  });
});

describe("checks", () => {
  const text = 'error_rate<=1%\np99<=1.2x\np95<=80ms\ndisagreement<=2%\nhttps://shop.example/metrics orders{region="eu",kind="b"}>=40';
  it("are read line by line, and come back", () => {
    const checks = checksOf(text);
    expect(checks).toMatchObject([{ kind: "ERROR_RATE", at_most: 0.01 }, { kind: "LATENCY_P99", at_most_of_stable: 1.2 }, { kind: "LATENCY_P95", at_most: 80 }, { kind: "DISAGREEMENT", at_most: 0.02 }, { kind: "METRIC", metric: "orders", at_least: 40, labels: { region: "eu", kind: "b" } }]);
    expect(checksText(checks as never)).toBe(text);
  });
  it("refuse what is none", () => {
    for (const line of ["p99", "p99<=1%", "error_rate<=5ms", "p42<=5ms", "error_rate>=1%", "https://a.example x<=y", "<=1"]) expect(typeof checksOf(line), line).toBe("string");
  });
  it("are drawn against the nearest bound", () => {
    const result = { check: "LATENCY_P99 at most 1.2 of the revision before", kind: "LATENCY_P99", verdict: "PASSED", value: 3, stable_value: 2, note: "" } as const;
    expect(judged({ kind: "LATENCY_P99", at_most_of_stable: 1.2, labels: {} }, result)).toMatchObject({ name: "Latency p99", bound: 2.4, value: 3, side: "most" });
    expect(judged({ kind: "LATENCY_P99", at_most: 2, at_most_of_stable: 1.2, labels: {} }, result).bound).toBe(2);
    expect(judged({ kind: "METRIC", metric: "orders", at_least: 40, labels: {} }, { ...result, kind: "METRIC" })).toMatchObject({ name: "orders", side: "least", bound: 40 });
    expect(valueSaid("ERROR_RATE", 0.0123)).toBe("1.23 %");
  });
});

it("a plan ends with all", () => {
  expect(planSaid({ kind: "CANARY", steps: [{ weight: 5 }, { weight: 50 }], analysis: [], keep_ms: 1_800_000 })).toBe("5 → 50 → 100 %, then the one before is kept for 30 min");
  expect(planSaid({ kind: "BLUE_GREEN", steps: [], analysis: [] })).toBe("100 %");
});
