// SPDX-License-Identifier: Apache-2.0
//
// Shares of one whole as one bar. The second part is striped: colour is never the only mark.
import type { ReactNode } from "react";
import { cx } from "../cx.ts";

export interface Share {
  key: string | number;
  /** 0 to 100. */
  share: number;
  label: ReactNode;
  /** The same in words alone. */
  said: string;
}

const stripes = "repeating-linear-gradient(135deg, var(--c2) 0 5px, color-mix(in srgb, var(--c2) 62%, var(--surface)) 5px 10px)";
const fill = (index: number) => (index === 1 ? stripes : `var(--c${(index % 6) + 1})`);

export function Swatch({ index }: { index: number }) {
  return <i aria-hidden className="inline-block size-2.5 flex-none rounded-[2px]" style={{ background: fill(index) }} />;
}

/** `marks` stand below, measured from the right: where the second part's share will be. `children` lie over the bar. */
export function SplitBar({ label, shares, marks = [], children }: { label: string; shares: readonly Share[]; marks?: readonly { share: number; now: boolean }[]; children?: ReactNode }) {
  return (
    <div role="group" aria-label={`${label}: ${shares.map((one) => `${one.said} ${one.share} %`).join(", ")}`}>
      <div className="mb-1.5 flex flex-wrap justify-between gap-x-4 gap-y-1">
        {shares.map((one, i) => (
          <span key={one.key} className="inline-flex items-center gap-1.5"><Swatch index={i} />{one.label}<b className="num font-strong">{one.share} %</b></span>
        ))}
      </div>
      <div className="relative">
        <div aria-hidden className="flex h-3.5 overflow-hidden rounded-[4px] bg-sunken">
          {shares.map((one, i) => <i key={one.key} className={cx("block h-full transition-[width] duration-(--settle)", i > 0 && one.share > 0 && "border-l-2 border-surface")} style={{ width: `${one.share}%`, background: fill(i) }} />)}
        </div>
        {children}
      </div>
      {marks.length > 0 ? (
        <div aria-hidden className="relative mt-0.5 h-5 text-11 text-fg-3">
          {marks.map(({ share, now }) => (
            <span key={share} className={cx("absolute top-0 -translate-x-1/2 whitespace-nowrap", now && "font-medium text-fg")} style={{ left: `${Math.min(98, Math.max(2, 100 - share))}%` }}>
              <i className="mx-auto block h-1 w-px bg-line-field" />
              {share} %
            </span>
          ))}
        </div>
      ) : null}
    </div>
  );
}
