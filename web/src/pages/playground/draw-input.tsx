// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "react";
import { Pad, padPicture, type Stroke } from "../../ui/capture/pad.tsx";
import type { Question } from "./question.ts";

/** Asks after each stroke, once the hand has rested for a moment. */
export function DrawInput({ strokes, onChange, onAsk }: { strokes: Stroke[]; onChange: (strokes: Stroke[]) => void; onAsk: (question: Question | undefined) => void }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const done = (next: Stroke[]) => {
    clearTimeout(timer.current);
    if (next.length === 0) return onAsk(undefined);
    timer.current = setTimeout(() => {
      const url = padPicture(next).toDataURL("image/png");
      onAsk({ kind: "image", url, base64: url.slice(url.indexOf(",") + 1), strokes: next });
    }, 120);
  };
  return <Pad strokes={strokes} onChange={onChange} onDone={done} />;
}
