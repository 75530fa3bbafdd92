// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { CircleDot, CircleX, TriangleAlert } from "lucide-react";
import { useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { RailPart } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { When } from "../../ui/time.tsx";

const few = 12;

/** What happened to it, newest first. */
export function Happened({ deployment }: { deployment: Deployment }) {
  const query = useQuery(queries.logs(deployment.namespace, deployment.slug));
  const [all, setAll] = useState(false);
  return (
    <RailPart title="What happened" note={query.data ? query.data.length : undefined}>
      <Loaded query={query} what="what happened" skeleton={<div className="late grid gap-3"><Bone className="w-40" /><Bone className="w-32" /></div>}>
        {(entries) => {
          const newest = [...entries].sort((a, b) => (a.time < b.time ? 1 : -1));
          return (
            <>
              <ol>
                {newest.slice(0, all ? 500 : few).map((entry, i) => {
                  const level = entry.level.toLowerCase();
                  const [Icon, tone] = level.startsWith("err") || level === "fatal" ? [CircleX, "text-bad"] : level.startsWith("warn") ? [TriangleAlert, "text-warn"] : [CircleDot, "text-fg-3"];
                  return (
                    <li key={`${entry.time} ${i}`} className="relative grid grid-cols-[18px_minmax(0,1fr)_auto] gap-x-2 pb-3 leading-[1.4] before:absolute before:top-[19px] before:bottom-px before:left-[8.5px] before:w-px before:bg-line-strong last:before:hidden">
                      <Icon aria-hidden size={14} strokeWidth={1.75} className={`mt-0.5 ml-0.5 ${tone}`} />
                      <span className="wrap-anywhere">{tone === "text-bad" ? <span className="sr-only">Error: </span> : tone === "text-warn" ? <span className="sr-only">Warning: </span> : null}{entry.message}</span>
                      <When time={entry.time} className="num pt-px text-[11.5px] whitespace-nowrap text-fg-3" />
                    </li>
                  );
                })}
              </ol>
              {newest.length > few ? <div><Button look="quiet" small onClick={() => setAll(!all)}>{all ? "Only the newest" : `All ${newest.length}`}</Button></div> : null}
              {newest.length === 0 ? <p className="text-fg-3">Nothing yet.</p> : null}
            </>
          );
        }}
      </Loaded>
    </RailPart>
  );
}
