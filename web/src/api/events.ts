// SPDX-License-Identifier: Apache-2.0
//
// The server's event stream: parsed here and not by EventSource, which can send no Authorization header. It resumes by
// the last id it saw, waits longer after each failure, and sleeps while the tab is hidden (a browser allows six
// connections to a server over HTTP/1.1; tabs nobody looks at must not hold them).
import type { Change, Figure } from "./types.ts";

export interface SseMessage {
  id?: string;
  event: string;
  data: string;
}

/** Reads server-sent events from text that comes in any pieces (WHATWG HTML, section 9.2.6). */
export class SseParser {
  private rest = "";
  private id: string | undefined;
  private event = "";
  private data: string[] = [];
  private started = false;

  push(text: string): SseMessage[] {
    if (!this.started && text) {
      this.started = true;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    this.rest += text;
    const found: SseMessage[] = [];
    for (;;) {
      const end = this.rest.search(/[\r\n]/);
      if (end < 0) break;
      if (this.rest[end] === "\r" && end + 1 === this.rest.length) break; // its \n may still come
      const line = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + (this.rest.startsWith("\r\n", end) ? 2 : 1));
      const message = this.line(line);
      if (message) found.push(message);
    }
    return found;
  }

  private line(line: string): SseMessage | undefined {
    if (line === "") {
      const message = this.data.length > 0 ? { event: this.event || "message", data: this.data.join("\n"), ...(this.id === undefined ? {} : { id: this.id }) } : undefined;
      this.event = "";
      this.data = [];
      return message;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return undefined; // a comment keeps the line open
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return undefined;
  }
}

/** How long to wait before try n (from 1): 0.5 s, 1 s, 2 s … 15 s, each ± 20 %. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(15_000, 500 * 2 ** (attempt - 1));
  return Math.round(base * (0.8 + 0.4 * random()));
}

export type StreamState = { kind: "connecting" } | { kind: "live" } | { kind: "waiting"; since: number; retryAt: number } | { kind: "asleep" } | { kind: "signed_out" };

export interface StreamHooks {
  open: (lastId: string | undefined, figures: readonly string[], signal: AbortSignal) => Promise<Response>;
  onChange: (change: Change) => void;
  onFigure?: (figure: Figure) => void;
  /** Events may have been missed, as always before the first one is seen: everything shown is to be read again. */
  onGap: () => void;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  now?: () => number;
  /** Without a byte for this long (keep-alives come every 15 s) the connection counts as dead. */
  silenceMs?: number;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

export class EventStream {
  private readonly hooks: StreamHooks;
  private readonly listeners = new Set<() => void>();
  private current: StreamState = { kind: "connecting" };
  private lastId: string | undefined;
  private failures = 0;
  private lostAt = 0;
  private run: AbortController | undefined;
  private pause: AbortController | undefined;
  private again: AbortController | undefined;
  /** What is told beside the events. */
  figures: readonly string[] = [];

  constructor(hooks: StreamHooks) {
    this.hooks = hooks;
  }

  readonly state = (): StreamState => this.current;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(): void {
    if (this.run) return;
    this.run = new AbortController();
    void this.loop(this.run.signal);
  }

  stop(kind: "asleep" | "signed_out"): void {
    this.run?.abort();
    this.run = undefined;
    this.become({ kind });
  }

  /** Tries at once instead of waiting on. */
  retryNow(): void {
    this.pause?.abort();
  }

  /** Other figures: goes on at once by another connection, where this one ends. */
  ask(figures: readonly string[]): void {
    this.figures = figures;
    this.again?.abort();
  }

  private become(state: StreamState): void {
    this.current = state;
    this.listeners.forEach((tell) => tell());
  }

  private async loop(stop: AbortSignal): Promise<void> {
    const now = this.hooks.now ?? Date.now;
    const wait = this.hooks.wait ?? sleep;
    while (!stop.aborted) {
      if (this.failures === 0 && this.current.kind !== "live") this.become({ kind: "connecting" });
      const again = new AbortController();
      this.again = again;
      const outcome = await this.once(stop, again.signal);
      if (stop.aborted) return;
      if (again.signal.aborted) continue;
      if (outcome === "signed_out") {
        this.run = undefined;
        return this.become({ kind: "signed_out" });
      }
      this.failures++;
      if (this.failures === 1) this.lostAt = now();
      const delay = backoff(this.failures);
      this.become({ kind: "waiting", since: this.lostAt, retryAt: now() + delay });
      this.pause = new AbortController();
      await wait(delay, AbortSignal.any([stop, this.pause.signal]));
    }
  }

  private async once(stop: AbortSignal, again: AbortSignal): Promise<"lost" | "signed_out"> {
    const giveUp = new AbortController();
    const signal = AbortSignal.any([stop, again, giveUp.signal]);
    const silence = this.hooks.silenceMs ?? 40_000;
    let timer = setTimeout(() => giveUp.abort(), silence);
    try {
      const answer = await this.hooks.open(this.lastId, this.figures, signal);
      if (answer.status === 401) return "signed_out";
      if (answer.status === 400 || answer.status === 410) this.lastId = undefined; // the cursor is unknown here
      if (!answer.ok || !answer.body) return "lost";
      if (this.lastId === undefined) this.hooks.onGap(); // what was read before, also on the first page, may be old by now
      this.lastId ??= answer.headers.get("souk-event-cursor") ?? undefined;
      this.failures = 0;
      this.become({ kind: "live" });
      const parser = new SseParser();
      const decoder = new TextDecoder();
      const reader = answer.body.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return "lost";
        clearTimeout(timer);
        timer = setTimeout(() => giveUp.abort(), silence);
        for (const message of parser.push(decoder.decode(value, { stream: true }))) this.take(message);
      }
    } catch {
      return "lost";
    } finally {
      clearTimeout(timer);
    }
  }

  private take(message: SseMessage): void {
    if (message.id !== undefined) this.lastId = message.id;
    try {
      const change: unknown = JSON.parse(message.data);
      if (message.event === "figure") return this.hooks.onFigure?.(change as Figure);
      if (change && typeof change === "object" && "type" in change) this.hooks.onChange(change as Change);
    } catch {
      this.hooks.onGap();
    }
  }
}
