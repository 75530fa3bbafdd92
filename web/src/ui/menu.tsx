// SPDX-License-Identifier: Apache-2.0
//
// A menu costs nothing until it is wanted: its parts are fetched when the pointer or the focus reaches the trigger.
import { cloneElement, lazy, type ReactElement, type ReactNode, Suspense, useState } from "react";
import type { MenuChoices as Choices } from "./menu-parts.tsx";

const load = () => import("./menu-parts.tsx");
const OpenMenu = lazy(() => load().then((parts) => ({ default: parts.OpenMenu })));
export const MenuItem = lazy(() => load().then((parts) => ({ default: parts.MenuItem })));
export const MenuGroup = lazy(() => load().then((parts) => ({ default: parts.MenuGroup })));
export const MenuSeparator = lazy(() => load().then((parts) => ({ default: parts.MenuSeparator })));
export const MenuChecks = lazy(() => load().then((parts) => ({ default: parts.MenuChecks })));
export const MenuChoices = lazy(() => load().then((parts) => ({ default: parts.MenuChoices }))) as unknown as typeof Choices;

type Trigger = ReactElement<{ onClick?: () => void; onPointerEnter?: () => void; onFocus?: () => void; onKeyDown?: (event: { key: string; preventDefault: () => void }) => void; "aria-haspopup"?: "menu"; "aria-expanded"?: boolean }>;

export function Menu({ trigger, children, align, label }: { trigger: ReactElement; children: ReactNode; align?: "start" | "end"; label?: string }) {
  const [wanted, setWanted] = useState(false);
  if (!wanted) {
    return cloneElement(trigger as Trigger, {
      "aria-haspopup": "menu",
      "aria-expanded": false,
      onPointerEnter: () => void load(),
      onFocus: () => void load(),
      onClick: () => setWanted(true),
      onKeyDown: (event) => {
        if (event.key !== "ArrowDown") return;
        event.preventDefault();
        setWanted(true);
      },
    });
  }
  return (
    <Suspense fallback={trigger}>
      <OpenMenu trigger={trigger} align={align} label={label}>{children}</OpenMenu>
    </Suspense>
  );
}
