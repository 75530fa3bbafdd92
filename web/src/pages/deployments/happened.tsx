// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleDot, CirclePause, CircleX, GitBranch, Hand, type LucideIcon, Rocket } from "lucide-react";
import { useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { type Happening, happeningsOf } from "../../logic/happenings.ts";
import { Button } from "../../ui/button.tsx";
import { RailPart } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { When } from "../../ui/time.tsx";

const few = 10;
const icons: Record<Happening["icon"], LucideIcon> = { ready: CircleCheck, failed: CircleX, rollout: GitBranch, begins: Rocket, hand: Hand, stopped: CirclePause, other: CircleDot };
const tones = { ok: "text-ok", bad: "text-bad", warn: "text-warn", info: "text-info", idle: "text-fg-3" };

/** What happened to it, newest first; events bring what comes. */
export function Happened({ deployment }: { deployment: Deployment }) {
  const query = useQuery(queries.logs(deployment.namespace, deployment.slug));
  const [all, setAll] = useState(false);
  return (
    <RailPart title="What happened">
      <Loaded query={query} what="what happened" skeleton={<div className="late grid gap-3"><Bone className="w-40" /><Bone className="w-32" /></div>}>
        {(entries) => {
          const found = happeningsOf(entries, new Map(deployment.revisions.map((one) => [one.number, one.version])));
          return (
            <>
              <ol>{found.slice(0, all ? 500 : few).map((one, i) => <Entry key={`${one.time} ${i}`} one={one} />)}</ol>
              {found.length > few ? <div><Button look="quiet" small onClick={() => setAll(!all)}>{all ? "Only the newest" : `All ${found.length}`}</Button></div> : null}
              {found.length === 0 ? <p className="text-fg-3">Nothing yet.</p> : null}
            </>
          );
        }}
      </Loaded>
    </RailPart>
  );
}

function Entry({ one: { icon, tone, title, note, time } }: { one: Happening }) {
  const Icon = icons[icon];
  return (
    <li className="relative grid grid-cols-[18px_minmax(0,1fr)_auto] gap-x-2 pb-3 leading-[1.4] before:absolute before:top-[19px] before:bottom-px before:left-[8.5px] before:w-px before:bg-line-strong last:before:hidden">
      <Icon aria-hidden size={14} strokeWidth={1.75} className={`mt-0.5 ml-0.5 ${tones[tone]}`} />
      <span className="wrap-anywhere">
        {tone === "bad" ? <span className="sr-only">Error: </span> : tone === "warn" ? <span className="sr-only">Warning: </span> : null}
        {title}
        {note ? <small className="block text-12 text-fg-3">{note}</small> : null}
      </span>
      <When time={time} className="num pt-px text-[11.5px] whitespace-nowrap text-fg-3" />
    </li>
  );
}
