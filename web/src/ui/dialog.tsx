// SPDX-License-Identifier: Apache-2.0
import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";

/** Something stands over all dialogs: what is pressed there is not meant for one of them. */
const covered = () => document.querySelector("[data-over]") !== null;

/** A layer over the page. `onClose` is asked on Escape, on a press outside and by the browser's back gesture. */
export function Dialog({ title, hideTitle = false, wide = false, open, onClose, children }: { title: string; hideTitle?: boolean; wide?: boolean; open: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && !covered() && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-30 bg-overlay transition-opacity duration-(--settle) data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          data-layer
          className={cx(
            "fixed top-[104px] left-1/2 z-31 max-h-[calc(100dvh-128px)] -translate-x-1/2 overflow-y-auto rounded-dialog border border-line-strong bg-raised shadow-dialog max-phone:top-4 max-phone:max-h-[calc(100dvh-32px)]",
            "transition-[opacity,translate] duration-(--settle) data-ending-style:opacity-0 data-starting-style:-translate-y-1 data-starting-style:opacity-0",
            wide ? "w-[min(720px,calc(100vw-24px))]" : "w-[min(460px,calc(100vw-24px))]",
          )}
        >
          <Base.Title className={hideTitle ? "sr-only" : "px-4 pt-4 text-14 font-strong"}>{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export function DialogBody({ children }: { children: ReactNode }) {
  return <div className="grid gap-3 px-4 pt-2.5 pb-4">{children}</div>;
}
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="flex justify-end gap-2 pt-1">{children}</div>;
}
