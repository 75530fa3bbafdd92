// SPDX-License-Identifier: Apache-2.0
import { Archive, ArchiveRestore, Crown, Ellipsis, Plus, Rocket, Swords, Tag, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { removeAlias, setAlias, setVersionState } from "../../api/actions.ts";
import type { Model, Version } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Menu, MenuGroup, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { toast } from "../../ui/toast.ts";

const DeployDialog = lazy(() => import("../deployments/deploy-dialog.tsx"));

/** Moves an alias and offers to move it back. */
export async function moveAlias(model: Model, alias: string, to: number | undefined): Promise<void> {
  const was = model.aliases.find((one) => one.name === alias)?.version;
  const put = (version: number | undefined) => (version === undefined ? removeAlias(model.namespace, model.slug, alias) : setAlias(model.namespace, model.slug, alias, version));
  const say = (version: number | undefined) => (version === undefined ? `${alias} removed` : `${alias} moved to v${version}`);
  try {
    await put(to);
    toast.done(say(to), () => void put(was).then(() => toast.done(say(was)), (cause: Error) => toast.failed(`${alias} was not moved back`, cause.message)));
  } catch (cause) {
    toast.failed(`${alias} was not moved`, (cause as Error).message);
  }
}

export function AliasMenu({ model, version }: { model: Model; version: Version }) {
  const [layer, setLayer] = useState<"" | "name" | "deploy">("");
  const names = [...new Set(["champion", "challenger", ...model.aliases.map((alias) => alias.name)])];
  const here = new Set(version.aliases);
  const archived = version.state === "ARCHIVED";
  const archive = (state: "LIVE" | "ARCHIVED") =>
    setVersionState(model.namespace, model.slug, version.number, state).then(
      () => toast.done(`v${version.number} ${state === "LIVE" ? "restored" : "archived"}`, () => void archive(state === "LIVE" ? "ARCHIVED" : "LIVE")),
      (cause: Error) => toast.failed(`v${version.number} was not changed`, cause.message),
    );
  return (
    <>
      <Menu align="end" label={`Actions on v${version.number}`} trigger={<Button look="quiet" small icon aria-label={`Actions on v${version.number}`}><Ellipsis aria-hidden /></Button>}>
        <MenuGroup label="Point here">
          {names.map((name) => (
            <MenuItem key={name} disabled={here.has(name)} onClick={() => void moveAlias(model, name, version.number)}>
              {name === "champion" ? <Crown aria-hidden /> : name === "challenger" ? <Swords aria-hidden /> : <Tag aria-hidden />}
              {name}
              <span className="ml-auto pl-6 font-mono text-12 text-fg-3">{here.has(name) ? "here" : model.aliases.some((alias) => alias.name === name) ? `v${model.aliases.find((alias) => alias.name === name)!.version}` : ""}</span>
            </MenuItem>
          ))}
          <MenuItem onClick={() => setLayer("name")}><Plus aria-hidden />New alias</MenuItem>
        </MenuGroup>
        {here.size > 0 ? (
          <MenuGroup label="Take away">
            {[...here].map((name) => <MenuItem key={name} onClick={() => void moveAlias(model, name, undefined)}><X aria-hidden />{name}</MenuItem>)}
          </MenuGroup>
        ) : null}
        <MenuSeparator />
        <MenuItem disabled={!version.sealed || archived} onClick={() => setLayer("deploy")}><Rocket aria-hidden />Deploy v{version.number}</MenuItem>
        <MenuItem onClick={() => void archive(archived ? "LIVE" : "ARCHIVED")}>{archived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}{archived ? "Restore" : "Archive"}</MenuItem>
      </Menu>
      {layer === "name" ? <NewAlias model={model} version={version} onClose={() => setLayer("")} /> : null}
      {layer === "deploy" ? <Suspense><DeployDialog model={model} version={version.number} onClose={() => setLayer("")} /></Suspense> : null}
    </>
  );
}

function NewAlias({ model, version, onClose }: { model: Model; version: Version; onClose: () => void }) {
  const [name, setName] = useState("");
  const wrong = name && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name) ? "Letters, digits and . _ -, at most 128" : /^\d+$/.test(name) ? "Digits alone would be a version's number" : undefined;
  return (
    <Dialog open title={`New alias for v${version.number}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!name || wrong) return;
          void moveAlias(model, name, version.number);
          onClose();
        }}
      >
        <DialogBody>
          <TextField label="Alias" value={name} onChange={(event) => setName(event.target.value)} error={wrong} hint="A name that can move, such as stable or eu-production." />
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" disabled={!name || !!wrong}>Point to v{version.number}</Button>
          </DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}
