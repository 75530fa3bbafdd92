// SPDX-License-Identifier: Apache-2.0
//
// The log line by line, the newest last. It follows what comes while its end is in sight, and stays where somebody reads.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ArrowDown, Search } from "lucide-react";
import { useLayoutEffect, useRef, useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Deployment, LogEntry } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { exact, stamp } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { cx } from "../../ui/cx.ts";
import { SearchField, Segments } from "../../ui/field.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";

const route = getRouteApi("/deployments/$namespace/$deployment");
const isBad = ({ level }: LogEntry) => /^(err|fatal|warn)/i.test(level);

export function Log({ deployment }: { deployment: Deployment }) {
  const { line = "", level } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(queries.logs(deployment.namespace, deployment.slug));
  const set = (change: { line?: string | undefined; level?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const only = level === "bad" ? "bad" : "";
  const words = line.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = (query.data ?? []).filter((entry) => (!only || isBad(entry)) && words.every((word) => entry.message.toLowerCase().includes(word)));
  const text = shown.map((entry) => `${entry.time} ${entry.level} ${entry.message}`).join("\n");
  const name = deployment.namespace === "default" ? deployment.slug : `${deployment.namespace}/${deployment.slug}`;
  return (
    <Panel aria-label="Log">
      <PanelHead title="Log" note={query.data ? (shown.length === query.data.length ? `${shown.length} lines` : `${shown.length} of ${query.data.length} lines`) : undefined}>
        <SearchField icon={Search} className="w-44 max-phone:w-36" aria-label="Search the log" placeholder="Search" value={line} onText={(next) => set({ line: next || undefined })} />
        <Segments<"" | "bad"> label="Lines" value={only} onChange={(next) => set({ level: next || undefined })} options={[{ value: "", label: "All" }, { value: "bad", label: "Errors" }]} />
        <CopyButton text={text} label="Copy these lines" />
      </PanelHead>
      <Loaded query={query} what="the log" skeleton={<Bone className="late m-4 h-24" />}>
        {() => (shown.length > 0 ? <Lines entries={shown} /> : <p className="px-4 py-3 text-fg-2">{line || only ? "No line fits." : "Nothing yet."}</p>)}
      </Loaded>
      <p className="border-t border-line px-4 py-2 text-12 text-fg-3">In a terminal: <code>souk logs {name} --follow</code></p>
    </Panel>
  );
}

function Lines({ entries }: { entries: LogEntry[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const [seen, setSeen] = useState(entries.length);
  const toEnd = () => {
    setFollows(true);
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const last = entries.at(-1);
  useLayoutEffect(() => {
    if (!follows) return;
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
    setSeen(entries.length);
  }, [follows, entries.length, last?.time, last?.message]);
  const come = Math.max(0, entries.length - seen);
  return (
    <div className="relative">
      <div
        ref={box}
        role="log"
        aria-label="Lines of the log"
        tabIndex={0}
        onScroll={({ currentTarget: at }) => setFollows(at.scrollHeight - at.scrollTop - at.clientHeight < 12)}
        className="max-h-72 overflow-auto bg-code py-2 font-mono text-12 leading-[1.65] focus-visible:shadow-focus-inset"
      >
        {entries.map((entry, i) => (
          <p key={i} className={cx("flex gap-3 px-4 hover:bg-hover", isBad(entry) && "text-bad")}>
            <time dateTime={entry.time} title={exact(entry.time)} className="flex-none text-fg-3">{stamp(entry.time)}</time>
            {isBad(entry) ? <span className="flex-none">{entry.level}</span> : null}
            <span className="min-w-0 wrap-anywhere whitespace-pre-wrap">{entry.message}</span>
          </p>
        ))}
      </div>
      {follows ? null : (
        <Button small className="absolute right-4 bottom-2.5 shadow-float!" onClick={toEnd}><ArrowDown aria-hidden />{come > 0 ? `${come} new, go to the end` : "Follow"}</Button>
      )}
    </div>
  );
}
