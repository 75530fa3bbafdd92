// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { KeyRound, LogIn, LogOut, Monitor, MonitorSmartphone, Moon, Search, Sun } from "lucide-react";
import * as queries from "../api/queries.ts";
import { session } from "../api/session.ts";
import { signOut } from "../api/sign-in.ts";
import { Button } from "../ui/button.tsx";
import { Kbd } from "../ui/field.tsx";
import { Menu, MenuChoices, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { setTheme, useTheme } from "./theme.ts";

export function FindButton({ onClick }: { onClick: () => void }) {
  return (
    <button
      type="button"
      onClick={onClick}
      aria-label="Search or run a command"
      aria-keyshortcuts="Control+K"
      className="ml-auto flex h-[30px] w-[264px] items-center gap-2 rounded-control border border-line-strong bg-surface pr-1.5 pl-2.5 text-fg-3 hover:border-line-field max-wide:w-44 max-phone:size-9 max-phone:justify-center max-phone:border-transparent max-phone:bg-transparent max-phone:p-0"
    >
      <Search aria-hidden size={15} strokeWidth={1.75} />
      <span className="truncate max-phone:hidden">Search or run a command</span>
      <span className="ml-auto max-wide:hidden"><Kbd>Ctrl K</Kbd></span>
    </button>
  );
}

export function ThemeSwitch() {
  const theme = useTheme();
  const Icon = theme === "dark" ? Moon : theme === "light" ? Sun : Monitor;
  return (
    <Menu align="end" label="Theme" trigger={<Button look="quiet" icon aria-label={`Theme: ${theme}`}><Icon aria-hidden /></Button>}>
      <MenuChoices
        value={theme}
        onChange={setTheme}
        options={[
          { value: "light", label: <><Sun aria-hidden />Light</> },
          { value: "dark", label: <><Moon aria-hidden />Dark</> },
          { value: "system", label: <><Monitor aria-hidden />As the system</> },
        ]}
      />
    </Menu>
  );
}

export function Person() {
  const { data } = useQuery(queries.whoami);
  const name = data?.kind === "ANONYMOUS" ? "Anonymous" : (data?.name ?? "");
  const letters = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean).slice(0, 2).map((word) => [...word][0]!.toUpperCase()).join("") || "?";
  const role = data?.role ? data.role.toLowerCase() : "";
  return (
    <Menu
      align="end"
      label="Account"
      trigger={<button type="button" aria-label={`Account: ${name || "unknown"}`} className="grid size-[26px] flex-none place-items-center rounded-full! bg-(--i0s) text-[10.5px] font-strong text-accent-text max-phone:mx-1 max-phone:size-8">{letters}</button>}
    >
      <div className="px-2 py-1.5">
        <p className="font-medium">{name || "Not signed in"}</p>
        <p className="text-12 text-fg-3">{data?.kind === "ANONYMOUS" ? `Dev mode: no key is needed here${role ? `, ${role}` : ""}` : role}</p>
      </div>
      <MenuSeparator />
      {data?.kind === "USER" ? (
        <>
          <MenuItem render={<Link to="/access/sessions" />}><MonitorSmartphone aria-hidden />Your sessions</MenuItem>
          {session.key() ? null : <MenuItem render={<Link to="/access/sessions" search={{ show: "password" }} />}><KeyRound aria-hidden />Change password</MenuItem>}
        </>
      ) : null}
      {session.key() || data?.kind === "USER" ? <MenuItem onClick={() => void signOut()}><LogOut aria-hidden />Sign out</MenuItem> : <MenuItem onClick={() => session.demand()}><LogIn aria-hidden />Sign in</MenuItem>}
    </Menu>
  );
}
