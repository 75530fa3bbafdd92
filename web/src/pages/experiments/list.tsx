// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Search } from "lucide-react";
import { lazy, Suspense } from "react";
import * as reads from "../../api/experiments.ts";
import type { Experiment } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { matches } from "../../logic/search.ts";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { CodeTabs } from "../../ui/code.tsx";
import { Kbd, SearchField } from "../../ui/field.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";

const NewExperiment = lazy(() => import("./new-experiment.tsx"));
const route = getRouteApi("/experiments");
const textOf = (one: Experiment) => `${one.namespace} ${one.slug} ${one.name} ${one.description} ${one.owner} ${Object.entries(one.tags ?? {}).flat().join(" ")}`;

export function ExperimentsPage() {
  const { namespace = "", q = "", show } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(reads.experiments(namespace));
  const setShow = (next: "new" | undefined) => void navigate({ search: (old) => ({ ...old, show: next }), replace: next === undefined });
  return (
    <>
      <Loaded query={query} what="the list of experiments">
        {(all) => {
          const shown = q.trim() ? all.filter((one) => matches(textOf(one), q.trim())) : all;
          return (
            <>
              <PageHead title="Experiments"><Button look={all.length > 0 ? "plain" : "primary"} onClick={() => setShow("new")}><Plus aria-hidden />New experiment</Button></PageHead>
              {all.length === 0 ? (
                <Empty namespace={namespace} />
              ) : (
                <>
                  <div className="mb-3 flex flex-wrap items-center gap-3">
                    <SearchField icon={Search} className="w-72 max-phone:w-full" data-filter aria-label="Filter experiments" placeholder="Filter by name, tag, owner" value={q} onText={(text) => void navigate({ search: (old) => ({ ...old, q: text || undefined }), replace: true })} after={<span className="max-phone:hidden"><Kbd>/</Kbd></span>} />
                    {q ? <p role="status" className="num text-12 text-fg-3">{plural(shown.length, "experiment")} of {all.length}</p> : null}
                  </div>
                  {shown.length > 0 ? <Rows experiments={shown} /> : <p className="rounded-panel border border-line bg-surface px-4 py-8 text-center">No experiment has “{q}” in its name, tags or owner.</p>}
                </>
              )}
            </>
          );
        }}
      </Loaded>
      {show === "new" ? <Suspense><NewExperiment namespace={namespace} onClose={() => setShow(undefined)} /></Suspense> : null}
    </>
  );
}

function Rows({ experiments }: { experiments: Experiment[] }) {
  const navigate = route.useNavigate();
  return (
    <Table
      label="Experiments"
      rows={experiments}
      keyOf={(one) => one.id}
      open={(one) => void navigate({ to: "/experiments/$namespace/$experiment", params: { namespace: one.namespace, experiment: one.slug } })}
      columns={[
        { name: "Experiment", side: "main", cell: (one) => <span className="flex min-w-0 items-center gap-2.5"><Identicon of={`${one.namespace}/${one.slug}`} /><TwoLines title={<bdi>{one.name || one.slug}</bdi>} note={<><span className="text-fg-2">{one.namespace}</span>{one.description ? <> · <bdi>{one.description}</bdi></> : null}</>} /></span> },
        { name: "Tags", from: "wide", cell: (one) => <span className="flex gap-1.5">{Object.entries(one.tags ?? {}).slice(0, 3).map(([key, value]) => <Chip key={key}>{value ? `${key}: ${value}` : key}</Chip>)}{one.state === "ARCHIVED" ? <Chip tone="warn">Archived</Chip> : null}</span> },
        { name: "Owner", from: "wide", cell: (one) => <span className="text-fg-2">{one.owner}</span> },
        { name: "Made", side: "right", from: "phone", cell: (one) => <span className="text-fg-2"><When time={one.create_time} /></span> },
      ]}
    />
  );
}

function Empty({ namespace }: { namespace: string }) {
  const ns = namespace && namespace !== "default" ? `${namespace}/` : "";
  const shell = `souk experiment create ${ns}first\nrun=$(souk run start ${ns}first --name try -o table)\nsouk run log $run --param lr=0.1 --metric loss=0.9@1 --metric loss=0.5@2\nsouk run finish $run`;
  return (
    <div className="mx-auto mt-8 max-w-2xl">
      <h2 className="mb-1 text-16">No experiment{namespace ? ` in ${namespace}` : ""} yet</h2>
      <p className="mb-3 text-fg-2">An experiment gathers runs. A run logs what it was given and how its metrics went, and is drawn here while it goes.</p>
      <CodeTabs label="Log a run" snippets={[{ language: "souk", full: shell, shown: shell }]} />
    </div>
  );
}
