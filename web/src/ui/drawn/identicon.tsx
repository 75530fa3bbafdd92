// SPDX-License-Identifier: Apache-2.0
import { identicon } from "../../logic/identicon.ts";

const corners = ["0 0", "10 0", "0 10", "10 10"];

/** `of`: "namespace/name". Drawn for the eye only; its name always stands beside it. */
export function Identicon({ of, size = 30 }: { of: string; size?: number }) {
  const { hue, cells } = identicon(of);
  return (
    <svg aria-hidden width={size} height={size} viewBox="-2 -2 24 24" className={size > 24 ? "rounded-control" : "rounded-chip"}>
      <rect x="-2" y="-2" width="24" height="24" fill={`var(--i${hue}s)`} />
      {cells.map(({ path, strong }, i) => (
        <path key={i} d={path} transform={`translate(${corners[i]})`} fill={`var(--i${hue}${strong ? "" : "m"})`} />
      ))}
    </svg>
  );
}
