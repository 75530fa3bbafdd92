// SPDX-License-Identifier: Apache-2.0
//
// What stands in the form that says how a version takes over, and the strategy it means.
import type { Strategy } from "../api/types.ts";
import { checksOf, checksText, durationOf, durationText, stepsOf, stepsText } from "./strategy.ts";

export interface Draft {
  kind: "IMMEDIATE" | "CANARY" | "BLUE_GREEN" | "BY_HAND";
  steps: string;
  checks: string;
  /** Blue-green: how long it is looked at before it takes over; "manual": until somebody says so. */
  preview: string;
  keep: string;
  shadow: string;
  requests: string;
  percent: string;
}
export type Field = Exclude<keyof Draft, "kind">;

/** As the deployment takes over by now; what it does not say is a sensible beginning. */
export function draftOf(strategy: Strategy | undefined): Draft {
  const first: Draft = { kind: strategy?.kind ?? "IMMEDIATE", steps: "5:5m, 25:10m, 50:10m", checks: "error_rate<=1%\np99<=1.2x", preview: "", keep: "30m", shadow: "", requests: "", percent: "10" };
  if (!strategy || strategy.kind === "IMMEDIATE") return first;
  const { kind, steps, analysis, keep_ms, shadow, min_requests } = strategy;
  return {
    ...first,
    ...(kind === "CANARY" && { steps: stepsText(steps) }),
    ...(kind === "BLUE_GREEN" && { preview: steps[0] ? (steps[0].duration_ms === undefined ? "manual" : durationText(steps[0].duration_ms)) : "" }),
    checks: checksText(analysis),
    keep: keep_ms ? durationText(keep_ms) : "",
    shadow: shadow ? String(shadow) : "",
    requests: min_requests ? String(min_requests) : "",
  };
}

export type Meant = { strategy?: Strategy; traffic?: number; wrong: { [field in Field]?: string } };

export function meant(draft: Draft): Meant {
  const wrong: Meant["wrong"] = {};
  const whole = (field: "shadow" | "requests" | "percent", most: number, say: string): number | undefined => {
    const text = draft[field].trim();
    if (text === "" && field !== "percent") return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value <= most) return value;
    wrong[field] = say;
    return undefined;
  };
  if (draft.kind === "IMMEDIATE") return { strategy: { kind: "IMMEDIATE", steps: [], analysis: [] }, wrong };
  if (draft.kind === "BY_HAND") {
    const traffic = whole("percent", 99, "A whole number from 0 to 99");
    return { ...(traffic === undefined ? {} : { traffic }), wrong };
  }
  const time = (field: "preview" | "keep"): number | undefined => {
    if (draft[field].trim() === "") return undefined;
    const ms = durationOf(draft[field]);
    if (ms === undefined) wrong[field] = "A duration, such as 90s, 30m or 1h";
    return ms;
  };
  let steps: Strategy["steps"] = [];
  if (draft.kind === "CANARY") {
    const read = stepsOf(draft.steps);
    if (typeof read === "string") wrong.steps = read;
    else steps = read;
  } else if (draft.preview.trim() === "manual") steps = [{ weight: 0 }];
  else {
    const ms = time("preview");
    if (ms !== undefined) steps = [{ weight: 0, duration_ms: ms }];
  }
  const checks = checksOf(draft.checks);
  if (typeof checks === "string") wrong.checks = checks;
  const keep = time("keep");
  const shadow = whole("shadow", 100, "A whole number from 0 to 100");
  const requests = whole("requests", 1e9, "A whole number");
  const strategy: Strategy = {
    kind: draft.kind,
    steps,
    analysis: typeof checks === "string" ? [] : checks,
    ...(keep === undefined ? {} : { keep_ms: keep }),
    ...(shadow ? { shadow } : {}),
    ...(requests ? { min_requests: requests } : {}),
  };
  if (!wrong.checks && strategy.analysis.some((check) => check.kind === "DISAGREEMENT") && !shadow) wrong.shadow = "disagreement compares copies: say of how many percent";
  return { strategy, wrong };
}
