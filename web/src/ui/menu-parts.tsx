// SPDX-License-Identifier: Apache-2.0
// The parts of a menu. Pages use menu.tsx, which loads these when the first menu is wanted.
import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx.ts";

const item = "flex min-h-[30px] cursor-default items-center gap-2 rounded-[5px] px-2 outline-none select-none data-highlighted:bg-accent-soft max-phone:min-h-9 [&>svg]:size-[15px] [&>svg]:text-fg-3";

export function OpenMenu({ trigger, children, align = "start", label }: { trigger: ReactElement; children: ReactNode; align?: "start" | "end" | undefined; label?: string | undefined }) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={4} className="z-40 outline-none">
          <Base.Popup aria-label={label} data-layer className="max-h-(--available-height) min-w-44 overflow-y-auto rounded-panel border border-line-strong bg-raised p-1 shadow-float transition-[opacity,translate] duration-(--settle) data-ending-style:opacity-0 data-starting-style:-translate-y-1 data-starting-style:opacity-0">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({ children, danger, ...rest }: { children: ReactNode; danger?: boolean; onClick?: () => void; disabled?: boolean; render?: ReactElement }) {
  return <Base.Item className={cx(item, danger && "text-bad [&>svg]:text-bad!", rest.disabled && "text-fg-3")} {...rest}>{children}</Base.Item>;
}

export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-1.5 pb-1 text-11 text-fg-3">{label}</Base.GroupLabel>
      {children}
    </Base.Group>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />;
}

/** Any of several; the menu stays open while they are chosen. */
export function MenuChecks({ checked, options, onChange }: { checked: readonly string[]; options: { value: string; label: ReactNode }[]; onChange: (value: string, on: boolean) => void }) {
  return options.map((option) => (
    <Base.CheckboxItem key={option.value} checked={checked.includes(option.value)} onCheckedChange={(on) => onChange(option.value, on)} className={item} closeOnClick={false}>
      {option.label}
      <Base.CheckboxItemIndicator className="ml-auto pl-4"><Check aria-hidden size={14} className="text-accent-text" /></Base.CheckboxItemIndicator>
    </Base.CheckboxItem>
  ));
}

export function MenuChoices<T extends string>({ value, options, onChange }: { value: T; options: { value: T; label: ReactNode }[]; onChange: (value: T) => void }) {
  return (
    <Base.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map((option) => (
        <Base.RadioItem key={option.value} value={option.value} className={item} closeOnClick>
          {option.label}
          <Base.RadioItemIndicator className="ml-auto pl-4"><Check aria-hidden size={14} className="text-accent-text" /></Base.RadioItemIndicator>
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}
