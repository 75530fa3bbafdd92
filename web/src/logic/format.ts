// SPDX-License-Identifier: Apache-2.0
//
// How values are written: numbers with units, times relative with the exact one beside, digests short.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function bytes(count: number): string {
  if (!Number.isFinite(count) || count < 0) return "";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let at = 0;
  let value = count;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  const digits = at === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : value >= 0.1 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[at]}`;
}

/** "12 min ago"; from a week on, the date. */
export function relative(time: string | number | Date, now: number): string {
  const then = new Date(time).getTime();
  if (Number.isNaN(then)) return "";
  const age = now - then;
  if (age < 45_000) return age < -minute ? exact(time) : "just now";
  if (age < hour) return `${Math.max(1, Math.round(age / minute))} min ago`;
  if (age < day) return `${Math.round(age / hour)} h ago`;
  const days = Math.round(age / day);
  if (days === 1) return "yesterday";
  if (days < 45) return `${days} days ago`;
  return new Date(then).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** How long something lasts or lasted: "8 s", "12 min", "3 h", "5 days". */
export function age(from: string | number | Date, until: number): string {
  const span = Math.max(0, until - new Date(from).getTime());
  if (span < minute) return `${Math.round(span / 1000)} s`;
  if (span < hour) return `${Math.round(span / minute)} min`;
  if (span < 2 * day) return `${Math.round(span / hour)} h`;
  return `${Math.round(span / day)} days`;
}

export function exact(time: string | number | Date): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  return date.toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
}

export function clock(time: string | number | Date): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** As a log shows it: the day where it is not today, and milliseconds. */
export function stamp(time: string | number | Date, now: number = Date.now()): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  const at = `${clock(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return date.toDateString() === new Date(now).toDateString() ? at : `${date.toLocaleDateString("en-GB", { day: "2-digit", month: "short" })} ${at}`;
}

export function milliseconds(value: number): string {
  if (value === 0) return "0 ms";
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (value < 1) return `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} µs`;
  if (value >= 100) return `${value.toFixed(0)} ms`;
  return `${value.toFixed(value >= 10 ? 1 : 2)} ms`;
}

/** 1240000 → "1.24 M": for tiles, where the digits after the third say nothing. */
export function count(value: number): string {
  const steps: [number, string][] = [[1e9, " G"], [1e6, " M"], [1e4, " k"]];
  for (const [size, unit] of steps) {
    if (value >= size) return `${(value / (unit === " k" ? 1e3 : size)).toPrecision(3).replace(/\.?0+$/, "")}${unit}`;
  }
  return value.toLocaleString("en-GB").replaceAll(",", " ");
}

export function metric(value: number): string {
  if (Number.isInteger(value)) return count(value);
  const size = Math.abs(value);
  if (size >= 1000 || size < 1e-4) return value.toPrecision(4);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4).replace(/(\.\d*?[1-9])0+$/, "$1");
}

export function shortDigest(digest: string): string {
  const [algorithm, value = ""] = digest.split(":");
  return value.length > 24 ? `${algorithm}:${value.slice(0, 9)}…${value.slice(-6)}` : digest;
}

/** "1 version", "12 versions". */
export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}

/** TASK_IMAGE_CLASSIFICATION and CLASSIFICATION alike become words. */
export function taskName(task: string | undefined): string {
  if (!task) return "";
  const words = task.replace(/^TASK_/, "").toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function formatName(format: string | undefined): string {
  const known: Record<string, string> = { onnx: "ONNX", gguf: "GGUF", safetensors: "Safetensors", xgboost: "XGBoost", lightgbm: "LightGBM", pytorch: "PyTorch", tensorflow: "TensorFlow" };
  return format ? (known[format.toLowerCase()] ?? format) : "";
}

export function shape(dimensions: readonly number[]): string {
  return `[${dimensions.map((d, i) => (d < 0 ? (i === 0 ? "batch" : "any") : String(d))).join(", ")}]`;
}

/** What a share of one reads as: 0.9684 → "96.84"; what is not quite all is not said to be. */
export function percent(share: number): string {
  const text = (share * 100).toFixed(2);
  return text === "100.00" && share < 1 ? ">99.99" : text;
}
