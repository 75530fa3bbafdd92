// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet, useNavigate } from "@tanstack/react-router";
import { Ellipsis, Rocket, SquarePlay, Trash2, Upload } from "lucide-react";
import { lazy, Suspense } from "react";
import * as queries from "../../api/queries.ts";
import type { Model } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { taskName } from "../../logic/format.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { SkeletonPage } from "../../ui/skeleton.tsx";
import { PageTab, PageTabs } from "../../ui/tabs.tsx";
import { useChosenVersion } from "./chosen.ts";

const DeployDialog = lazy(() => import("../deployments/deploy-dialog.tsx"));
const UploadDialog = lazy(() => import("./upload-dialog.tsx"));
const DeleteDialog = lazy(() => import("./delete-dialog.tsx"));
const route = getRouteApi("/models/$namespace/$model");

export function ModelPage() {
  const { namespace, model } = route.useParams();
  const query = useQuery(queries.model(namespace, model));
  return (
    <Loaded query={query} what={`the model ${namespace}/${model}`} skeleton={<SkeletonPage />}>
      {(data) => (
        <>
          <Head model={data} />
          <Tabs model={data} />
          <Outlet />
        </>
      )}
    </Loaded>
  );
}

function Head({ model }: { model: Model }) {
  const { show: layer } = route.useSearch();
  const navigate = useNavigate();
  const setLayer = (show: "deploy" | "upload" | "delete" | undefined) => void navigate({ to: ".", search: (old) => ({ ...old, show }), replace: show === undefined, resetScroll: false });
  const close = () => setLayer(undefined);
  const answering = model.deployments.find((one) => one.state === "READY");
  const task = model.task ?? model.latest_version?.task;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-3">
      <Identicon of={`${model.namespace}/${model.slug}`} size={40} />
      <div className="min-w-0 flex-1 max-phone:basis-[70%]">
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="wrap-anywhere"><bdi>{model.name || model.slug}</bdi></h1>
          {task ? <Chip tone="line">{taskName(task)}</Chip> : null}
          {model.state === "ARCHIVED" ? <Chip tone="warn">Archived</Chip> : null}
          {Object.entries(model.tags ?? {}).slice(0, 4).map(([key, value]) => <Chip key={key}>{value ? `${key}: ${value}` : key}</Chip>)}
        </div>
        <p className="truncate text-fg-2"><code>{model.namespace}/{model.slug}</code>{model.description ? <> · <bdi>{model.description}</bdi></> : null}</p>
      </div>
      {answering ? <ButtonLink className="max-phone:flex-1" to="/playground/$namespace/$deployment" params={{ namespace: answering.namespace, deployment: answering.slug }}><SquarePlay aria-hidden />Try it</ButtonLink> : null}
      <Button className="max-phone:flex-1" look={answering ? "plain" : "primary"} disabled={!model.latest_version} onClick={() => setLayer("deploy")}><Rocket aria-hidden />Deploy</Button>
      <Menu align="end" label="More" trigger={<Button look="quiet" icon aria-label="More actions"><Ellipsis aria-hidden /></Button>}>
        <MenuItem onClick={() => setLayer("upload")}><Upload aria-hidden />New version</MenuItem>
        <MenuSeparator />
        <MenuItem danger onClick={() => setLayer("delete")}><Trash2 aria-hidden />Delete the model</MenuItem>
      </Menu>
      <Suspense>
        {layer === "deploy" ? <DeployDialog model={model} onClose={close} /> : null}
        {layer === "upload" ? <UploadDialog namespace={model.namespace} model={model.slug} onClose={close} /> : null}
        {layer === "delete" ? <DeleteDialog model={model} onClose={close} /> : null}
      </Suspense>
    </div>
  );
}

function Tabs({ model }: { model: Model }) {
  const params = { namespace: model.namespace, model: model.slug };
  const { version } = route.useSearch();
  const search = version ? { version } : {};
  const chosen = useChosenVersion(model);
  const files = useQuery({ ...queries.files(model.namespace, model.slug, chosen.data?.number ?? 0), enabled: chosen.data?.sealed === true });
  return (
    <PageTabs label="Parts of the model">
      <PageTab to="/models/$namespace/$model" params={params} search={search} activeOptions={{ exact: true, includeSearch: false }}>Overview</PageTab>
      <PageTab to="/models/$namespace/$model/versions" params={params} search={search} activeOptions={{ includeSearch: false }} count={model.version_count}>Versions</PageTab>
      <PageTab to="/models/$namespace/$model/lineage" params={params} search={search} activeOptions={{ includeSearch: false }}>Lineage</PageTab>
      <PageTab to="/models/$namespace/$model/files" params={params} search={search} activeOptions={{ includeSearch: false }} count={files.data?.length}>Files</PageTab>
      <PageTab to="/models/$namespace/$model/use" params={params} search={search} activeOptions={{ includeSearch: false }}>Use it</PageTab>
      <PageTab to="/models/$namespace/$model/access" params={params} search={search} activeOptions={{ includeSearch: false }}>Access</PageTab>
    </PageTabs>
  );
}
