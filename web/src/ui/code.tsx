// SPDX-License-Identifier: Apache-2.0
import { type ReactNode, useId, useState } from "react";
import { highlight } from "../logic/highlight.ts";
import type { Snippet } from "../logic/snippets.ts";
import { CopyButton } from "./copy.tsx";
import { cx } from "./cx.ts";

export function Highlighted({ code, language }: { code: string; language: "json" | "shell" | "python" | "text" }) {
  return highlight(code, language).map((piece, i) => (piece.kind ? <span key={i} className={`s-${piece.kind}`}>{piece.text}</span> : piece.text));
}

const body = "relative overflow-x-auto px-3 py-2.5 text-12 leading-[1.6] [tab-size:2] focus-visible:shadow-focus-inset";

/** One text with a head and a copy button; `shown` where what is read is shorter than what is copied. */
export function Code({ title, note, code, shown, language, wrap = false, className }: { title: ReactNode; note?: ReactNode; code: string; shown?: string; language: "json" | "shell" | "python" | "text"; wrap?: boolean; className?: string }) {
  return (
    <div className={cx("min-w-0 overflow-hidden rounded-panel border border-line bg-code", className)}>
      <div className="flex h-[34px] items-center gap-3.5 border-b border-line pr-1.5 pl-3 text-12">
        <span className="truncate font-medium">{title}</span>
        {note ? <span className="truncate text-fg-3">{note}</span> : null}
        <span className="ml-auto"><CopyButton text={code} label="Copy" /></span>
      </div>
      <pre tabIndex={0} className={cx(body, wrap && "wrap-anywhere whitespace-pre-wrap")}>
        <Highlighted code={shown ?? code} language={language} />
      </pre>
    </div>
  );
}

/** The same call in several tongues; the choice is kept for the next page. */
export function CodeTabs({ label, snippets, className }: { label: string; snippets: Snippet[]; className?: string }) {
  const id = useId();
  const [wanted, setWanted] = useState<string>(() => remembered ?? "");
  const at = Math.max(0, snippets.findIndex((snippet) => snippet.language === wanted));
  const chosen = snippets[at];
  if (!chosen) return null;
  const choose = (language: string) => {
    remembered = language;
    setWanted(language);
  };
  return (
    <div className={cx("min-w-0 overflow-hidden rounded-panel border border-line bg-code", className)}>
      <div className="flex h-[34px] items-center border-b border-line pr-1.5 pl-3 text-12">
        <div
          role="tablist"
          aria-label={label}
          className="flex h-full gap-3.5"
          onKeyDown={(event) => {
            const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
            if (!step) return;
            const next = (at + step + snippets.length) % snippets.length;
            choose(snippets[next]!.language);
            (event.currentTarget.children[next] as HTMLElement).focus();
          }}
        >
          {snippets.map(({ language }, i) => (
            <button
              key={language}
              type="button"
              role="tab"
              id={`${id}-${language}`}
              aria-selected={i === at}
              aria-controls={`${id}-panel`}
              tabIndex={i === at ? 0 : -1}
              onClick={() => choose(language)}
              className="border-y-2 border-transparent text-fg-2 hover:text-fg focus-visible:rounded-none focus-visible:shadow-focus-inset aria-selected:border-b-accent aria-selected:font-medium aria-selected:text-fg"
            >
              {language}
            </button>
          ))}
        </div>
        <span className="ml-auto"><CopyButton text={chosen.full} label={`Copy the ${chosen.language} call`} /></span>
      </div>
      <pre id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${chosen.language}`} tabIndex={0} className={cx(body, "wrap-anywhere whitespace-pre-wrap")}>
        <Highlighted code={chosen.shown} language={chosen.language === "Python" ? "python" : "shell"} />
      </pre>
    </div>
  );
}

let remembered: string | undefined;
