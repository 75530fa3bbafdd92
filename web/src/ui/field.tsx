// SPDX-License-Identifier: Apache-2.0
import { CircleX, type LucideIcon } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./cx.ts";
import { useTyped } from "./use-typed.ts";

const box = "flex h-[30px] items-center gap-2 rounded-control border border-line-strong bg-surface px-2.5 transition-colors focus-within:border-accent focus-within:shadow-[0_0_0_1px_var(--accent)] max-phone:h-9";
const inner = "w-full min-w-0 bg-transparent focus-visible:shadow-none";

/** Its value may live in the address: what is typed stands in the field at once. */
export function SearchField({ icon: Icon, after, className, value, onText, ...rest }: Omit<ComponentProps<"input">, "value" | "onChange"> & { icon: LucideIcon; after?: ReactNode; value: string; onText: (text: string) => void }) {
  const [text, type] = useTyped(value, onText);
  return (
    <label className={cx(box, className)}>
      <Icon aria-hidden size={15} className="text-fg-3" />
      <input type="text" autoComplete="off" spellCheck={false} className={inner} value={text} onChange={(event) => type(event.target.value)} {...rest} />
      {after}
    </label>
  );
}

export function TextField({ label, hint, error, ...rest }: ComponentProps<"input"> & { label: string; hint?: ReactNode; error?: string | undefined }) {
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-12 font-medium">{label}</label>
      <div className={cx(box, error && "border-bad! shadow-[0_0_0_1px_var(--bad)]!")}>
        <input id={id} type="text" autoComplete="off" spellCheck={false} className={inner} aria-invalid={error ? true : undefined} aria-describedby={error || hint ? `${id}-say` : undefined} {...rest} />
      </div>
      <p id={`${id}-say`} className={cx("text-12 empty:hidden", error ? "flex gap-1.5 text-bad" : "text-fg-3")}>
        {error ? <CircleX aria-hidden size={13} className="mt-0.5" /> : null}
        {error ?? hint}
      </p>
    </div>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className="inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-chip border border-line-strong bg-bg px-1 font-sans text-[10.5px] leading-none font-medium text-fg-2">{children}</kbd>;
}

/** One of a few, side by side. */
export function Segments<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: { value: T; label: ReactNode; disabled?: boolean }[]; onChange: (value: T) => void }) {
  return (
    <div role="group" aria-label={label} className="inline-flex gap-px rounded-[7px] bg-sunken p-0.5 inset-ring inset-ring-line">
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          disabled={option.disabled}
          onClick={() => onChange(option.value)}
          className="inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-[5px] px-[9px] text-12 text-fg-2 hover:text-fg disabled:text-fg-3 aria-pressed:bg-surface aria-pressed:font-medium aria-pressed:text-fg aria-pressed:shadow-[0_0_0_1px_var(--line-strong)] max-phone:h-8 [&>svg]:size-[13px]"
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
