// SPDX-License-Identifier: Apache-2.0
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { shortDigest } from "../logic/format.ts";
import { Button } from "./button.tsx";

/** Plain http away from loopback has no clipboard API; a selection and the old command still work there. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "fixed top-0 opacity-0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [state, setState] = useState<"" | "done" | "failed">("");
  useEffect(() => {
    if (!state) return;
    const timer = setTimeout(() => setState(""), 1400);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <Button look="quiet" small icon className="hit" aria-label={label} title={state === "failed" ? "The browser refused the clipboard" : label} onClick={() => void copyText(text).then((ok) => setState(ok ? "done" : "failed"))}>
      {state === "done" ? <Check aria-hidden className="text-ok!" /> : <Copy aria-hidden />}
      <span className="sr-only" aria-live="polite">{state === "done" ? "Copied" : state === "failed" ? "Not copied" : ""}</span>
    </Button>
  );
}

export function Digest({ digest }: { digest: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code className="truncate" title={digest}>{shortDigest(digest)}</code>
      <CopyButton text={digest} label="Copy the whole digest" />
    </span>
  );
}
