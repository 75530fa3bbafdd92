// SPDX-License-Identifier: Apache-2.0
//
// Joins the event stream to the queries: a change drops what it concerns, and what is on screen is read again.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { EventStream, type StreamState } from "./events.ts";
import { shownFigures, takeFigure } from "./figures.ts";
import { takeLogged, takesAll } from "./runs-live.ts";
import { withPage } from "./queries.ts";
import { session } from "./session.ts";
import type { Change } from "./types.ts";

/** The keys that a change makes old. Unknown kinds make everything old: better read twice than show what is not. */
export function touched(change: Change): QueryKey[] {
  const noun = change.type.split(".")[0] ?? "";
  const ns = change.namespace ?? "";
  const lists = (name: string): QueryKey[] => [[name, ""], ...(ns ? [[name, ns]] : [])];
  // Events of parts are named after the whole: "digits:2", "digits@champion"; or say it in their data.
  const named = (key: string): string | undefined => (typeof change.data?.[key] === "string" ? (change.data[key] as string) : /^([^:@]+)[:@]/.exec(change.name ?? "")?.[1]);
  const one = (kind: "model" | "deployment", slug: string | undefined): QueryKey => (slug && ns ? [kind, ns, slug] : ns ? [kind, ns] : [kind]);
  switch (noun) {
    case "namespace":
      return [["namespaces"], ["whoami"], ["access"]];
    case "model":
      return [...lists("models"), one("model", change.name), ["server"]];
    case "version":
    case "alias":
      return [...lists("models"), one("model", named("model")), ["server"]];
    case "deployment":
      return [["deployments"], one("deployment", change.name), ["models"], ["model"]];
    case "revision":
    case "replica":
    case "rollout":
      return [["deployments"], one("deployment", named("deployment")), ["models"], ["model"]];
    case "user":
    case "team": // each has a namespace of its name
      return [["access"], ["whoami"], ["namespaces"]];
    case "grant":
      return [["access"], ["whoami"], ["namespaces"], ["models"], ["deployments"]];
    case "operation":
      return [["operations"]];
    case "queue_item": // what an operator did with one
      return [["work"], ["operations"]];
    case "webhook":
      return [["webhooks"], ["webhook", ns]];
    case "transfer":
      return [["transfers", ns]];
    case "import":
      return [["imports", ns]];
    case "blob_move":
      return [["server"]];
    case "experiment":
      return [["experiments"], ["experiment", ns]];
    case "run":
      return change.type === "run.logged" && takesAll(change) ? [["run", ns, String(change.id), "curves"]] : [["runs", ns], ["run", ns, String(change.id)], ["lineage"]];
    case "artifact":
      return [["run", ns], ["lineage"]];
    case "environment":
    case "inference_service":
    case "serve_model":
      return []; // no page shows them
    case "service_account":
    case "session":
    case "api_key":
      return [["access"]];
    default:
      return [[]];
  }
}

/** Gathers changes for a moment, so that a burst reads each list once. */
export class Invalidator {
  private readonly client: Pick<QueryClient, "invalidateQueries">;
  private readonly after: (run: () => void) => void;
  private pending = new Map<string, QueryKey>();

  constructor(client: Pick<QueryClient, "invalidateQueries">, after: (run: () => void) => void = (run) => setTimeout(run, 60)) {
    this.client = client;
    this.after = after;
  }

  add(keys: QueryKey[]): void {
    if (keys.length === 0) return;
    if (this.pending.size === 0) this.after(() => this.flush());
    for (const key of keys) this.pending.set(JSON.stringify(key), key);
  }

  private flush(): void {
    const keys = [...this.pending.values()];
    this.pending = new Map();
    if (keys.some((key) => key.length === 0)) return void this.client.invalidateQueries();
    for (const queryKey of keys) void this.client.invalidateQueries({ queryKey });
  }
}

let stream: EventStream | undefined;

/** How long a tab may be hidden before it lets go of its connection, of which a browser has six a server. */
const hiddenFor = 5000;
/** How long figures are told after the last page that showed them: people go to and fro. */
const lingers = 10_000;

export function startLive(client: QueryClient): EventStream {
  const invalidator = new Invalidator(client);
  // Runs log many times a second; a curve that moves once a second is live enough.
  const slow = new Invalidator(client, (run) => setTimeout(run, 1000));
  const events = new EventStream({
    open: (lastId, figures, signal) => {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      const key = session.key();
      if (key) headers.Authorization = `Bearer ${key}`;
      if (lastId !== undefined) headers["Last-Event-ID"] = lastId;
      return fetch(withPage("/api/v1/events", { figures: figures.join() }), { headers, credentials: key ? "omit" : "same-origin", cache: "no-store", signal });
    },
    onChange: (change) => {
      takeLogged(client, change);
      (change.type === "run.logged" ? slow : invalidator).add(touched(change));
    },
    onFigure: (figure) => takeFigure(client, figure),
    onGap: () => invalidator.add([[]]),
  });
  followShown(client, events);
  stream = events;
  let hideTimer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hideTimer);
    if (document.visibilityState === "hidden") hideTimer = setTimeout(() => events.stop("asleep"), hiddenFor);
    else if (!session.needed()) events.start();
  });
  addEventListener("online", () => events.retryNow());
  session.subscribe(() => {
    if (session.needed()) return events.stop("signed_out");
    events.start();
    void client.invalidateQueries();
  });
  // One that is opened behind another must not take one of the few connections.
  if (document.visibilityState === "hidden") events.stop("asleep");
  else events.start();
  return events;
}

/** What is asked for beside the events follows what is on screen: more at once, less when it has not been for a while. */
function followShown(client: QueryClient, events: EventStream): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    timer = undefined;
    const shown = shownFigures(client.getQueryCache());
    const more = shown.some((one) => !events.figures.includes(one));
    if (more) return events.ask(shown);
    if (shown.length < events.figures.length) timer = setTimeout(() => events.ask(shownFigures(client.getQueryCache())), lingers);
  };
  client.getQueryCache().subscribe(({ type }) => {
    if (type !== "observerAdded" && type !== "observerRemoved") return;
    clearTimeout(timer);
    timer = setTimeout(look, 20);
  });
}

const none = () => () => undefined;
const connecting: StreamState = { kind: "connecting" };

export function useLive(): StreamState {
  return useSyncExternalStore(stream?.subscribe ?? none, stream?.state ?? (() => connecting));
}
export function retryLive(): void {
  stream?.retryNow();
}
