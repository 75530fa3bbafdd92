// SPDX-License-Identifier: Apache-2.0
// Where toasts are drawn; loaded with the first of them. See toast.ts.
import { Toast } from "@base-ui/react/toast";
import { CircleCheck, CircleX } from "lucide-react";
import { useEffect } from "react";
import { buttonClass } from "./button.tsx";
import { drawToasts } from "./toast.ts";

function List() {
  const { toasts, add, close } = Toast.useToastManager();
  useEffect(
    () =>
      drawToasts(({ tone, title, description, undo }) => {
        const id = add({
          title,
          description,
          type: tone,
          timeout: tone === "bad" ? 12_000 : undo ? 8000 : 4000,
          ...(tone === "bad" && { priority: "high" as const }),
          ...(undo && { actionProps: { children: "Undo", onClick: () => (close(id), undo()) } }),
        });
      }),
    [add, close],
  );
  return toasts.map((one) => (
    <Toast.Root
      key={one.id}
      toast={one}
      className="flex min-h-10 w-[min(380px,calc(100vw-32px))] items-center gap-2.5 rounded-panel border border-line-strong bg-raised py-2 pr-2.5 pl-3.5 shadow-float transition-[opacity,translate] duration-(--settle) data-ending-style:opacity-0 data-starting-style:translate-y-1 data-starting-style:opacity-0"
    >
      {one.type === "bad" ? <CircleX aria-hidden size={15} className="text-bad" /> : <CircleCheck aria-hidden size={15} className="text-ok" />}
      <div className="min-w-0 flex-1 wrap-anywhere">
        <Toast.Title className="font-medium" />
        <Toast.Description className="text-12 text-fg-2" />
      </div>
      <Toast.Action className={buttonClass({ small: true })} />
      <Toast.Close aria-label="Dismiss" className={buttonClass({ small: true, icon: true, look: "quiet" })}>×</Toast.Close>
    </Toast.Root>
  ));
}

export default function Toasts() {
  return (
    <Toast.Provider limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex flex-col gap-2">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
