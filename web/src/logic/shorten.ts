// SPDX-License-Identifier: Apache-2.0

const most = 160;
const few = 24;

/** JSON to be read: long texts (pictures in base64) and long lists are cut, and say how long they are. */
export function shortened(value: unknown): unknown {
  if (typeof value === "string") return value.length > most ? `${value.slice(0, 48)}… (${value.length} characters)` : value;
  if (Array.isArray(value)) {
    const shown = value.slice(0, few).map(shortened);
    return value.length > few ? [...shown, `… (${value.length} values)`] : shown;
  }
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
  return value;
}
