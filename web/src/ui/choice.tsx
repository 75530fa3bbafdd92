// SPDX-License-Identifier: Apache-2.0
import { ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import { Menu, MenuChoices } from "./menu.tsx";

export const fieldButton = "flex h-[30px] w-full min-w-0 items-center gap-2 rounded-control border border-line-strong bg-surface px-2.5 hover:border-line-field max-phone:h-9 [&>svg]:size-[15px] [&>svg]:text-fg-3";

/** A field with one of a few values. `label` is also its name to those who hear the page. */
export function Choice<T extends string>({ label, hideLabel = false, value, options, onChange, hint, className }: { label: string; hideLabel?: boolean; value: T; options: { value: T; label: ReactNode }[]; onChange: (value: T) => void; hint?: ReactNode; className?: string }) {
  const chosen = options.find((option) => option.value === value);
  return (
    <div className={cx("grid gap-1", className)}>
      {hideLabel ? null : <span aria-hidden className="text-12 font-medium">{label}</span>}
      <Menu label={label} trigger={<button type="button" aria-label={`${label}: ${value || "none"}`} className={fieldButton}><span className="flex min-w-0 items-center gap-2 truncate">{chosen?.label ?? <span className="text-fg-3">Choose one</span>}</span><ChevronsUpDown aria-hidden size={13} className="ml-auto" /></button>}>
        <MenuChoices value={value} onChange={onChange} options={options} />
      </Menu>
      {hint ? <p className="text-12 text-fg-3">{hint}</p> : null}
    </div>
  );
}
