// SPDX-License-Identifier: Apache-2.0
import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { compareRows } from "../../logic/compare.ts";
import { plural } from "../../logic/format.ts";
import { Choice } from "../../ui/choice.tsx";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { Facts } from "../../ui/drawn/facts.tsx";
import { Bone } from "../../ui/skeleton.tsx";

/** What two revisions are configured with: the facts and the declaration of the versions they run, what differs alone. */
export default function DiffersDialog({ deployment, from, to, choose, onClose }: { deployment: Deployment; from: number; to: number; choose: (change: { from?: string; to?: string }) => void; onClose: () => void }) {
  const { model_namespace: ns, model, revisions } = deployment;
  const sides = [from, to].map((number) => revisions.find((one) => one.number === number));
  const versions = sides.map((one) => one?.version ?? 0);
  const found = useQueries({ queries: versions.map((number) => ({ ...queries.version(ns, model, String(number)), enabled: number > 0 })) });
  const files = useQueries({ queries: versions.map((number) => ({ ...queries.files(ns, model, number), enabled: number > 0 })) });
  const declared = useQueries({ queries: versions.map((number) => ({ ...queries.declaration(ns, model, number), enabled: number > 0 })) });
  const failed = [...found, ...files, ...declared].find((query) => query.error);
  const all = versions.flatMap((_, i) => {
    const [version, list, declaration] = [found[i]?.data, files[i]?.data, declared[i]?.data];
    return version && list && declaration !== undefined ? [{ version, files: list, declaration }] : [];
  });
  const rows = all.length === 2 ? compareRows(all).filter((row) => row.differs) : [];
  const own = rows.filter((row) => row.group !== "Files");
  const options = revisions.map((one) => ({ value: String(one.number), label: `r${one.number}, v${one.version}` }));
  return (
    <Dialog open wide title={`What differs in ${deployment.slug}`} onClose={onClose}>
      <DialogBody>
        <div className="flex items-end gap-3">
          <Choice className="min-w-0 flex-1" label="Before" value={String(from)} options={options} onChange={(next) => choose({ from: next })} />
          <Choice className="min-w-0 flex-1" label="After" value={String(to)} options={options} onChange={(next) => choose({ to: next })} />
        </div>
        {sides.includes(undefined) ? <p className="text-fg-2">One of these revisions is no longer kept.</p>
        : versions[0] === versions[1] ? <p className="text-fg-2">Both run v{versions[0]}: nothing of the model differs.</p>
        : failed?.error ? <Failure what="one of the versions" problem={failed.error} retry={() => void failed.refetch()} />
        : all.length < 2 ? <Bone className="late h-40 rounded-panel" />
        : (
          <>
            <Facts label="What differs" rows={own} first="" heads={sides.map((one) => <span key={one!.number} className="font-mono">r{one!.number} · v{one!.version}</span>)} />
            <p className="text-fg-2">
              {plural(rows.length - own.length, "file")} differ{rows.length - own.length === 1 ? "s" : ""}.{" "}
              <Link className="link underline underline-offset-2" to="/models/$namespace/$model/compare" params={{ namespace: ns, model }} search={{ versions: versions.join() }}>Compare v{versions[0]} and v{versions[1]} whole</Link>
            </p>
          </>
        )}
      </DialogBody>
    </Dialog>
  );
}
