// SPDX-License-Identifier: Apache-2.0
import { createLink } from "@tanstack/react-router";
import { type ComponentProps, type ReactNode, useEffect, useRef } from "react";

/** Tabs of a page are links: each has its own address. Arrow keys move between them. */
export function PageTabs({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone the current one may be out of sight.
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (nav.current && current) nav.current.scrollLeft = current.offsetLeft - (nav.current.clientWidth - current.offsetWidth) / 2;
  });
  return (
    <nav
      ref={nav}
      aria-label={label}
      className="mb-5 flex gap-5 relative overflow-x-auto border-b border-line [scrollbar-width:none] max-phone:-mx-4 max-phone:px-4"
      onKeyDown={(event) => {
        const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (!step) return;
        const tabs = [...event.currentTarget.querySelectorAll("a")];
        const at = tabs.indexOf(document.activeElement as HTMLAnchorElement);
        if (at >= 0) tabs[(at + step + tabs.length) % tabs.length]!.focus();
      }}
    >
      {children}
    </nav>
  );
}

function Tab({ count, children, className: _active, ...rest }: ComponentProps<"a"> & { count?: number | undefined }) {
  return (
    <a
      className="flex items-center gap-1.5 whitespace-nowrap border-b-2 border-transparent pt-0.5 pb-[9px] text-fg-2 hover:text-fg focus-visible:rounded-none focus-visible:shadow-focus-inset aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-fg"
      {...rest}
    >
      {children}
      {count === undefined ? null : <span className="num text-11 text-fg-3">{count}</span>}
    </a>
  );
}
export const PageTab = createLink(Tab);
