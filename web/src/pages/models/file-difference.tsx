// SPDX-License-Identifier: Apache-2.0
import { useQueries } from "@tanstack/react-query";
import * as queries from "../../api/queries.ts";
import type { Model, Version, VersionFile } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { diffLines } from "../../logic/diff.ts";
import { Difference } from "../../ui/drawn/difference.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";

const limit = 512 << 10;

export default function FileDifference({ path, sides }: { path: string; sides: { model: Model; version: Version; file: VersionFile | undefined }[] }) {
  const large = sides.some(({ file }) => (file?.size_bytes ?? 0) > limit);
  const bodies = useQueries({
    queries: sides.map(({ model, version, file }) => ({
      ...queries.fileText(model.namespace, model.slug, version.number, path, file?.digest ?? ""),
      enabled: file !== undefined && !large,
    })),
  });
  const failed = bodies.find((query) => query.error);
  const texts = sides.map(({ file }, i) => (file ? bodies[i]?.data : ""));
  const lines = texts.every((text) => text !== undefined) ? diffLines(texts[0]!, texts[1]!) : undefined;
  return (
    <Panel className="mt-4" aria-label={`Difference of ${path}`}>
      <PanelHead title={<code>{path}</code>} note={`v${sides[0]!.version.number} → v${sides[1]!.version.number}`} />
      {failed?.error ? <div className="p-3"><Failure what={path} problem={failed.error} retry={() => void failed.refetch()} /></div>
      : large ? <p className="px-4 py-3 text-fg-2">Too large to compare here. Download both.</p>
      : lines ? <Difference lines={lines} />
      : texts.every((text) => text !== undefined) ? <p className="px-4 py-3 text-fg-2">Too different to compare here. Download both.</p>
      : <Bone className="late m-4 h-24" />}
    </Panel>
  );
}
