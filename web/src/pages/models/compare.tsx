// SPDX-License-Identifier: Apache-2.0
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { FileDiff } from "lucide-react";
import { Fragment, lazy, Suspense } from "react";
import * as queries from "../../api/queries.ts";
import type { Model } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { type Compared, compareRows, foundRows } from "../../logic/compare.ts";
import { plural } from "../../logic/format.ts";
import { shownAs } from "../../logic/highlight.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { AliasChip } from "../../ui/chip.tsx";
import { Facts } from "../../ui/drawn/facts.tsx";
import { Segments } from "../../ui/field.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { useModel } from "./chosen.ts";
import { pickedOf } from "./picked.ts";

const FileDifference = lazy(() => import("./file-difference.tsx"));
const route = getRouteApi("/models/$namespace/$model/compare");

export function Compare() {
  const model = useModel();
  const { versions } = route.useSearch();
  const picked = pickedOf(versions);
  const found = useQueries({ queries: picked.map((number) => queries.version(model.namespace, model.slug, String(number))) });
  const files = useQueries({ queries: picked.map((number, i) => ({ ...queries.files(model.namespace, model.slug, number), enabled: found[i]?.data?.sealed === true })) });
  const declared = useQueries({ queries: picked.map((number, i) => ({ ...queries.declaration(model.namespace, model.slug, number), enabled: found[i]?.data?.sealed === true })) });
  if (picked.length < 2) {
    return (
      <div className="grid justify-items-start gap-3">
        <p className="text-fg-2">Comparing takes two versions or more. Mark them in the list with <code>x</code>, then press Compare.</p>
        <ButtonLink to="/models/$namespace/$model/versions" params={{ namespace: model.namespace, model: model.slug }}>Choose versions</ButtonLink>
      </div>
    );
  }
  const failed = found.find((query) => query.error) ?? files.find((query) => query.error) ?? declared.find((query) => query.error);
  if (failed?.error) return <Failure what="one of the versions" problem={failed.error} retry={() => void failed.refetch()} />;
  const ready = found.every((query, i) => query.data && (!query.data.sealed || (files[i]?.data && declared[i]?.data !== undefined)));
  if (!ready) return <Bone className="late h-64 rounded-panel" />;
  return <Table model={model} all={found.map((query, i) => ({ version: query.data!, files: files[i]?.data ?? [], declaration: declared[i]?.data ?? null }))} />;
}

function Table({ model, all }: { model: Model; all: Compared[] }) {
  const { facts, file } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: { facts?: string | undefined; file?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const found = useQuery(queries.comparison(model.namespace, model.slug, all.map(({ version }) => version.number))).data;
  const rows = [...compareRows(all), ...foundRows(found)];
  const differing = rows.filter((row) => row.differs);
  const shown = facts === "all" ? [...differing, ...rows.filter((row) => !row.differs)] : differing;
  const compared = file && all.length === 2 ? all.map((one) => one.files.find((candidate) => candidate.path === file)) : undefined;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <p className="num text-fg-2">{differing.length === 0 ? `All ${rows.length} facts are the same` : `${plural(differing.length, "fact")} of ${rows.length} differ`}</p>
        <Segments<"" | "all"> label="Which facts" value={facts === "all" ? "all" : ""} onChange={(next) => set({ facts: next || undefined })} options={[{ value: "", label: "What differs" }, { value: "all", label: "Everything" }]} />
        {all.length === 2 ? <Button small className="ml-auto" onClick={() => void navigate({ search: (old) => ({ ...old, versions: all.map(({ version }) => version.number).reverse().join(",") }), replace: true })}>Swap</Button> : null}
      </div>
      <Facts
        label="Compared versions"
        rows={shown}
        heads={all.map(({ version }) => (
          <Fragment key={version.number}>
            <Link className="link font-mono" to="/models/$namespace/$model" params={{ namespace: model.namespace, model: model.slug }} search={{ version: String(version.number) }}>v{version.number}</Link>
            {version.aliases.map((alias) => <AliasChip key={alias} name={alias} />)}
          </Fragment>
        ))}
        nameOf={(row) => (row.group === "Files" && all.length === 2 && row.differs && shownAs(row.name) === "text" ? <button type="button" className="link inline-flex items-center gap-1.5" aria-expanded={file === row.name} onClick={() => set({ file: file === row.name ? undefined : row.name })}><FileDiff aria-hidden size={13} /><code>{row.name}</code></button> : undefined)}
      />
      {compared ? <Suspense><FileDifference path={file!} sides={all.map(({ version }, i) => ({ model, version, file: compared[i] }))} /></Suspense> : null}
    </>
  );
}
