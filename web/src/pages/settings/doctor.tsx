// SPDX-License-Identifier: Apache-2.0
//
// What souk doctor finds: what is wrong first, each with what to do; what is well is one line until somebody asks.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { CircleCheck, CircleX, type LucideIcon, Stethoscope, TriangleAlert } from "lucide-react";
import { Problem } from "../../api/client.ts";
import * as health from "../../api/health.ts";
import type { Diagnosis, FindingVerdict } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { milliseconds, plural } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { When } from "../../ui/time.tsx";

type Finding = Diagnosis["findings"][number];
const marks: Record<FindingVerdict, [icon: LucideIcon, word: string, ink: string]> = { WRONG: [CircleX, "Wrong", "text-bad"], WARNING: [TriangleAlert, "Warning", "text-warn"], OK: [CircleCheck, "Well", "text-ok"] };
const subjects: Record<string, string> = { versions: "Versions", clock: "Clock", limits: "Limits", sandbox: "Sandbox", disk: "Disk", database: "Database", blobs: "Bytes", manifests: "Manifests", address: "Address", server: "Server" };

export function Doctor() {
  const query = useQuery(health.diagnosis);
  useLooksAgain(() => void query.refetch());
  if (query.error instanceof Problem && query.error.status === 403) return null;
  return (
    <Panel aria-label="Doctor" aria-busy={query.isFetching}>
      <PanelHead title="Doctor" note={query.data ? <>looked <When time={query.data.time} />, in {milliseconds(query.data.seconds * 1000)}</> : "looking"}>
        <Button small disabled={query.isFetching} onClick={() => void query.refetch()}><Stethoscope aria-hidden />{query.isFetching ? "Looking" : "Look again"}</Button>
      </PanelHead>
      <Loaded query={query} what="what is well" skeleton={<div className="late p-4"><Bone className="w-40" /></div>}>{(data) => <Found data={data} />}</Loaded>
    </Panel>
  );
}

/** It costs a process and writes to disks: looks by itself only when the server becomes ready or not, or an alarm comes or goes. */
function useLooksAgain(look: () => void): void {
  const now = useQuery(health.health).data;
  const state = now && JSON.stringify([now.ready, health.alarms(now)]);
  const seen = useRef(state);
  useEffect(() => {
    if (seen.current !== undefined && state !== undefined && seen.current !== state) look();
    seen.current = state ?? seen.current;
  });
}

function Found({ data }: { data: Diagnosis }) {
  const bad = data.findings.filter((one) => one.verdict !== "OK").sort((a, b) => Number(b.verdict === "WRONG") - Number(a.verdict === "WRONG"));
  const well = data.findings.filter((one) => one.verdict === "OK");
  return (
    <>
      {bad.length > 0 ? <ul aria-label="Findings" className="grid">{bad.map((one, i) => <Line key={`${one.check} ${i}`} finding={one} />)}</ul> : null}
      <details className="group border-t border-line first:border-t-0">
        <summary className="flex min-h-10 cursor-default items-center gap-2 px-4 py-1.5 marker:content-none hover:bg-hover"><CircleCheck aria-hidden size={14} className="text-ok" /><span>{bad.length === 0 ? "Everything is well" : `${plural(well.length, "other check")} found nothing wrong`}</span><span className="ml-auto text-12 whitespace-nowrap text-fg-3"><span className="group-open:hidden">Show {plural(well.length, "check")}</span><span className="hidden group-open:inline">Hide</span></span></summary>
        <ul aria-label="Well">{well.map((one, i) => <Line key={`${one.check} ${i}`} finding={one} />)}</ul>
      </details>
    </>
  );
}

function Line({ finding }: { finding: Finding }) {
  const [Icon, word, ink] = marks[finding.verdict];
  const [subject = "", part] = finding.check.split(".");
  return (
    <li className="grid grid-cols-[150px_minmax(0,1fr)] gap-x-4 gap-y-0.5 border-t border-line px-4 py-2 first:border-t-0 max-phone:grid-cols-[minmax(0,1fr)]">
      <span className="inline-flex items-baseline gap-1.5"><Icon aria-hidden size={14} className={`${ink} translate-y-0.5`} /><span className="sr-only">{word}:</span>{subjects[subject] ?? subject}{part ? <span className="text-fg-3">{part}</span> : null}</span>
      <span className="min-w-0 wrap-anywhere">
        <span className={finding.verdict === "OK" ? "text-fg-2" : "font-medium"}>{finding.found}</span>
        {finding.fix ? <span className="mt-0.5 flex items-start gap-1 text-fg-2"><span className="min-w-0">To do: {finding.fix}</span><CopyButton text={finding.fix} label={`Copy what to do about ${finding.check}`} /></span> : null}
      </span>
    </li>
  );
}
