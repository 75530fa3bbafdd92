// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Bot, Globe, User, Users } from "lucide-react";
import type { ReactNode } from "react";
import * as queries from "../../api/queries.ts";
import type { Role } from "../../api/types.ts";
import { roleMay, roleName, roles } from "../../logic/roles.ts";
import { Choice } from "../../ui/choice.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { RoleChip, RoleField } from "../../ui/role.tsx";

const icons = { USER: User, TEAM: Users, SERVICE_ACCOUNT: Bot, EVERYONE: Globe, ANONYMOUS: Globe, SYSTEM: Bot };
const kinds = { USER: "user", TEAM: "team", SERVICE_ACCOUNT: "service account", EVERYONE: "anybody with a key", ANONYMOUS: "without a key", SYSTEM: "souk itself" };
export type Kind = keyof typeof kinds;
export const kindName = (kind: Kind): string => kinds[kind];

export function Named({ name, kind, note }: { name: string; kind: Kind; note?: ReactNode }) {
  const Icon = icons[kind];
  return (
    <span className="flex min-w-0 items-center gap-2.5">
      <Icon aria-hidden size={15} strokeWidth={1.75} className="text-fg-3" />
      <span className="min-w-0"><b className="block truncate leading-[1.3] font-medium">{name}</b><small className="block truncate text-[11.5px] leading-[1.3] text-fg-3">{note ?? kinds[kind]}</small></span>
    </span>
  );
}

export function RoleMark({ role }: { role: Role }) {
  return <RoleChip name={roleName(role)} strong={role === "OWNER" || role === "ADMIN"} />;
}

export function RoleChoice({ label, value, onChange, none, most = "OWNER", hint, hideLabel = false }: { label?: string; value: Role; onChange: (role: Role) => void; none?: string; most?: Role; hint?: ReactNode; hideLabel?: boolean }) {
  const all = roles.slice(0, roles.indexOf(most) + 1);
  const options = [...(none ? [{ value: "NONE" as Role, name: "None", note: none }] : []), ...all.map((role) => ({ value: role, name: roleName(role), note: roleMay(role) }))];
  return <RoleField {...(label && { label })} value={value} options={options} onChange={onChange} hint={hint} hideLabel={hideLabel} />;
}

/** A namespace of those that one sees. */
export function NamespaceChoice({ label = "Namespace", value, onChange, all, hideLabel = false, className }: { label?: string; value: string; onChange: (ns: string) => void; all?: string; hideLabel?: boolean; className?: string }) {
  const { data } = useQuery(queries.namespaces);
  return (
    <Choice
      label={label}
      hideLabel={hideLabel}
      value={value}
      onChange={onChange}
      {...(className && { className })}
      options={[...(all ? [{ value: "", label: <><Globe aria-hidden size={15} strokeWidth={1.75} />{all}</> }] : []), ...(data ?? []).map((one) => ({ value: one.slug, label: <><Identicon of={one.slug} size={16} /><span className="truncate">{one.slug}</span></> }))]}
    />
  );
}

/** The head of a list under a tab: a line on what it is, and what can be done. */
export function ListHead({ say, children }: { say: ReactNode; children?: ReactNode }) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
      <p className="min-w-52 flex-1 text-fg-2">{say}</p>
      {children ? <div className="flex flex-wrap items-center gap-2">{children}</div> : null}
    </div>
  );
}

export function None({ children }: { children: ReactNode }) {
  return <div className="grid justify-items-center gap-2.5 rounded-panel border border-line bg-surface px-4 py-8 text-center text-fg-2">{children}</div>;
}
