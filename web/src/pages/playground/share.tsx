// SPDX-License-Identifier: Apache-2.0
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { Check, Link2 } from "lucide-react";
import { useEffect, useState } from "react";
import { linkLimit, pack, type Shared, unpack } from "../../logic/share.ts";
import { Button } from "../../ui/button.tsx";
import { copyText } from "../../ui/copy.tsx";
import { padPicture } from "../../ui/capture/pad.tsx";
import { toast } from "../../ui/toast.ts";
import type { Question } from "./question.ts";

function sharedOf(question: Question): Shared {
  if (question.kind === "tensors") return { kind: "tensors", body: question.body };
  return question.strokes ? { kind: "strokes", strokes: question.strokes } : { kind: "image", base64: question.base64 };
}

/** Copies a link that holds the input itself: nothing is kept on the server. */
export function ShareButton({ question }: { question: Question | undefined }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1400);
    return () => clearTimeout(timer);
  }, [done]);
  const share = async () => {
    if (!question) return;
    const packed = await pack(sharedOf(question));
    if (packed.length > linkLimit) return toast.failed("This input is too large for a link", "Send the file instead, or crop the picture first.");
    const url = new URL(window.location.href);
    url.hash = `try=${packed}`;
    if (await copyText(url.href)) setDone(true);
    else toast.failed("The link was not copied", "The browser refused the clipboard.");
  };
  return <Button look="quiet" disabled={!question} onClick={() => void share()}>{done ? <Check aria-hidden className="text-ok!" /> : <Link2 aria-hidden />}<span aria-live="polite">{done ? "Link copied" : "Share this input"}</span></Button>;
}

/** The input in the address, filled in but not sent: a link must not act by itself. */
export function useShared(fill: (question: Question) => void): { question: Question; done: () => void } | undefined {
  const hash = useRouterState({ select: (state) => state.location.hash });
  const navigate = useNavigate();
  const [question, setQuestion] = useState<Question>();
  useEffect(() => {
    const packed = /^try=([\w-]+)$/.exec(hash)?.[1];
    if (!packed) return;
    let left = false;
    void unpack(packed).then((shared) => {
      if (left) return;
      if (!shared) return toast.failed("The link is broken", "Part of it is missing. Copy it again from where it came.");
      const found = questionOf(shared);
      setQuestion(found);
      fill(found);
    });
    return () => {
      left = true;
    };
  }, [hash, fill]);
  const done = () => {
    setQuestion(undefined);
    void navigate({ to: ".", search: (old) => old, hash: "", replace: true });
  };
  return question ? { question, done } : undefined;
}

function questionOf(shared: Shared): Question {
  if (shared.kind === "tensors") return { kind: "tensors", body: shared.body };
  if (shared.kind === "image") return { kind: "image", base64: shared.base64, url: `data:image/${shared.base64.startsWith("/9j/") ? "jpeg" : "png"};base64,${shared.base64}` };
  const url = padPicture(shared.strokes).toDataURL("image/png");
  return { kind: "image", url, base64: url.slice(url.indexOf(",") + 1), strokes: shared.strokes };
}
