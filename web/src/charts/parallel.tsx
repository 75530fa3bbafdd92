// SPDX-License-Identifier: Apache-2.0
//
// Parallel coordinates: a line a run over as many axes as one likes. Dragging along an axis brushes it; a press on the
// axis takes the brush away. Lines are on a canvas, so that thousands are drawn at once; axes are not, so that they read.
import { type PointerEvent as Pointer, useEffect, useLayoutEffect, useRef, useState } from "react";
import { type Axis, type Brushes, nearest, passes } from "../logic/parallel.ts";
import { useThemeName } from "./theme-name.ts";

const top = 34;
const bottom = 14;
const side = 58;

interface Props {
  axes: Axis[];
  names: string[];
  brushes: Brushes;
  height?: number;
  onBrush: (id: string, brush: [number, number] | undefined) => void;
  onOpen: (run: number) => void;
}

export default function ParallelChart({ axes, names, brushes, height = 400, onBrush, onOpen }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(800);
  const [over, setOver] = useState<number>();
  const [drag, setDrag] = useState<{ id: string; from: number; to: number }>();
  const theme = useThemeName();
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidth(Math.max(box.current!.clientWidth, axes.length * 110)));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, [axes.length]);

  const shown: Brushes = drag && Math.abs(drag.to - drag.from) > 0.01 ? { ...brushes, [drag.id]: [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)] } : brushes;
  const xOf = (axis: number) => (axes.length === 1 ? width / 2 : side + (axis / (axes.length - 1)) * (width - 2 * side));
  const yOf = (place: number) => top + (1 - place) * (height - top - bottom);
  const inner = height - top - bottom;

  useEffect(() => {
    const node = canvas.current!;
    const ratio = devicePixelRatio || 1;
    node.width = width * ratio;
    node.height = height * ratio;
    const context = node.getContext("2d");
    if (!context) return;
    const style = getComputedStyle(node);
    const ink = (name: string) => style.getPropertyValue(name).trim();
    const mix = mixer(ink("--c4"), ink("--c2"));
    context.scale(ratio, ratio);
    const last = axes.at(-1);
    const draw = (run: number) => {
      context.beginPath();
      let down = false;
      axes.forEach((axis, i) => {
        const place = axis.places[run];
        if (place === null || place === undefined) return void (down = false);
        if (down) context.lineTo(xOf(i), yOf(place));
        else context.moveTo(xOf(i), yOf(place));
        down = true;
      });
      context.stroke();
    };
    const left: number[] = [];
    context.lineWidth = 1;
    context.strokeStyle = ink("--chart-grid");
    names.forEach((_, run) => (passes(axes, shown, run) ? left.push(run) : draw(run)));
    context.lineWidth = 1.4;
    context.globalAlpha = left.length > 200 ? 0.35 : 0.8;
    for (const run of left) {
      context.strokeStyle = mix(last?.places[run] ?? 0.5);
      draw(run);
    }
    if (over !== undefined) {
      context.globalAlpha = 1;
      context.lineWidth = 2.5;
      context.strokeStyle = ink("--text");
      draw(over);
    }
  });

  const placeAt = (clientY: number) => Math.max(0, Math.min(1, 1 - (clientY - box.current!.getBoundingClientRect().top - top) / inner));
  const hover = (event: Pointer) => {
    const frame = box.current!.firstElementChild!.getBoundingClientRect();
    const x = ((event.clientX - frame.left - side) / (width - 2 * side)) * (axes.length - 1);
    setOver(drag ? undefined : nearest(axes, (run) => passes(axes, shown, run), x, placeAt(event.clientY), 8 / inner));
  };
  const brushing = (id: string) => ({
    onPointerDown: (event: Pointer) => {
      event.preventDefault();
      event.stopPropagation();
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      const at = placeAt(event.clientY);
      setDrag({ id, from: at, to: at });
    },
    onPointerMove: (event: Pointer) => drag?.id === id && setDrag({ ...drag, to: placeAt(event.clientY) }),
    onPointerUp: () => {
      if (drag?.id !== id) return;
      const [low, high] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      onBrush(id, high - low > 0.01 ? [low, high] : undefined);
      setDrag(undefined);
    },
  });
  return (
    <div ref={box} className="relative overflow-x-auto" tabIndex={-1}>
      <div className="relative" style={{ width, height }} onPointerMove={hover} onPointerLeave={() => setOver(undefined)} onClick={() => over !== undefined && onOpen(over)}>
        <canvas ref={canvas} aria-hidden key={theme} className="absolute inset-0 size-full" />
        <svg role="img" aria-label={`Parallel coordinates of ${names.length} runs over ${axes.map((axis) => axis.name).join(", ")}`} width={width} height={height} className={over === undefined ? "absolute inset-0" : "absolute inset-0 cursor-pointer"}>
          {axes.map((axis, i) => {
            const brush = shown[axis.id];
            return (
              <g key={axis.id} transform={`translate(${xOf(i)} 0)`}>
                <text y={14} textAnchor="middle" className="fill-fg text-12 font-medium">{short(axis.name, (width / Math.max(1, axes.length)) / 7)}<title>{axis.name}</title></text>
                <line y1={top} y2={height - bottom} className="stroke-line-field" />
                {axis.ticks.map((tick) => (
                  <g key={tick.at} transform={`translate(0 ${yOf(tick.at)})`}>
                    <line x1={-3} x2={3} className="stroke-line-field" />
                    <text x={i === axes.length - 1 ? 7 : -7} dy="0.32em" textAnchor={i === axes.length - 1 ? "start" : "end"} className="fill-fg-2 text-11 [paint-order:stroke] stroke-surface stroke-[3px]">{short(tick.text, 12)}</text>
                  </g>
                ))}
                {brush ? <rect x={-8} width={16} y={yOf(brush[1])} height={Math.max(2, (brush[1] - brush[0]) * inner)} rx={3} className="fill-accent/25 stroke-accent" /> : null}
                <rect x={-14} width={28} y={top - 6} height={inner + 12} className="cursor-ns-resize fill-transparent [touch-action:none]" {...brushing(axis.id)} onClick={(event) => event.stopPropagation()} />
              </g>
            );
          })}
        </svg>
        {over !== undefined ? <p role="status" className="pointer-events-none absolute right-2 bottom-1 rounded-control border border-line-strong bg-raised px-2 py-1 text-12 shadow-float"><bdi>{names[over]}</bdi></p> : null}
      </div>
    </div>
  );
}

function short(text: string, letters: number): string {
  const most = Math.max(4, Math.floor(letters));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function mixer(from: string, to: string): (share: number) => string {
  const parts = (hex: string) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [a, b] = [parts(from), parts(to)];
  return (share) => `rgb(${a.map((value, i) => Math.round(value + (b[i]! - value) * share)).join(" ")})`;
}
