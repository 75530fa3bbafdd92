// SPDX-License-Identifier: Apache-2.0
// One chart: lines over a shared x. Drag zooms, Shift and drag pans, a double click shows all again. Loaded when wanted.
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { cx } from "../ui/cx.ts";
import { labelled, markers as drawMarkers, pan, tokens } from "./drawing.ts";
import { useThemeName } from "./theme-name.ts";

export interface Line {
  name: string;
  values: (number | null)[];
  /** The place in the palette, 1 to 6; told apart by dash as well where two are alike. */
  colour?: number;
  dash?: boolean;
  points?: boolean;
  /** What one value stands for where there were too many to draw: a band behind the line. */
  low?: (number | null)[] | undefined;
  high?: (number | null)[] | undefined;
}
export interface Mark {
  x: number;
  label: string;
  bad?: boolean;
}
export interface PlotProps {
  title: string;
  unit?: string;
  x: number[];
  lines: Line[];
  marks?: Mark[];
  /** x is seconds since 1970. */
  time?: boolean;
  log?: boolean;
  /** The y axis fits the values instead of beginning at 0, and lines go over what is missing between their points. */
  fit?: boolean;
  /** Names and values of the lines above the chart; else its title alone. */
  legend?: boolean;
  height?: number;
  /** Charts with one key share a cursor. */
  sync?: string;
  range?: [number, number] | undefined;
  onRange?: ((range: [number, number] | undefined) => void) | undefined;
  format?: (value: number) => string;
  formatX?: (value: number) => string;
  className?: string;
}

const plain = (value: number) => String(Number(value.toPrecision(4)));
export const colourOf = (index: number): number => (index % 6) + 1;
/** From the seventh line on the colours come again, dashed. */
export const dashOf = (index: number): boolean => Math.floor(index / 6) % 2 === 1;

