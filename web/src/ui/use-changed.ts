// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";

/** True once the value is no longer the one it was first drawn with: what changed under the eye gets a short tint. */
export function useChanged(value: unknown): boolean {
  const [first] = useState(value);
  const [changed, setChanged] = useState(false);
  if (!changed && value !== first) setChanged(true);
  return changed || value !== first;
}
