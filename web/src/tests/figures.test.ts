// SPDX-License-Identifier: Apache-2.0
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { charted } from "../api/charted.ts";
import { shownFigures, takeFigure } from "../api/figures.ts";
import { between, type Kept, quantileBetween, type Reading, taken } from "../logic/figures.ts";

const reading = (time: number, ok: number, bad: number, fast: number): Reading => ({
  time,
  requests: ok + bad,
  errors: bad,
  memory_bytes: 8048640,
  latency: [{ le: 0.001, count: fast }, { le: 0.002, count: ok + bad }, { count: ok + bad }],
  revisions: [],
});

describe("the figures of a deployment", () => {
  it("are rates and quantiles of what came in between", () => {
    const point = between(reading(1000, 10, 2, 5), reading(3000, 18, 4, 10))!;
    expect(point.rate).toBe(5);
    expect(point.errorRate).toBe(20);
    // Half of the ten were within 1 ms; p90 stands four fifths into the next bucket.
    expect(point.p50).toBeCloseTo(1);
    expect(point.p90).toBeCloseTo(1.8);
  });
  it("say what each revision answers, how long requests wait and how many run together, where that is measured", () => {
    const more = (r1: number, r2: number, waited: number, rows: number): Reading => ({
      ...reading(r1 * 100, r1 + r2, 0, 1),
      revisions: [{ revision: "1", requests: r1 }, { revision: "2", requests: r2 }],
      queue_seconds: { sum: waited, count: r1 },
      batch_rows: { sum: rows, count: r1 / 2 },
    });
    const point = between(more(10, 0, 0.1, 40), more(30, 5, 0.5, 100))!;
    expect(point.wait).toBeCloseTo(20);
    expect(point.rows).toBe(6);
    expect(point.revisions).toEqual({ 1: 10, 2: 2.5 });
    expect(between(reading(1000, 10, 2, 5), reading(3000, 10, 2, 5))).toMatchObject({ wait: null, rows: null, revisions: {} });
  });
  it("say nothing where nothing came, or the server began anew", () => {
    const one = reading(1000, 10, 2, 5);
    expect(between(one, { ...one, time: 3000 })).toMatchObject({ rate: 0, errorRate: null, p50: null });
    expect(between(one, { ...one, time: 3000, requests: 3 })).toBeUndefined();
    expect(quantileBetween(one, { ...one, latency: [{ count: 20 }] }, 0.5)).toBe(0);
  });
  it("are nothing until they were last the same, and rise only then", () => {
    const told = (second: number, requests: number, since?: number) => {
      const { time: _, ...deployment } = reading(0, requests, 0, 0);
      const at = (s: number) => new Date(s * 1000).toISOString();
      return { time: at(second), deployment, ...(since === undefined ? {} : { since: at(since) }) };
    };
    let kept: Kept = { points: [] };
    for (const one of [told(0, 0), told(2, 8, 0), told(4, 8, 2), told(14, 10, 12), told(60, 10, 58), told(200, 50)]) kept = taken(kept, one);
    expect(kept.points.map(({ time, rate }) => [time, rate])).toEqual([[2, 4], [4, 0], [12, 0], [14, 1], [58, 0], [60, 0], [200, 0]]);
    expect(kept.points.at(-1)!.memory).toBeNull(); // nobody watched for long: a gap
  });
});

describe("what is measured", () => {
  const watched = (client: QueryClient, queryKey: string[], meta: object, queryFn = vi.fn(() => Promise.resolve(0))) => {
    const stop = new QueryObserver(client, { queryKey, queryFn, meta, staleTime: Infinity }).subscribe(() => undefined);
    return { stop, queryFn };
  };
  it("is asked for while a query that shows it is on screen", () => {
    const client = new QueryClient();
    const one = watched(client, ["b"], { figures: "work" });
    const two = watched(client, ["a"], { figures: "work" });
    watched(client, ["c"], { figures: "health" });
    expect(shownFigures(client.getQueryCache())).toEqual(["health", "work"]);
    one.stop();
    expect(shownFigures(client.getQueryCache())).toEqual(["health", "work"]);
    two.stop();
    expect(shownFigures(client.getQueryCache())).toEqual(["health"]);
    client.clear();
  });
  it("is put in where it came, and read again where it is only marked as another", async () => {
    const client = new QueryClient();
    const list = watched(client, ["list"], { figures: "queue:a" });
    const other = watched(client, ["other"], { figures: "queue:b" });
    await vi.waitFor(() => expect(client.isFetching()).toBe(0));
    const told = async (figure: { of: string; mark?: string; error?: { code: string; message: string } }) => {
      takeFigure(client, { time: "", ...figure });
      await vi.waitFor(() => expect(client.isFetching()).toBe(0));
    };
    await told({ of: "queue:a", mark: "1" });
    expect(list.queryFn).toHaveBeenCalledTimes(2);
    await told({ of: "queue:a", mark: "1" }); // as it was: the stream was only opened again
    expect(list.queryFn).toHaveBeenCalledTimes(2);
    await told({ of: "queue:a", mark: "2" });
    await told({ of: "queue:a", error: { code: "NOT_FOUND", message: "gone" } });
    expect(list.queryFn).toHaveBeenCalledTimes(4);
    expect(other.queryFn).toHaveBeenCalledTimes(1);

    const { queryKey, ...rest } = charted("default", "digits");
    client.getQueryCache().build(client, client.defaultQueryOptions({ queryKey, ...rest }));
    const { time: _, ...deployment } = reading(0, 1, 0, 1);
    takeFigure(client, { of: "deployment:default/digits", time: "2026-05-01T00:00:00Z", deployment });
    takeFigure(client, { of: "deployment:default/digits", time: "2026-05-01T00:00:02Z", deployment: { ...deployment, requests: 5 } });
    expect(client.getQueryData(queryKey)?.points).toMatchObject([{ rate: 2 }]);
    client.clear();
  });
});

it("no page asks again by a timer", () => {
  const root = new URL("../", import.meta.url);
  const clocks = ["ui/time.tsx", "app/live-mark.tsx"]; // what is drawn moves with the time; nothing is asked for
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name) && !name.startsWith("tests/"));
  expect(files.length).toBeGreaterThan(100);
  const polling = files.filter((name) => new RegExp(clocks.includes(name) ? "refetchInterval" : "refetchInterval|setInterval").test(readFileSync(new URL(name, root), "utf8")));
  expect(polling).toEqual([]);
});
