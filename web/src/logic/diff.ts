// SPDX-License-Identifier: Apache-2.0
//
// Lines that were taken away and put in between two texts: the longest common subsequence, for texts people read.

export interface DiffLine {
  kind: "same" | "old" | "new";
  text: string;
}

/** Undefined where the texts are too long to be compared here. */
export function diffLines(before: string, after: string): DiffLine[] | undefined {
  const a = before === "" ? [] : before.split("\n");
  const b = after === "" ? [] : after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const n = a.length - head - tail;
  const m = b.length - head - tail;
  if (n * m > 4_000_000) return undefined;
  // lengths[i][j]: of the longest common part of a from i and b from j.
  const width = m + 1;
  const lengths = new Uint16Array((n + 1) * width);
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      lengths[i * width + j] = a[head + i] === b[head + j] ? lengths[(i + 1) * width + j + 1]! + 1 : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = a.slice(0, head).map((text) => ({ kind: "same", text }));
  let i = 0;
  let j = 0;
  while (i < n || j < m) {
    if (i < n && j < m && a[head + i] === b[head + j]) {
      lines.push({ kind: "same", text: a[head + i]! });
      i++;
      j++;
    } else if (i < n && (j >= m || lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)) lines.push({ kind: "old", text: a[head + i++]! });
    else lines.push({ kind: "new", text: b[head + j++]! });
  }
  return [...lines, ...a.slice(a.length - tail).map((text): DiffLine => ({ kind: "same", text }))];
}

export type Shown = DiffLine | { kind: "gap"; count: number };

/** Only the changed lines and a few around them. */
export function folded(lines: readonly DiffLine[], around = 3): Shown[] {
  const near = new Array<boolean>(lines.length).fill(false);
  lines.forEach((line, i) => {
    if (line.kind !== "same") for (let k = Math.max(0, i - around); k <= Math.min(lines.length - 1, i + around); k++) near[k] = true;
  });
  const out: Shown[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (near[i]) out.push(lines[i]!);
    else {
      let count = 0;
      while (i + count < lines.length && !near[i + count]) count++;
      out.push({ kind: "gap", count });
      i += count - 1;
    }
  }
  return out;
}
