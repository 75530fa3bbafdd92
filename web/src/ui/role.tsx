// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { Chip } from "./chip.tsx";
import { Choice } from "./choice.tsx";

interface Named {
  value: string;
  name: string;
  note: string;
}

/** One of the roles, with what each may do beside it. */
export function RoleField<T extends string>({ label = "Role", value, options, onChange, hint, hideLabel = false }: { label?: string; value: T; options: (Named & { value: T })[]; onChange: (value: T) => void; hint?: ReactNode; hideLabel?: boolean }) {
  return <Choice label={label} hideLabel={hideLabel} value={value} onChange={onChange} hint={hint} options={options.map((option) => ({ value: option.value, label: <><span className="w-18 flex-none">{option.name}</span><span className="truncate text-12 text-fg-3">{option.note}</span></> }))} />;
}

export function RoleChip({ name, strong }: { name: string; strong: boolean }) {
  return <Chip tone={strong ? "accent" : name === "None" ? "line" : "idle"}>{name}</Chip>;
}
