// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { createPortal } from "react-dom";
import { Mark } from "../../app/sidebar.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";

const tiles = ["digits", "fraud", "search", "speech", "vision", "whisper", "churn", "meters", "souk", "lang", "pose", "trust", "gate", "serial", "demand", "default"];

/** Stands over the page and its dialogs, which keep their state: a session that ends in the middle of a form loses nothing. */
export function Layer({ label, children }: { label: string; children: ReactNode }) {
  return createPortal(
    <div data-layer data-over role="dialog" aria-modal aria-label={label} className="fixed inset-0 z-40 grid grid-cols-[minmax(0,1fr)_auto] overflow-y-auto bg-bg">
      <div className="flex flex-col px-8 py-6 max-phone:px-4">
        <span className="flex h-7 items-center gap-2 text-[15px] font-[620] tracking-[-.015em]"><Mark />souk</span>
        {children}
      </div>
      <div aria-hidden className="sticky top-0 grid h-screen w-[min(42vw,640px)] grid-cols-4 border-l border-line bg-sunken opacity-60 grayscale max-wide:hidden">
        {tiles.map((name) => (
          <span key={name} className="grid place-items-center border-r border-b border-line"><Identicon of={name} size={72} /></span>
        ))}
      </div>
    </div>,
    document.body,
  );
}
