// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from "vitest";
import { backoff, EventStream, SseParser, type StreamState } from "../api/events.ts";
import { Invalidator, touched } from "../api/live.ts";
import type { Change } from "../api/types.ts";

describe("SseParser", () => {
  const text = "\uFEFF: hello\n\nid: 7\nevent: model.updated\ndata: {\"a\":1}\n\ndata: x\r\ndata:y\r\n\r\nid: bad\0\ndata: z\n\n";
  const wanted = [{ id: "7", event: "model.updated", data: "{\"a\":1}" }, { id: "7", event: "message", data: "x\ny" }, { id: "7", event: "message", data: "z" }];
  it("reads events, comments and every line end", () => expect(new SseParser().push(text)).toEqual(wanted));
  it("does not care how the text is cut", () => {
    for (const cut of [1, 2, 3, 7]) {
      const parser = new SseParser();
      const found = [];
      for (let at = 0; at < text.length; at += cut) found.push(...parser.push(text.slice(at, at + cut)));
      expect(found).toEqual(wanted);
    }
  });
  it("keeps an unfinished event to itself", () => expect(new SseParser().push("data: half\n")).toEqual([]));
});

it("waits longer after each failure, up to a quarter of a minute", () => {
  expect([1, 2, 3, 4, 5, 6, 9].map((attempt) => backoff(attempt, () => 0.5))).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  expect(backoff(3, () => 0)).toBe(1600);
});

function answer(text: string, options: { status?: number; stay?: boolean } = {}): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      if (!options.stay) controller.close();
    },
  });
  return new Response(options.status && options.status >= 400 ? null : body, { status: options.status ?? 200 });
}

function follow(stream: EventStream, until: (state: StreamState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (until(stream.state())) return resolve();
    const stop = stream.subscribe(() => until(stream.state()) && (stop(), resolve()));
  });
}

