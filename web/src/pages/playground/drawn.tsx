// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "react";
import { percent } from "../../logic/format.ts";
import type { Box, Picture } from "../../logic/pictures.ts";

/** A tensor that is a picture or a mask. */
export function DrawnPicture({ picture, name }: { picture: Picture; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    context.putImageData(new ImageData(picture.pixels, picture.width, picture.height), 0, 0);
  }, [picture]);
  return <canvas ref={canvas} width={picture.width} height={picture.height} role="img" aria-label={`${name}, ${picture.mask ? "a mask" : "a picture"} of ${picture.width} by ${picture.height}`} className="max-h-[420px] w-full rounded-chip border border-line object-contain [image-rendering:pixelated]" />;
}

/** Boxes over the picture that was asked about, or over an empty field of its size. */
export function DrawnBoxes({ boxes, shares, url }: { boxes: Box[]; shares: boolean; url: string | undefined }) {
  const image = useRef<HTMLImageElement>(null);
  const width = shares ? 1 : Math.max(1, ...boxes.map((box) => box.right));
  const height = shares ? 1 : Math.max(1, ...boxes.map((box) => box.bottom));
  const size = { width: image.current?.naturalWidth || width, height: image.current?.naturalHeight || height };
  const share = (value: number, whole: number) => `${Math.min(100, Math.max(0, (value / (shares ? 1 : whole)) * 100))}%`;
  return (
    <>
      <div className="relative w-fit max-w-full overflow-hidden rounded-chip border border-line bg-sunken leading-none" style={url ? undefined : { width: "100%", aspectRatio: `${width} / ${height}`, maxHeight: 420 }}>
        {url ? <img ref={image} src={url} alt="What was asked about" className="max-h-[420px]" /> : null}
        {boxes.map((box, i) => (
          <span key={i} className="absolute border-2" style={{ borderColor: `var(--c${(i % 6) + 1})`, left: share(box.left, size.width), top: share(box.top, size.height), width: share(box.right - box.left, size.width), height: share(box.bottom - box.top, size.height) }}>
            <span className="absolute top-0 left-0 bg-surface/90 px-1 py-0.5 text-11 whitespace-nowrap">{box.label || i + 1}</span>
          </span>
        ))}
      </div>
      <ul aria-label="Boxes" className="num mt-2 grid gap-1 text-12">
        {boxes.slice(0, 50).map((box, i) => <li key={i} className="flex gap-3"><i aria-hidden className="mt-1 size-2 rounded-[2px]" style={{ background: `var(--c${(i % 6) + 1})` }} /><span className="min-w-0 flex-1 truncate">{box.label || `Box ${i + 1}`}</span>{box.score === undefined ? null : <span>{percent(box.score)} %</span>}<span className="text-fg-3">{[box.left, box.top, box.right, box.bottom].map((value) => Number(value.toPrecision(4))).join(", ")}</span></li>)}
        {boxes.length === 0 ? <li className="text-fg-2">It found nothing.</li> : null}
      </ul>
    </>
  );
}
