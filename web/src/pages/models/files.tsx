// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Box, Database, Download, FileCode, FileImage, FileJson, FileText, type LucideIcon } from "lucide-react";
import { lazy, Suspense, useEffect, useRef } from "react";
import { call } from "../../api/client.ts";
import * as queries from "../../api/queries.ts";
import type { Model, Version, VersionFile } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { bytes, plural, shortDigest } from "../../logic/format.ts";
import { shownAs } from "../../logic/highlight.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/cx.ts";
import { Panel } from "../../ui/panel.tsx";
import { toast } from "../../ui/toast.ts";
import { useRows } from "../../ui/use-rows.ts";
import { useChosenVersion, useModel } from "./chosen.ts";

const Preview = lazy(() => import("./preview.tsx"));
const route = getRouteApi("/models/$namespace/$model/files");
const kinds: Record<VersionFile["kind"], string> = { WEIGHT: "weights", WEIGHT_CONFIG: "weight config", CODE: "code", DOC: "doc", DATASET: "dataset", OTHER: "other" };

function iconOf(file: VersionFile): LucideIcon {
  if (file.kind === "WEIGHT") return Box;
  if (shownAs(file.path) === "image") return FileImage;
  if (file.kind === "DATASET") return Database;
  if (/\.(json|ya?ml)$/i.test(file.path)) return FileJson;
  return file.kind === "CODE" ? FileCode : FileText;
}

export function Files() {
  const model = useModel();
  const chosen = useChosenVersion(model);
  if (!model.latest_version) return <p className="text-fg-2">No version yet, so no files. Push some to make the first.</p>;
  return <Loaded query={chosen} what={`the version of ${model.slug}`}>{(version) => <Listed model={model} version={version} />}</Loaded>;
}

function Listed({ model, version }: { model: Model; version: Version }) {
  const query = useQuery({ ...queries.files(model.namespace, model.slug, version.number), enabled: version.sealed });
  if (!version.sealed) return <p className="text-fg-2">v{version.number} is open: it has no files yet.</p>;
  return (
    <Loaded query={query} what={`the files of v${version.number}`}>
      {(files) => (
        <>
          <p className="num mb-3 text-fg-2">v{version.number}: {plural(files.length, "file")}, {bytes(files.reduce((sum, file) => sum + file.size_bytes, 0))}</p>
          <Table model={model} version={version} files={files} />
        </>
      )}
    </Loaded>
  );
}

function Table({ model, version, files }: { model: Model; version: Version; files: VersionFile[] }) {
  const { file: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const chosen = files.find((file) => file.path === wanted);
  const open = (index: number) => void navigate({ search: (old) => ({ ...old, file: files[index]?.path === wanted ? undefined : files[index]?.path }), replace: true, resetScroll: false });
  const { rowProps, listProps } = useRows(files.length, open);
  const extra = cx("max-phone:hidden", chosen && "desk:hidden");
  // Beside the list where there is room, else below it, and then brought into sight.
  const beside = useRef<HTMLDivElement>(null);
  const path = chosen?.path;
  useEffect(() => {
    if (path !== undefined) beside.current?.scrollIntoView({ block: "nearest" });
  }, [path]);
  const save = async (file: VersionFile) => {
    try {
      const blob = await (await call(queries.filePath(model.namespace, model.slug, version.number, file.path))).blob();
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = file.path.split("/").at(-1)!;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (cause) {
      toast.failed(`${file.path} was not downloaded`, (cause as Error).message);
    }
  };
  return (
    <div className={cx("grid grid-cols-[minmax(0,1fr)] items-start gap-4", chosen && "desk:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]")}>
      <Panel className="relative overflow-x-auto" tabIndex={-1}>
        <table aria-label="Files" className="whitespace-nowrap" {...listProps}>
          <thead><tr><th className="w-full">File</th><th className={extra}>Kind</th><th className="text-right!">Size</th><th className={extra}>Digest, sha256</th><th><span className="sr-only">Download</span></th></tr></thead>
          <tbody>
            {files.map((file, i) => {
              const Icon = iconOf(file);
              return (
                <tr key={file.path} data-chosen={file === chosen ? "" : undefined} aria-selected={file === chosen} onClick={(event) => !(event.target as HTMLElement).closest("button") && open(i)} {...rowProps(i)}>
                  <td className="w-full max-w-0 min-w-36"><span className="flex min-w-0 items-center gap-2"><Icon aria-hidden size={15} strokeWidth={1.75} className="text-fg-3" /><code className="truncate" title={file.path}>{file.path}</code></span></td>
                  <td className={cx("text-fg-2", extra)}>{kinds[file.kind] ?? file.kind.toLowerCase()}</td>
                  <td className="text-right">{bytes(file.size_bytes)}</td>
                  <td className={cx("text-fg-2", extra)}><code title={file.digest}>{shortDigest(file.digest).replace("sha256:", "").slice(0, 10)}</code></td>
                  <td className="pl-0!"><Button look="quiet" small icon aria-label={`Download ${file.path}`} onClick={() => void save(file)}><Download aria-hidden /></Button></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Panel>
      <div ref={beside} aria-live="polite" className={cx("min-w-0 scroll-mt-14", chosen && "desk:sticky desk:top-16 desk:max-h-[calc(100dvh-80px)] desk:overflow-y-auto")}>
        {chosen ? <Suspense><Preview key={chosen.path} model={model} version={version} file={chosen} /></Suspense> : <p className="text-12 text-fg-3">Choose a file to look into it.</p>}
      </div>
    </div>
  );
}
