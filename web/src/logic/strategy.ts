// SPDX-License-Identifier: Apache-2.0
//
// How a version takes over, in the words of `souk deploy`: steps as "5:2m, 25:10m, 50", checks as "p99<=1.2x".
import type { Check, CheckResult, Strategy, StrategyStep } from "../api/types.ts";
import { milliseconds } from "./format.ts";

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** "90s", "10m", "1h30m"; undefined where it is none. */
export function durationOf(text: string): number | undefined {
  const said = text.trim();
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(said)) return undefined;
  let total = 0;
  for (const [, value, , unit] of said.matchAll(/(\d+(\.\d+)?)(ms|s|m|h|d)/g)) total += Number(value) * units[unit as keyof typeof units];
  return total;
}

/** As `durationOf` reads it. */
export function durationText(ms: number): string {
  for (const [unit, size] of [["d", units.d], ["h", units.h], ["m", units.m], ["s", units.s]] as const) if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`;
}

/** For people: "10 min", "1.5 h". */
export function durationSaid(ms: number): string {
  const [size, unit] = ms >= units.d ? [units.d, "d"] : ms >= units.h ? [units.h, "h"] : ms >= units.m ? [units.m, "min"] : ms >= 1000 ? [1000, "s"] : [1, "ms"];
  return `${Number((ms / (size as number)).toFixed(1))} ${unit}`;
}

/** A step without a duration lasts until somebody says so. */
export function stepsOf(text: string): StrategyStep[] | string {
  const steps: StrategyStep[] = [];
  let before = 0;
  for (const part of text.split(",").map((one) => one.trim()).filter(Boolean)) {
    const [, weight, duration] = /^(\d+)\s*%?(?:\s*:\s*(\S+))?$/.exec(part) ?? [];
    if (weight === undefined) return `“${part}” is no step. A step is PERCENT:DURATION, such as 5:2m, or a percent alone`;
    const share = Number(weight);
    if (share > 100) return `A step gives 100 % at most, not ${share} %`;
    if (share < before) return `A step gives no less than the one before it: ${share} % after ${before} %`;
    before = share;
    const ms = duration === undefined ? undefined : durationOf(duration);
    if (duration !== undefined && ms === undefined) return `“${duration}” is no duration, such as 90s, 10m or 1h`;
    steps.push({ weight: share, ...(ms === undefined ? {} : { duration_ms: ms }) });
  }
  return steps.length > 0 ? steps : "Give one step at least, such as 10:5m";
}

export function stepsText(steps: readonly StrategyStep[]): string {
  return steps.map((step) => `${step.weight}${step.duration_ms === undefined ? "" : `:${durationText(step.duration_ms)}`}`).join(", ");
}

export const kinds = { ERROR_RATE: "Errors", LATENCY_P50: "Latency p50", LATENCY_P95: "Latency p95", LATENCY_P99: "Latency p99", DISAGREEMENT: "Other answers", METRIC: "Metric" } as const;
const words = { error_rate: "ERROR_RATE", p50: "LATENCY_P50", p95: "LATENCY_P95", p99: "LATENCY_P99", disagreement: "DISAGREEMENT" } as const;

/** One check a line, as --check takes it. */
export function checksOf(text: string): Check[] | string {
  const checks: Check[] = [];
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const [, left, sign, bound] = /^(.+?)\s*(<=|>=)\s*(\S+)$/.exec(line) ?? [];
    if (!left || !bound) return wrong(line);
    const metric = /^(https?:\/\/\S+)\s+([A-Za-z_:][\w:]*)(?:\{(.*)\})?$/.exec(left);
    if (metric) {
      const labels = Object.fromEntries([...(metric[3] ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
      const value = Number(bound);
      if (!Number.isFinite(value)) return wrong(line);
      checks.push({ kind: "METRIC", url: metric[1]!, metric: metric[2]!, labels, ...(sign === "<=" ? { at_most: value } : { at_least: value }) });
      continue;
    }
    const kind = words[left.toLowerCase() as keyof typeof words];
    const [, amount, unit = ""] = /^(\d+(?:\.\d+)?(?:e-?\d+)?)(%|ms|s|x)?$/.exec(bound) ?? [];
    if (!kind || amount === undefined || sign === ">=") return wrong(line);
    const latency = kind.startsWith("LATENCY");
    if ((unit === "%" && latency) || ((unit === "ms" || unit === "s") && !latency)) return wrong(line);
    const value = Number(amount);
    checks.push({ kind, labels: {}, ...(unit === "x" ? { at_most_of_stable: value } : { at_most: unit === "%" ? value / 100 : unit === "s" ? value * 1000 : value }) });
  }
  return checks;
}
const wrong = (line: string) => `“${line}” is no check. Such as error_rate<=1%, p99<=1.2x, p99<=80ms, disagreement<=1%`;

export function checksText(checks: readonly Check[]): string {
  return checks.map(checkText).join("\n");
}

function checkText(check: Check): string {
  const { kind, at_most, at_least, at_most_of_stable: factor } = check;
  if (kind === "METRIC") {
    const labels = Object.entries(check.labels ?? {}).map(([name, value]) => `${name}="${value}"`).join(",");
    return `${check.url} ${check.metric}${labels ? `{${labels}}` : ""}${at_least === undefined ? `<=${at_most}` : `>=${at_least}`}`;
  }
  const name = Object.entries(words).find(([, one]) => one === kind)![0];
  if (factor !== undefined) return `${name}<=${factor}x`;
  return `${name}<=${kind.startsWith("LATENCY") ? `${at_most}ms` : `${Number(((at_most ?? 0) * 100).toPrecision(6))}%`}`;
}

/** A check's value, as people read it. */
export function valueSaid(kind: Check["kind"], value: number): string {
  if (kind.startsWith("LATENCY")) return milliseconds(value);
  if (kind === "METRIC") return String(Number(value.toPrecision(4)));
  return `${Number((value * 100).toPrecision(3))} %`;
}

export interface Judged {
  name: string;
  /** What it must keep to, said. */
  limit: string;
  value: number | undefined;
  bound: number | undefined;
  /** "least": it fails below the bound. */
  side: "most" | "least";
}

/** A check with what it was judged by; `check` is the strategy's at the same place. */
export function judged(check: Check | undefined, result: CheckResult): Judged {
  const factor = check?.at_most_of_stable;
  const side = check?.at_least !== undefined && check.at_most === undefined ? "least" : "most";
  const plain = side === "least" ? check?.at_least : check?.at_most;
  const relative = factor !== undefined && result.stable_value !== undefined ? factor * result.stable_value : undefined;
  const bound = plain === undefined ? relative : relative === undefined ? plain : Math.min(plain, relative);
  const said = [
    ...(plain === undefined ? [] : [`${side === "least" ? "at least" : "at most"} ${valueSaid(result.kind, plain)}`]),
    ...(factor === undefined ? [] : [`at most ${factor} × stable${relative === undefined ? "" : `, ${valueSaid(result.kind, relative)}`}`]),
  ];
  return { name: result.kind === "METRIC" ? (check?.metric ?? kinds.METRIC) : kinds[result.kind], limit: said.join(" and ") || result.check, value: result.value, bound, side };
}

/** The way to all requests, said: "5 → 25 → 50 → 100 %". */
export function planSaid(strategy: Strategy): string {
  if (strategy.kind === "IMMEDIATE") return "at once";
  const steps = strategy.steps.map((step) => step.weight);
  const last = steps.at(-1) === 100 ? steps : [...steps, 100];
  return `${last.join(" → ")} %${strategy.keep_ms ? `, then the one before is kept for ${durationSaid(strategy.keep_ms)}` : ""}`;
}
