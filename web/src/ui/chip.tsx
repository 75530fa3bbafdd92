// SPDX-License-Identifier: Apache-2.0
import { Crown, Swords } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import { useChanged } from "./use-changed.ts";

type Tone = "idle" | "accent" | "line" | "warn" | "ok" | "bad" | "info";
const tones: Record<Tone, string> = {
  idle: "bg-idle-soft text-fg-2",
  accent: "bg-accent-soft text-accent-text",
  line: "text-fg-2 inset-ring inset-ring-line-strong",
  warn: "bg-warn-soft text-warn",
  ok: "bg-ok-soft text-ok",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
};

export function Chip({ tone = "idle", children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span title={title} className={cx("inline-flex h-5 max-w-full flex-none items-center overflow-hidden gap-1 whitespace-nowrap rounded-chip px-1.5 align-middle text-[11.5px] font-[480] [&>svg]:size-3", tones[tone])}>
      {typeof children === "string" ? <span className="truncate">{children}</span> : children}
    </span>
  );
}

/** Champion first, then challenger, then the others by name. */
export function byAlias(a: string, b: string): number {
  const rank = (name: string) => (name === "champion" ? 0 : name === "challenger" ? 1 : 2);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** An alias; champion and challenger have their own marks, others are plain. */
export function AliasChip({ name, version }: { name: string; version?: number | undefined }) {
  const changed = useChanged(version);
  const tone: Tone = name === "champion" ? "accent" : name === "challenger" ? "idle" : "line";
  return (
    <Chip tone={tone} title={version === undefined ? name : `${name} is v${version}`}>
      {name === "champion" ? <Crown aria-hidden /> : name === "challenger" ? <Swords aria-hidden /> : null}
      <span className="max-w-40 truncate">{name}</span>
      {version === undefined ? null : <span className={cx("num text-11", tone !== "accent" && "text-fg-3", changed && "animate-tint")} key={version}>v{version}</span>}
    </Chip>
  );
}
