// SPDX-License-Identifier: Apache-2.0
import { cx } from "./cx.ts";

export function Bone({ className }: { className?: string }) {
  return <span className={cx("block h-[9px] animate-skeleton rounded-[3px] bg-line", className)} />;
}

/** Rows as the list will have them; seen only when the answer takes longer than 150 ms. */
export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  const widths = ["w-24", "w-32", "w-20", "w-28"];
  return (
    <div role="status" aria-label="Loading" className="late rounded-panel border border-line bg-surface">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className="flex h-11 items-center gap-2.5 border-t border-line px-4 first:border-t-0">
          <Bone className="size-[28px] flex-none rounded-control" />
          <span className="grid gap-1.5">
            <Bone className={widths[i % 4]!} />
            <Bone className={widths[(i + 1) % 4]!} />
          </span>
          <Bone className={cx("ml-auto", widths[(i + 2) % 4])} />
        </div>
      ))}
    </div>
  );
}

export function SkeletonPage() {
  return (
    <div role="status" aria-label="Loading" className="late grid gap-5">
      <div className="flex items-center gap-3">
        <Bone className="size-10 rounded-control" />
        <span className="grid gap-2"><Bone className="h-3 w-40" /><Bone className="w-64" /></span>
      </div>
      <div className="grid grid-cols-4 rounded-panel border border-line bg-surface max-phone:grid-cols-2">
        {[0, 1, 2, 3].map((i) => (
          <span key={i} className="grid gap-2 p-4"><Bone className="w-16" /><Bone className="h-4 w-24" /></span>
        ))}
      </div>
      <div className="h-56 rounded-panel border border-line bg-surface p-4"><Bone className="w-32" /></div>
    </div>
  );
}
