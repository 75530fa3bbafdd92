// SPDX-License-Identifier: Apache-2.0
import { type PointerEvent, useRef, useState } from "react";
import { Button } from "../button.tsx";

/** In shares of the picture. */
interface Area {
  x: number;
  y: number;
  w: number;
  h: number;
}
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Chooses a part of a picture: drag a frame; arrows move it, Shift and arrows size it, Enter takes it. */
export function Crop({ url, name, onDone, onCancel }: { url: string; name: string; onDone: (part: Blob) => void; onCancel: () => void }) {
  const image = useRef<HTMLImageElement>(null);
  const [area, setArea] = useState<Area>({ x: 0.1, y: 0.1, w: 0.8, h: 0.8 });
  const from = useRef<{ x: number; y: number; moved: Area | undefined }>(undefined);
  const at = (event: PointerEvent) => {
    const box = image.current!.getBoundingClientRect();
    return { x: clamp((event.clientX - box.left) / box.width, 0, 1), y: clamp((event.clientY - box.top) / box.height, 0, 1) };
  };
  const take = () => {
    const source = image.current!;
    const [width, height] = [Math.max(1, Math.round(area.w * source.naturalWidth)), Math.max(1, Math.round(area.h * source.naturalHeight))];
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d")!.drawImage(source, Math.round(area.x * source.naturalWidth), Math.round(area.y * source.naturalHeight), width, height, 0, 0, width, height);
    canvas.toBlob((part) => part && onDone(part), "image/png");
  };
  return (
    <div
      onKeyDown={(event) => {
        const step = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] }[event.key] as [number, number] | undefined;
        if (step) {
          event.preventDefault();
          setArea((old) => (event.shiftKey ? { ...old, w: clamp(old.w + step[0], 0.02, 1 - old.x), h: clamp(old.h + step[1], 0.02, 1 - old.y) } : { ...old, x: clamp(old.x + step[0], 0, 1 - old.w), y: clamp(old.y + step[1], 0, 1 - old.h) }));
        } else if (event.key === "Enter" && (event.target as HTMLElement).tagName !== "BUTTON") take();
        else if (event.key === "Escape") onCancel();
      }}
    >
      <div className="grid aspect-square w-full place-items-center overflow-hidden rounded-panel border border-line-strong bg-sunken">
        <div className="relative max-h-full max-w-full leading-none">
          <img ref={image} src={url} alt={name} draggable={false} className="max-h-[374px] max-w-full select-none" />
          <div
            role="application"
            tabIndex={0}
            aria-label={`Frame, ${Math.round(area.w * 100)} by ${Math.round(area.h * 100)} percent of the picture. Arrows move it, Shift and arrows size it, Enter takes it`}
            className="absolute inset-0 cursor-crosshair touch-none"
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              const point = at(event);
              const inside = point.x > area.x && point.x < area.x + area.w && point.y > area.y && point.y < area.y + area.h && (area.w < 0.79 || area.h < 0.79);
              from.current = { ...point, moved: inside ? area : undefined };
            }}
            onPointerMove={(event) => {
              const begun = from.current;
              if (!begun) return;
              const point = at(event);
              if (begun.moved) setArea({ ...begun.moved, x: clamp(begun.moved.x + point.x - begun.x, 0, 1 - begun.moved.w), y: clamp(begun.moved.y + point.y - begun.y, 0, 1 - begun.moved.h) });
              else if (Math.abs(point.x - begun.x) > 0.01 && Math.abs(point.y - begun.y) > 0.01) setArea({ x: Math.min(point.x, begun.x), y: Math.min(point.y, begun.y), w: Math.abs(point.x - begun.x), h: Math.abs(point.y - begun.y) });
            }}
            onPointerUp={() => (from.current = undefined)}
          >
            <i aria-hidden className="absolute border-2 border-accent shadow-[0_0_0_9999px_rgb(0_0_0/.45)] [clip-path:inset(-9999px)]" style={{ left: `${area.x * 100}%`, top: `${area.y * 100}%`, width: `${area.w * 100}%`, height: `${area.h * 100}%` }} />
          </div>
        </div>
      </div>
      <div className="mt-2.5 flex gap-2">
        <Button small look="primary" onClick={take}>Use this part</Button>
        <Button small onClick={onCancel}>Cancel</Button>
      </div>
    </div>
  );
}
