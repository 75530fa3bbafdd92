// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { Ellipsis, Trash2 } from "lucide-react";
import { lazy, Suspense } from "react";
import * as reads from "../../api/experiments.ts";
import type { Experiment } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { SkeletonPage } from "../../ui/skeleton.tsx";
import { PageTab, PageTabs } from "../../ui/tabs.tsx";
import { route, usePicked } from "./chosen.ts";

const DeleteDialog = lazy(() => import("./delete-dialog.tsx"));

export function ExperimentPage() {
  const { namespace, experiment } = route.useParams();
  const query = useQuery(reads.experiment(namespace, experiment));
  return (
    <Loaded query={query} what={`the experiment ${namespace}/${experiment}`} skeleton={<SkeletonPage />}>
      {(data) => (
        <>
          <Head experiment={data} />
          <Tabs />
          <Outlet />
        </>
      )}
    </Loaded>
  );
}

function Head({ experiment }: { experiment: Experiment }) {
  const { show } = route.useSearch();
  const navigate = useNavigate();
  const setShow = (next: "delete" | undefined) => void navigate({ to: ".", search: (old) => ({ ...old, show: next }), replace: next === undefined, resetScroll: false });
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-3">
      <Identicon of={`${experiment.namespace}/${experiment.slug}`} size={40} />
      <div className="min-w-0 flex-1 max-phone:basis-[70%]">
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="wrap-anywhere"><bdi>{experiment.name || experiment.slug}</bdi></h1>
          {experiment.state === "ARCHIVED" ? <Chip tone="warn">Archived</Chip> : null}
          {Object.entries(experiment.tags ?? {}).slice(0, 4).map(([key, value]) => <Chip key={key}>{value ? `${key}: ${value}` : key}</Chip>)}
        </div>
        <p className="truncate text-fg-2"><code>{experiment.namespace}/{experiment.slug}</code>{experiment.description ? <> · <bdi>{experiment.description}</bdi></> : null}</p>
      </div>
      <Menu align="end" label="More" trigger={<Button look="quiet" icon aria-label="More actions"><Ellipsis aria-hidden /></Button>}>
        <MenuItem danger onClick={() => setShow("delete")}><Trash2 aria-hidden />Delete the experiment</MenuItem>
      </Menu>
      {show === "delete" ? <Suspense><DeleteDialog experiment={experiment} onClose={() => setShow(undefined)} /></Suspense> : null}
    </div>
  );
}

/** The views keep what they share in the address: filter, order and marks. */
function Tabs() {
  const params = route.useParams();
  const { filter, status, sort, columns, pick } = route.useSearch();
  const { picked } = usePicked();
  const search = { ...(filter && { filter }), ...(status && { status }), ...(sort && { sort }), ...(columns && { columns }), ...(pick && { pick }) };
  return (
    <PageTabs label="Views of the experiment">
      <PageTab to="/experiments/$namespace/$experiment" params={params} search={search} activeOptions={{ exact: true, includeSearch: false }}>Runs</PageTab>
      <PageTab to="/experiments/$namespace/$experiment/curves" params={params} search={search} activeOptions={{ includeSearch: false }}>Curves</PageTab>
      <PageTab to="/experiments/$namespace/$experiment/parallel" params={params} search={search} activeOptions={{ includeSearch: false }}>Parallel coordinates</PageTab>
      <PageTab to="/experiments/$namespace/$experiment/compare" params={params} search={search} activeOptions={{ includeSearch: false }} count={picked.length > 0 ? picked.length : undefined}>Compare</PageTab>
    </PageTabs>
  );
}
