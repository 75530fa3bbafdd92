// SPDX-License-Identifier: Apache-2.0
import { lazy, Suspense, useMemo } from "react";
import type { Model } from "../../api/types.ts";
import { ModelTable } from "./rows.tsx";

const plainLimit = 200;
const VirtualRows = lazy(() => import("./virtual-rows.tsx"));

/** The list. Short ones are drawn whole; longer ones only where they are seen. */
export function ModelRows({ models, onEnd }: { models: Model[]; onEnd: () => void }) {
  const first = useMemo(() => models.slice(0, plainLimit).map((_, index) => ({ index })), [models]);
  if (models.length <= plainLimit) return <ModelTable models={models} places={first} />;
  return <Suspense fallback={<ModelTable models={models} places={first} />}><VirtualRows models={models} onEnd={onEnd} /></Suspense>;
}
