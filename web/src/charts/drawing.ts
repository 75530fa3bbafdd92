// SPDX-License-Identifier: Apache-2.0
//
// What uPlot does not draw itself: markers of events, panning, and the tokens as it wants them.
import type uPlot from "uplot";
import type { Mark } from "./plot.tsx";

export interface Ink {
  axis: string;
  grid: string;
  bad: string;
  font: string;
  colour: (index: number) => string;
}

export function tokens(node: Element): Ink {
  const style = getComputedStyle(node);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return { axis: value("--chart-axis"), grid: value("--chart-grid"), bad: value("--bad"), font: `11px ${value("--font-sans") || "sans-serif"}`, colour: (index) => value(`--c${index}`) };
}

export function markers(u: uPlot, marks: Mark[], ink: Ink): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  let free = -Infinity;
  ctx.save();
  ctx.textAlign = "left";
  ctx.font = ink.font.replace(/^\d+px/, `${Math.round(10.5 * ratio)}px`);
  for (const mark of [...marks].sort((a, b) => a.x - b.x)) {
    const x = Math.round(u.valToPos(mark.x, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = mark.bad ? ink.bad : ink.axis;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.label).width;
    if (x < free) continue; // labels never lie on each other; the line stays
    const right = x + width + 6 * ratio < bbox.left + bbox.width;
    ctx.fillText(mark.label, right ? x + 4 * ratio : x - width - 4 * ratio, bbox.top + 10 * ratio);
    free = x + width + 12 * ratio;
  }
  ctx.restore();
}

/** Shift and drag moves along x; the rest stays uPlot's. */
export function pan(onRange: () => ((range: [number, number]) => void) | undefined): uPlot.Cursor.Bind["mousedown"] {
  return (u, _target, handler) => (event) => {
    if (!event.shiftKey) return handler(event);
    const { min = 0, max = 1 } = u.scales.x as { min?: number; max?: number };
    const from = event.clientX;
    const scale = (max - min) / u.over.clientWidth;
    const range = (clientX: number): [number, number] => [min - (clientX - from) * scale, max - (clientX - from) * scale];
    const move = (moved: MouseEvent) => {
      const [low, high] = range(moved.clientX);
      u.setScale("x", { min: low, max: high });
    };
    const up = (moved: MouseEvent) => {
      removeEventListener("mousemove", move);
      removeEventListener("mouseup", up);
      onRange()?.(range(moved.clientX));
    };
    addEventListener("mousemove", move);
    addEventListener("mouseup", up);
    return null;
  };
}

/** Two marks that would say the same ("1 B", "1 B") say it once. */
export function labelled(marks: (number | null)[], format: (value: number) => string): string[] {
  const said = marks.map((value) => (value === null ? "" : format(value)));
  return said.map((text, i) => (said.indexOf(text) < i ? "" : text));
}