export default function Plot(props: PlotProps) {
  const { title, unit, x, lines, height = 168, format = plain, className } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [at, setAt] = useState<number | null>(null);
  const theme = useThemeName();
  const shape = lines.map((line, i) => `${line.name} ${line.colour ?? colourOf(i)} ${line.dash ?? dashOf(i)} ${line.points ?? false} ${line.low !== undefined}`).join("|");

  useEffect(() => {
    const node = box.current!;
    const ink = tokens(node);
    const now = latest.current;
    const axis: uPlot.Axis = { stroke: ink.axis, font: ink.font, grid: { stroke: ink.grid, width: 1 }, ticks: { show: false }, gap: 4 };
    const made = new uPlot(
      {
        width: Math.max(80, node.clientWidth),
        height,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false }, ...(now.sync ? { sync: { key: now.sync } } : {}), bind: { mousedown: pan(() => latest.current.onRange) } },
        scales: {
          x: { time: now.time ?? false },
          y: now.log ? { distr: 3 } : { range: (_, low, high) => (low === null || high === null ? [0, 1] : now.fit ? around(low, high) : [Math.min(0, low), high <= 0 ? 1 : high * 1.08]) },
        },
        axes: [
          { ...axis, size: 26, space: 60, ...(now.formatX ? { values: (_: uPlot, all: number[]) => all.map((value) => latest.current.formatX!(value)) } : now.time ? { values: clockTicks } : {}) },
          { ...axis, size: 52, space: 34, values: (_, all) => labelled(all, latest.current.format ?? plain) },
        ],
        series: [
          {},
          ...now.lines.map((line, i) => ({
            label: line.name,
            stroke: ink.colour(line.colour ?? colourOf(i)),
            width: 1.5,
            ...((line.dash ?? dashOf(i)) ? { dash: [5, 3] } : {}),
            ...(line.points ? { paths: () => null, points: { show: true, size: 4, fill: ink.colour(line.colour ?? colourOf(i)) } } : { points: { show: false } }),
            spanGaps: now.fit ?? false,
          })),
          ...now.lines.flatMap((line) => (line.low ? [0, 1].map(() => ({ stroke: "transparent", width: 0, points: { show: false }, spanGaps: true })) : [])),
        ],
        bands: bandsOf(now.lines).map(({ series, line }) => ({ series, fill: `${ink.colour(now.lines[line]!.colour ?? colourOf(line))}30` })),
        hooks: {
          draw: [(u) => drawMarkers(u, latest.current.marks ?? [], ink)],
          setCursor: [(u) => setAt(u.cursor.idx ?? null)],
          setSelect: [
            (u) => {
              if (u.select.width < 4) return;
              const range: [number, number] = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              if (latest.current.onRange) latest.current.onRange(range);
              else u.setScale("x", { min: range[0], max: range[1] });
            },
          ],
        },
      },
      dataOf(now),
      node,
    );
    chart.current = made;
    zoom(made, latest.current.range);
    const watch = new ResizeObserver(() => node.clientWidth > 0 && made.setSize({ width: node.clientWidth, height }));
    watch.observe(node);
    const all = () => (latest.current.onRange ? latest.current.onRange(undefined) : zoom(made, undefined));
    made.over.addEventListener("dblclick", all);
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = undefined;
    };
    // The chart is made anew where its lines or the theme change; new values go into the one that stands.
  }, [shape, theme, height, props.log, props.sync, props.time, props.fit]);

  useEffect(() => {
    const made = chart.current;
    if (!made) return;
    made.setData(dataOf({ x, lines, log: props.log ?? false }), false);
    zoom(made, props.range);
  }, [x, lines, props.range, props.log]);

  const index = at ?? x.length - 1;
  // A line that goes over gaps has between its points the value before; without a cursor, its last.
  const said = lines.map((line) => ({ line, value: (props.fit ? before(line.values, index) : line.values[index]) ?? null }));
  return (
    <figure className={cx("min-w-0", className)} aria-label={`${title}${unit ? `, ${unit}` : ""}: ${said.map(({ line, value }) => `${line.name} ${value === null ? "nothing" : format(value)}`).join(", ")}${markedSaid(props.marks)}`}>
      <figcaption className="flex min-h-[34px] flex-wrap items-center gap-x-3 px-3 pt-2 text-12">
        <b className="text-13 font-strong">{title}{unit ? <span className="font-normal text-fg-3">, {unit}</span> : null}</b>
        <span className="num ml-auto flex flex-wrap gap-x-3">
          {(props.legend === false ? [] : said.slice(0, 6)).map(({ line, value }, i) => (
            <span key={line.name} className="inline-flex items-center gap-1.5 whitespace-nowrap">
              <i aria-hidden className="inline-block h-0 w-3 border-t-2" style={{ borderColor: `var(--c${line.colour ?? colourOf(i)})`, borderStyle: (line.dash ?? dashOf(i)) ? "dashed" : "solid" }} />
              {lines.length > 1 ? <span className="max-w-32 truncate text-fg-3">{line.name}</span> : null}
              <span className="min-w-8 text-right">{value === null ? "–" : format(value)}</span>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={box} className="px-1" style={{ height }} />
    </figure>
  );
}

/** The lines, then the bounds of their bands. What is not above 0 has no place on a log scale. */
function dataOf({ x, lines, log }: Pick<PlotProps, "x" | "lines" | "log">): uPlot.AlignedData {
  const fit = (values: (number | null)[]) => (log ? values.map((value) => (value !== null && value > 0 ? value : null)) : values);
  return [x, ...lines.map((line) => fit(line.values)), ...lines.flatMap((line) => (line.low && line.high ? [fit(line.high), fit(line.low)] : []))];
}

function bandsOf(lines: readonly Line[]): { line: number; series: [number, number] }[] {
  let next = lines.length + 1;
  return lines.flatMap((line, i) => {
    if (!line.low) return [];
    next += 2;
    return [{ line: i, series: [next - 2, next - 1] as [number, number] }];
  });
}

/** What is drawn into the chart is told as well, the last of it. */
function markedSaid(marks: readonly Mark[] = []): string {
  return marks.length > 0 ? `. Marked: ${marks.slice(-4).map(({ label }) => label).join(", ")}` : "";
}

function before(values: readonly (number | null)[], index: number): number | null {
  for (let i = Math.min(index, values.length - 1); i >= 0; i--) if (values[i] !== null && values[i] !== undefined) return values[i]!;
  return null;
}

function around(low: number, high: number): [number, number] {
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

function zoom(chart: uPlot, range: [number, number] | undefined): void {
  const xs = chart.data[0];
  const min = range?.[0] ?? xs[0] ?? 0;
  const max = range?.[1] ?? xs[xs.length - 1] ?? 1;
  chart.batch(() => {
    chart.setScale("x", { min, max: max > min ? max : min + 1 });
  });
}

function clockTicks(_: uPlot, all: number[]): string[] {
  const fine = all.length > 1 && all[1]! - all[0]! < 60;
  return all.map((value) => new Date(value * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...(fine ? { second: "2-digit" } : {}) }));
}
