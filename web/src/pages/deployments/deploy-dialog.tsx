// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Rocket } from "lucide-react";
import { useState } from "react";
import { changeDeployment, deploy } from "../../api/actions.ts";
import * as queries from "../../api/queries.ts";
import type { Deployment, Model } from "../../api/types.ts";
import { Reason } from "../../app/loaded.tsx";
import { validName } from "../../logic/packing.ts";
import { draftOf, meant } from "../../logic/strategy-draft.ts";
import { Button } from "../../ui/button.tsx";
import { AliasChip } from "../../ui/chip.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { Menu, MenuChoices } from "../../ui/menu.tsx";
import { Note } from "../../ui/note.tsx";
import { StrategyForm } from "./strategy-form.tsx";

const field = "flex h-[30px] w-full items-center gap-2 rounded-control border border-line-strong bg-surface px-2.5 hover:border-line-field max-phone:h-9";

/** A new deployment of a model, or another version for one that is there. */
export default function DeployDialog({ model: given, version, deployment, onClose }: { model?: Model; version?: number; deployment?: Deployment; onClose: () => void }) {
  const [picked, setPicked] = useState<Model>();
  const list = useInfiniteQuery({ ...queries.models(""), enabled: !given && !deployment });
  const own = useQuery({ ...queries.model(deployment?.model_namespace ?? "", deployment?.model ?? ""), enabled: deployment !== undefined });
  const models = list.data?.pages.flatMap((page) => page.models).filter((one) => one.latest_version) ?? [];
  const model = given ?? own.data ?? picked ?? (list.data && models.length === 1 ? models[0] : undefined);
  return (
    <Dialog open wide={deployment !== undefined} title={deployment ? `Deploy another version to ${deployment.slug}` : "Deploy a model"} onClose={onClose}>
      {given || deployment ? null : (
        <div className="grid gap-1 px-4 pt-3">
          <span className="text-12 font-medium">Model</span>
          <Menu label="Model" trigger={<button type="button" aria-label="Model" className={field}>{model ? <><Identicon of={`${model.namespace}/${model.slug}`} size={18} />{model.namespace}/{model.slug}</> : <span className="text-fg-3">{list.data && models.length === 0 ? "No model has a version yet" : "Choose one"}</span>}<ChevronsUpDown aria-hidden size={13} className="ml-auto text-fg-3" /></button>}>
            <MenuChoices value={model ? String(model.id) : ""} onChange={(id) => setPicked(models.find((one) => String(one.id) === id))} options={models.map((one) => ({ value: String(one.id), label: <><Identicon of={`${one.namespace}/${one.slug}`} size={18} />{one.namespace}/{one.slug}</> }))} />
          </Menu>
        </div>
      )}
      {model ? <DeployForm key={model.id} model={model} version={version} deployment={deployment} onClose={onClose} /> : <DialogBody><DialogActions><Button onClick={onClose}>Cancel</Button></DialogActions></DialogBody>}
    </Dialog>
  );
}

function DeployForm({ model, version, deployment, onClose }: { model: Model; version: number | undefined; deployment: Deployment | undefined; onClose: () => void }) {
  const versions = useQuery(queries.versions(model.namespace, model.slug)).data?.filter((one) => one.sealed && one.state === "LIVE") ?? [];
  const champion = model.aliases.some((alias) => alias.name === "champion");
  const [wanted, setWanted] = useState(version !== undefined ? `:${version}` : champion && !deployment ? "@champion" : `:${model.latest_version?.number ?? "latest"}`);
  const [follow, setFollow] = useState(deployment?.follow ?? false);
  const [name, setName] = useState(model.slug);
  const navigate = useNavigate();
  const byAlias = wanted.startsWith("@");
  const reference = `${model.namespace}/${model.slug}${wanted}`;
  const taken = !deployment && model.deployments.some((one) => one.namespace === model.namespace && one.slug === name);
  const nameError = validName(name) ? undefined : "Small letters, digits and single . _ - between them, at most 128";

  // Only what answers now can be taken over from step by step.
  const answers = deployment?.state === "READY" && deployment.version > 0;
  const [draft, setDraft] = useState(() => draftOf(deployment?.strategy));
  const { strategy, traffic, wrong } = meant(draft);
  const unclear = answers && Object.keys(wrong).length > 0;

  const run = useMutation({
    mutationFn: () =>
      deployment
        ? answers && traffic !== undefined
          ? deploy(deployment.namespace, { reference, name: deployment.slug, follow: byAlias && follow, traffic })
          : changeDeployment(deployment.namespace, deployment.slug, { reference, follow: byAlias && follow, desired_state: "RUNNING", ...(answers && strategy ? { strategy } : {}) }, deployment.etag)
        : deploy(model.namespace, { reference, name, follow: byAlias && follow }),
    onSuccess: (made) => {
      onClose();
      void navigate({ to: "/deployments/$namespace/$deployment", params: { namespace: made.namespace, deployment: made.slug } });
    },
  });
  const say = wanted.startsWith("@") ? model.aliases.find((alias) => `@${alias.name}` === wanted)?.version : Number(wanted.slice(1));

  return (
    <form onSubmit={(event) => (event.preventDefault(), !nameError && !unclear && !run.isPending && run.mutate())}>
      <DialogBody>
        <div className="grid gap-1">
          <span className="text-12 font-medium">Version</span>
          <Menu label="Version" trigger={<button type="button" aria-label="Version" className={field}><code>{wanted}</code>{byAlias ? <span className="font-mono text-12 text-fg-3">v{say} now</span> : null}<ChevronsUpDown aria-hidden size={13} className="ml-auto text-fg-3" /></button>}>
            <MenuChoices
              value={wanted}
              onChange={setWanted}
              options={[
                ...model.aliases.map((alias) => ({ value: `@${alias.name}`, label: <AliasChip name={alias.name} version={alias.version} /> })),
                ...versions.map((one) => ({ value: `:${one.number}`, label: <><span className="w-9 font-mono text-12">v{one.number}</span><span className="max-w-64 truncate text-12 text-fg-3">{one.description || (one.missing ? "nothing here runs it" : "")}</span></> })),
              ]}
            />
          </Menu>
        </div>
        {byAlias ? (
          <label className="flex items-start gap-2">
            <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} className="mt-[3px] accent-accent" />
            <span>Follow {wanted.slice(1)}<small className="block text-12 text-fg-3">{follow ? "When the alias moves, this deployment rolls to the new version." : `Pinned to v${say}, also when the alias moves.`}</small></span>
          </label>
        ) : null}
        {deployment ? (
          <p className="text-fg-2">{deployment.version === say ? `v${say} is what it runs now.` : deployment.state === "READY" ? `v${deployment.version} answers until v${say} is ready. No request fails.` : deployment.version ? `It runs v${deployment.version} now.` : "It runs nothing now."}</p>
        ) : (
          <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} error={nameError} hint={taken ? `${name} is there already: it gets this version as a new revision.` : `Answers at /v2/models/${model.namespace === "default" ? "" : `${model.namespace}/`}${name}/infer`} />
        )}
        {answers && deployment.version !== say ? <StrategyForm draft={draft} wrong={wrong} onChange={setDraft} /> : null}
        {run.error ? <Note tone="bad" role="alert" title={`${reference} was not deployed`}><Reason problem={run.error} /></Note> : null}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!!nameError || unclear || run.isPending}><Rocket aria-hidden />{run.isPending ? "Deploying" : "Deploy"}</Button>
        </DialogActions>
      </DialogBody>
    </form>
  );
}
