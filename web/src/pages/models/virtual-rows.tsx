// SPDX-License-Identifier: Apache-2.0
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Model } from "../../api/types.ts";
import { ModelTable } from "./rows.tsx";

/** A hundred thousand rows scroll like ten: only those near the window are in the page. */
export default function VirtualRows({ models, onEnd }: { models: Model[]; onEnd: () => void }) {
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => setOffset((body.current?.getBoundingClientRect().top ?? 0) + scrollY), []);
  const phone = useMedia("(max-width: 760px)");
  // A new function for the keys would have every row placed anew at each drawing.
  const keyOf = useCallback((index: number) => models[index]!.id, [models]);
  const rows = useWindowVirtualizer({ count: models.length, estimateSize: () => (phone ? 69 : 44), overscan: 12, scrollMargin: offset, scrollPaddingStart: 56, getItemKey: keyOf });
  useEffect(() => rows.measure(), [phone, rows]);
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= models.length - 50) onEnd();
  });
  return (
    <ModelTable
      models={models}
      places={items.map((item) => ({ index: item.index, start: item.start - offset }))}
      height={rows.getTotalSize()}
      body={body}
      scrollTo={(index) => rows.scrollToIndex(index, { align: "auto" })}
    />
  );
}

function useMedia(query: string): boolean {
  const [on, setOn] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const change = () => setOn(list.matches);
    list.addEventListener("change", change);
    return () => list.removeEventListener("change", change);
  }, [query]);
  return on;
}
