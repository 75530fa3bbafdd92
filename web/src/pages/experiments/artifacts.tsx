// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Database, FileText, Package } from "lucide-react";
import * as reads from "../../api/experiments.ts";
import type { Run, RunArtifact } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { shortDigest } from "../../logic/format.ts";
import { Chip } from "../../ui/chip.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";

const icons = { DATASET: Database, DOC: FileText } as const;

/** What a run was given, and what it made. */
export function Artifacts({ run }: { run: Run }) {
  const { data, error, refetch } = useQuery(reads.artifacts(run.namespace, run.experiment, String(run.id)));
  if (error) return <Failure what="what the run used and made" problem={error} retry={() => void refetch()} />;
  const inputs = data?.filter(({ kind }) => kind === "DATASET") ?? [];
  const made = data?.filter(({ kind }) => kind !== "DATASET") ?? [];
  return (
    <>
      {inputs.length > 0 ? <List title="Inputs" note="what it was given" artifacts={inputs} /> : null}
      {made.length > 0 ? <List title="Artifacts" note="what it made" artifacts={made} /> : null}
    </>
  );
}

function List({ title, note, artifacts }: { title: string; note: string; artifacts: RunArtifact[] }) {
  return (
    <Panel aria-label={title}>
      <PanelHead title={title} note={note} />
      <Table
        framed={false}
        label={title}
        rows={artifacts}
        keyOf={(one) => one.id}
        columns={[
          { name: "Name", side: "main", cell: (one) => <Named artifact={one} /> },
          { name: "Kind", from: "phone", cell: (one) => <Chip tone="line">{one.kind.charAt(0) + one.kind.slice(1).toLowerCase()}</Chip> },
          { name: "Digest", from: "wide", cell: (one) => (one.digest ? <code title={one.digest}>{shortDigest(one.digest)}</code> : <span className="text-fg-3">–</span>) },
          { name: "Logged", side: "right", from: "phone", cell: (one) => <span className="text-fg-2"><When time={one.create_time} /></span> },
        ]}
      />
    </Panel>
  );
}

function Named({ artifact }: { artifact: RunArtifact }) {
  const Icon = icons[artifact.kind as keyof typeof icons] ?? Package;
  const place = artifact.uri ?? artifact.source ?? "";
  return (
    <span className="flex min-w-0 items-center gap-2.5">
      <Icon aria-hidden size={15} className="text-fg-3" />
      <TwoLines title={<bdi>{artifact.name}</bdi>} note={place || artifact.description || undefined} />
      {place ? <CopyButton text={place} label={`Copy where ${artifact.name} is`} /> : null}
    </span>
  );
}