describe("EventStream", () => {
  const event = (id: string, name: string) => `id: ${id}\nevent: model.updated\ndata: {"type":"model.updated","name":"${name}"}\n\n`;

  it("goes on after the last event it saw, and misses none", async () => {
    const asked: (string | undefined)[] = [];
    const seen: string[] = [];
    const gaps = vi.fn();
    const answers = [answer(event("41", "a")), new Error("refused"), answer(event("42", "b"), { stay: true })];
    const stream = new EventStream({
      open: async (lastId) => {
        asked.push(lastId);
        const next = answers.shift()!;
        if (next instanceof Error) throw next;
        return next;
      },
      onChange: (change) => seen.push(change.name!),
      onGap: gaps,
      wait: () => Promise.resolve(),
    });
    stream.start();
    await follow(stream, () => asked.length === 3 && stream.state().kind === "live");
    await vi.waitFor(() => expect(seen).toEqual(["a", "b"]));
    expect(asked).toEqual([undefined, "41", "41"]);
    expect(gaps).toHaveBeenCalledOnce(); // for what the page read before the stream stood
    stream.stop("asleep");
  });

  it("asks for everything again where it could not know what it missed", async () => {
    const gaps = vi.fn();
    const answers = [answer(": nothing yet\n\n"), answer(": back\n\n", { stay: true })];
    const stream = new EventStream({ open: async () => answers.shift()!, onChange: () => undefined, onGap: gaps, wait: () => Promise.resolve() });
    stream.start();
    await vi.waitFor(() => expect(gaps).toHaveBeenCalledTimes(2));
    stream.stop("asleep");
  });

  it("begins where the answer says, and is asked for other figures without a gap", async () => {
    const asked: [string | undefined, readonly string[]][] = [];
    const gaps = vi.fn();
    const told: string[] = [];
    const states: string[] = [];
    const figure = 'event: figure\ndata: {"of":"work","time":""}\n\n';
    const stream = new EventStream({
      open: async (id, figures, signal) => {
        asked.push([id, figures]);
        const body = new ReadableStream({
          start: (controller) => {
            controller.enqueue(new TextEncoder().encode(figure));
            signal.addEventListener("abort", () => controller.error(new Error("aborted")));
          },
        });
        return new Response(body, { headers: { "souk-event-cursor": "40" } });
      },
      onChange: () => undefined, onFigure: ({ of }) => told.push(of), onGap: gaps, wait: () => Promise.reject(new Error("no reason to wait")),
    });
    stream.subscribe(() => states.push(stream.state().kind));
    stream.start();
    await vi.waitFor(() => expect(told).toEqual(["work"]));
    stream.ask(["work", "health"]);
    await vi.waitFor(() => expect(told).toEqual(["work", "work"]));
    expect(asked).toEqual([[undefined, []], ["40", ["work", "health"]]]);
    expect(gaps).toHaveBeenCalledOnce();
    expect(new Set(states)).toEqual(new Set(["connecting", "live"]));
    stream.stop("asleep");
  });

  it("starts anew when its cursor is refused", async () => {
    const asked: (string | undefined)[] = [];
    const gaps = vi.fn();
    const answers = [answer(event("41", "a")), answer("", { status: 410 }), answer(": back\n\n", { stay: true })];
    const stream = new EventStream({ open: async (id) => (asked.push(id), answers.shift()!), onChange: () => undefined, onGap: gaps, wait: () => Promise.resolve() });
    stream.start();
    await vi.waitFor(() => expect(gaps).toHaveBeenCalledTimes(2));
    expect(asked).toEqual([undefined, "41", undefined]);
    stream.stop("asleep");
  });

  it("says since when it has no answer, and stops at 401", async () => {
    const states: string[] = [];
    const answers = [answer("", { status: 503 }), answer("", { status: 401 })];
    const stream = new EventStream({ open: async () => answers.shift()!, onChange: () => undefined, onGap: () => undefined, wait: () => Promise.resolve(), now: () => 1000 });
    stream.subscribe(() => states.push(stream.state().kind));
    stream.start();
    await follow(stream, (state) => state.kind === "signed_out");
    expect(states).toEqual(["connecting", "waiting", "signed_out"]);
  });

  it("gives up a connection that fell silent", async () => {
    let opened = 0;
    const stream = new EventStream({
      open: async (_, __, signal) => {
        opened++;
        const body = new ReadableStream({ start: (controller) => signal.addEventListener("abort", () => controller.error(new Error("aborted"))) });
        return new Response(body);
      },
      onChange: () => undefined, onGap: () => undefined, silenceMs: 5, wait: () => Promise.resolve(),
    });
    stream.start();
    await vi.waitFor(() => expect(opened).toBeGreaterThan(1));
    stream.stop("asleep");
  });
});

describe("what a change makes old", () => {
  const change = (type: string, more: Partial<Change> = {}): Change => ({ type, time: "", namespace: "default", ...more });
  it("is exactly what it concerns", () => {
    expect(touched(change("model.updated", { name: "digits" }))).toContainEqual(["model", "default", "digits"]);
    expect(touched(change("version.sealed", { name: "2", data: { model: "digits" } }))).toContainEqual(["model", "default", "digits"]);
    expect(touched(change("alias.moved", { name: "digits@champion" }))).toContainEqual(["model", "default", "digits"]);
    expect(touched(change("alias.moved", { name: "champion" }))).toContainEqual(["model", "default"]);
    expect(touched(change("replica.changed", { data: { deployment: "digits" } }))).toContainEqual(["deployment", "default", "digits"]);
    expect(touched(change("grant.created", { name: "anna" }))).toContainEqual(["access"]);
    expect(touched(change("team.created", { name: "crew" }))).toContainEqual(["namespaces"]);
    expect(touched(change("queue_item.retried", { name: "operations" }))).toContainEqual(["work"]);
    expect(touched(change("something.new"))).toEqual([[]]);
  });
  it("is read again once for a burst", () => {
    const invalidateQueries = vi.fn(() => Promise.resolve());
    let run = () => undefined as void;
    const invalidator = new Invalidator({ invalidateQueries }, (later) => (run = later));
    for (let i = 0; i < 50; i++) invalidator.add(touched(change("replica.changed", { data: { deployment: "digits" } })));
    expect(invalidateQueries).not.toHaveBeenCalled();
    run();
    expect(invalidateQueries).toHaveBeenCalledTimes(4);
  });
});
