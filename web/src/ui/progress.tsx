// SPDX-License-Identifier: Apache-2.0
/** How far something is, 0 to 1; without a value it goes on, nobody knows how far. */
export function Progress({ label, value }: { label: string; value?: number | undefined }) {
  return (
    <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} {...(value === undefined ? {} : { "aria-valuenow": Math.round(value * 100) })} className="h-1.5 overflow-hidden rounded-full bg-sunken">
      <i aria-hidden className={value === undefined ? "block h-full w-1/3 animate-skeleton bg-info" : "block h-full bg-accent transition-[width] duration-(--settle)"} style={value === undefined ? {} : { width: `${Math.min(100, value * 100)}%` }} />
    </div>
  );
}
