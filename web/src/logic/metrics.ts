// SPDX-License-Identifier: Apache-2.0
//
// Which properties of a version are figures to look at, and which way is better.

export interface Figure {
  name: string;
  value: number;
}

/** Plain numbers, and Kubeflow's typed values. Nested one level: {"metrics": {"accuracy": 0.99}}. */
export function figures(properties: Record<string, unknown> | undefined): Figure[] {
  const found: Figure[] = [];
  for (const [name, raw] of Object.entries(properties ?? {})) {
    const value = numberOf(raw);
    if (value !== undefined) found.push({ name, value });
    else if (raw && typeof raw === "object" && !Array.isArray(raw) && !("metadataType" in raw)) {
      for (const [inner, nested] of Object.entries(raw)) {
        const number = numberOf(nested);
        if (number !== undefined) found.push({ name: inner, value: number });
      }
    }
  }
  return found;
}

function numberOf(raw: unknown): number | undefined {
  if (typeof raw === "number" && Number.isFinite(raw)) return raw;
  if (raw && typeof raw === "object") {
    const typed = raw as Record<string, unknown>;
    if (typeof typed.double_value === "number") return typed.double_value;
    if (typeof typed.int_value === "string" && /^-?\d+$/.test(typed.int_value)) return Number(typed.int_value);
  }
  return undefined;
}

const wanted = [/^(test_)?accuracy$/i, /accuracy|\bacc\b/i, /auc|f1|map|ndcg|recall|precision|iou|bleu|rouge|r2|win/i, /wer|cer|loss|rmse|mae|mse|error|perplexity|mape/i];

/** The figure that stands for the model in a list. */
export function headline(properties: Record<string, unknown> | undefined): Figure | undefined {
  const all = figures(properties);
  for (const pattern of wanted) {
    const hit = all.find((figure) => pattern.test(figure.name));
    if (hit) return hit;
  }
  return undefined;
}

const lower = /(^|_|\b)(wer|cer|loss|rmse|mae|mse|error|errors|perplexity|mape|latency|p50|p90|p99|ms|seconds|size|bytes)(_|\b|$)/i;

/** A delta says better or worse, not up or down. Undefined: the name says nothing of it. */
export function better(name: string, change: number): boolean | undefined {
  if (change === 0) return undefined;
  if (lower.test(name)) return change < 0;
  return wanted.slice(0, 3).some((pattern) => pattern.test(name)) ? change > 0 : undefined;
}
