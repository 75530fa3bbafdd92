// SPDX-License-Identifier: Apache-2.0
import { CircleCheck, CircleX, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";

const looks = {
  bad: { icon: CircleX, edge: "border-l-bad", ink: "text-bad" },
  warn: { icon: TriangleAlert, edge: "border-l-warn", ink: "text-warn" },
  info: { icon: Info, edge: "border-l-info", ink: "text-info" },
  ok: { icon: CircleCheck, edge: "border-l-ok", ink: "text-ok" },
};

export function Note({ tone, title, children, actions, role }: { tone: keyof typeof looks; title: ReactNode; children?: ReactNode; actions?: ReactNode; role?: "alert" | "status" }) {
  const { icon: Icon, edge, ink } = looks[tone];
  return (
    <div role={role} className={cx("flex gap-2.5 rounded-control border border-l-[3px] border-line bg-surface px-3 py-2.5", edge)}>
      <Icon aria-hidden size={15} className={cx("mt-0.5", ink)} />
      <div className="min-w-0 flex-1 wrap-anywhere">
        <p className="font-medium">{title}</p>
        {children ? <div className="text-fg-2">{children}</div> : null}
        {actions ? <div className="mt-2 flex flex-wrap gap-2">{actions}</div> : null}
      </div>
    </div>
  );
}
