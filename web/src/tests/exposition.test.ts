// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { between, quantileBetween, readingsOf } from "../logic/exposition.ts";

const text = (ok: number, bad: number, fast: number, all: number) => `# HELP souk_serving_requests_total x
souk_serving_requests_total{deployment="default/digits",code="OK"} ${ok}
souk_serving_requests_total{deployment="default/digits",code="INVALID_ARGUMENT"} ${bad}
souk_serving_requests_total{deployment="other/\\"odd\\"",code="OK"} 7
souk_serving_replica_memory_bytes{deployment="default/digits"} 8048640
souk_serving_loads_total{result="loaded"} 1
souk_serving_request_duration_seconds_bucket{deployment="default/digits",le="0.001"} ${fast}
souk_serving_request_duration_seconds_bucket{deployment="default/digits",le="0.002"} ${all}
souk_serving_request_duration_seconds_bucket{deployment="default/digits",le="+Inf"} ${all}
souk_net_connections 3
`;

describe("the figures of a deployment", () => {
  it("are told apart by deployment, and errors by code", () => {
    const all = readingsOf(text(10, 2, 5, 12), 1000);
    expect(all.get("default/digits")).toMatchObject({ requests: 12, errors: 2, memory: 8048640 });
    expect(all.get('other/"odd"')).toMatchObject({ requests: 7, errors: 0 });
    expect(all.size).toBe(2);
  });
  it("are rates and quantiles of what came in between", () => {
    const before = readingsOf(text(10, 2, 5, 12), 1000).get("default/digits")!;
    const after = readingsOf(text(18, 4, 10, 22), 3000).get("default/digits")!;
    const point = between(before, after)!;
    expect(point.rate).toBe(5);
    expect(point.errorRate).toBe(20);
    // Half of the ten were within 1 ms; p90 stands four fifths into the next bucket.
    expect(point.p50).toBeCloseTo(1);
    expect(point.p90).toBeCloseTo(1.8);
  });
  it("say what each revision answers, how long requests wait and how many run together, where that is measured", () => {
    const more = (r1: number, r2: number, waited: number, rows: number) =>
      readingsOf(`${text(r1 + r2, 0, 1, 1)}souk_serving_revision_requests_total{deployment="default/digits",revision="1",code="OK"} ${r1}
souk_serving_revision_requests_total{deployment="default/digits",revision="2",code="OK"} ${r2}
souk_serving_revision_queue_duration_seconds_sum{deployment="default/digits",revision="1"} ${waited}
souk_serving_revision_queue_duration_seconds_count{deployment="default/digits",revision="1"} ${r1}
souk_serving_revision_batch_rows_sum{deployment="default/digits",revision="1"} ${rows}
souk_serving_revision_batch_rows_count{deployment="default/digits",revision="1"} ${r1 / 2}
`, r1 * 100).get("default/digits")!;
    const point = between(more(10, 0, 0.1, 40), more(30, 5, 0.5, 100))!;
    expect(point.wait).toBeCloseTo(20);
    expect(point.rows).toBe(6);
    expect(point.revisions).toEqual({ 1: 10, 2: 2.5 });
    const plain = readingsOf(text(10, 2, 5, 12), 1000).get("default/digits")!;
    expect(between(plain, { ...plain, time: 3000 })).toMatchObject({ wait: null, rows: null, revisions: {} });
  });
  it("say nothing where nothing came, or the server began anew", () => {
    const one = readingsOf(text(10, 2, 5, 12), 1000).get("default/digits")!;
    expect(between(one, { ...one, time: 3000 })).toMatchObject({ rate: 0, errorRate: null, p50: null });
    expect(between(one, { ...one, time: 3000, requests: 3 })).toBeUndefined();
    expect(quantileBetween(one, { ...one, buckets: [{ le: Infinity, count: 20 }] }, 0.5)).toBe(0);
  });
});
