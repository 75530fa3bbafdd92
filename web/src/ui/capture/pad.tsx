// SPDX-License-Identifier: Apache-2.0
import { Eraser, Undo2 } from "lucide-react";
import { type PointerEvent, useCallback, useEffect, useRef, useState } from "react";
import { Button } from "../button.tsx";
import { Kbd } from "../field.tsx";

/** The pad's own units, whatever its size on the screen. */
export const padSize = 280;
export interface Stroke {
  width: number;
  points: [number, number][];
}

function draw(context: CanvasRenderingContext2D, strokes: readonly Stroke[], ink: string): void {
  const k = context.canvas.width / padSize;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = ink;
  for (const { points, width } of strokes) {
    const [first, ...rest] = points;
    if (!first) continue;
    context.lineWidth = width * k;
    context.beginPath();
    context.moveTo(first[0] * k, first[1] * k);
    if (rest.length === 0) context.lineTo(first[0] * k + 0.01, first[1] * k);
    rest.forEach(([x, y], i) => {
      const next = rest[i + 1];
      if (next) context.quadraticCurveTo(x * k, y * k, ((x + next[0]) / 2) * k, ((y + next[1]) / 2) * k);
      else context.lineTo(x * k, y * k);
    });
    context.stroke();
  }
}

/** Dark ink on white, as a photograph of paper would be. */
export function padPicture(strokes: readonly Stroke[]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = padSize;
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, padSize, padSize);
  draw(context, strokes, "#000");
  return canvas;
}

export function Pad({ strokes, onChange, onDone }: { strokes: Stroke[]; onChange: (strokes: Stroke[]) => void; onDone: (strokes: Stroke[]) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const current = useRef<Stroke | null>(null);
  const [width, setWidth] = useState(20);

  const paint = useCallback(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    draw(context, current.current ? [...strokes, current.current] : strokes, getComputedStyle(context.canvas).color);
  }, [strokes]);
  useEffect(() => {
    paint();
    const watch = new MutationObserver(paint); // the ink follows the theme
    watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => watch.disconnect();
  }, [paint]);

  const at = (event: { clientX: number; clientY: number }): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * padSize, ((event.clientY - box.top) / box.height) * padSize];
  };
  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    current.current = { width, points: [at(event)] };
    paint();
  };
  const move = (event: PointerEvent) => {
    if (!current.current) return;
    const all = event.nativeEvent.getCoalescedEvents?.() ?? [];
    current.current.points.push(...(all.length > 0 ? all : [event.nativeEvent]).map(at));
    paint();
  };
  const up = () => {
    if (!current.current) return;
    const next = [...strokes, current.current];
    current.current = null;
    onChange(next);
    onDone(next);
  };
  const undo = () => {
    const next = strokes.slice(0, -1);
    onChange(next);
    onDone(next);
  };
  const clear = () => {
    onChange([]);
    onDone([]);
  };

  return (
    <div
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || (event.target as HTMLElement).tagName === "INPUT") return;
        if (event.key === "c") clear();
        if (event.key === "u" && strokes.length > 0) undo();
      }}
    >
      <canvas
        ref={canvas}
        width={padSize * 2}
        height={padSize * 2}
        role="img"
        tabIndex={0}
        aria-label={strokes.length === 0 ? "Drawing pad, empty. Draw with a mouse, a pen or a finger" : `Drawing pad, ${strokes.length} ${strokes.length === 1 ? "stroke" : "strokes"}`}
        data-pad
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        className="block aspect-square w-full cursor-crosshair touch-none rounded-panel border border-line-strong bg-sunken text-fg"
      />
      <div className="mt-2.5 flex flex-wrap items-center gap-2">
        <Button small disabled={strokes.length === 0} onClick={undo}><Undo2 aria-hidden />Undo</Button>
        <Button small disabled={strokes.length === 0} onClick={clear}><Eraser aria-hidden />Clear<span className="max-phone:hidden"><Kbd>c</Kbd></span></Button>
        <label className="ml-auto flex items-center gap-2 text-12 text-fg-3">
          Stroke
          <input type="range" min={6} max={44} value={width} onChange={(event) => setWidth(Number(event.target.value))} className="w-24 accent-accent" />
        </label>
      </div>
    </div>
  );
}
