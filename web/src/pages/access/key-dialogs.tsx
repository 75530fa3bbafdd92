// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import * as access from "../../api/access.ts";
import * as queries from "../../api/queries.ts";
import type { ApiKey, MadeKey, Role } from "../../api/types.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { exact } from "../../logic/format.ts";
import { actionName, actions, emptyScope, lifetimes, type ScopeDraft, scopesOf } from "../../logic/roles.ts";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/choice.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { Segments, TextField } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";
import { RoleChoice } from "./parts.tsx";

export function NewKeyDialog({ account, made, onClose }: { account: string | undefined; made: (key: MadeKey) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<"role" | "scopes">("role");
  const [role, setRole] = useState<Role>("READER");
  const [namespaces, setNamespaces] = useState<string[]>([]);
  const [scopes, setScopes] = useState<ScopeDraft[]>([emptyScope]);
  const [life, setLife] = useState("90d");
  const body = { name: name.trim(), ...(account && { service_account: account }), ...(life && { expires_in: life }), ...(kind === "role" ? { role, ...(namespaces.length > 0 && { namespaces }) } : { scopes: scopesOf(scopes) }) };
  const make = access.useAccessChange(() => access.makeKey(body), made);
  const incomplete = !name.trim() || (kind === "scopes" && (scopes.length === 0 || scopesOf(scopes).length < scopes.length));
  return (
    <FormDialog wide title={account ? `New key of ${account}` : "New key"} action="Make the key" failed="The key was not made" doing={make} disabled={incomplete} onDo={() => make.mutate()} onClose={onClose}>
      <TextField label="Name" autoFocus value={name} placeholder="laptop, CI, the meter service" onChange={(event) => (setName(event.target.value), make.reset())} hint="Stands in the list and in the log beside what it did." />
      <div><Segments label="What it may" value={kind} onChange={setKind} options={[{ value: "role", label: "A role" }, { value: "scopes", label: "Only chosen actions" }]} /></div>
      {kind === "role" ? <><RoleChoice label="At most" value={role} onChange={setRole} /><Namespaces chosen={namespaces} onChange={setNamespaces} /></> : <Scopes scopes={scopes} onChange={setScopes} />}
      <Choice label="Good for" value={life} onChange={setLife} options={lifetimes} hint={life ? undefined : "A key that never expires has to be found and revoked by somebody."} />
    </FormDialog>
  );
}

function Namespaces({ chosen, onChange }: { chosen: string[]; onChange: (next: string[]) => void }) {
  const { data } = useQuery(queries.namespaces);
  return (
    <fieldset className="grid gap-1">
      <legend className="text-12 font-medium">Only in</legend>
      <div className="flex max-h-28 flex-wrap gap-x-4 gap-y-1 overflow-y-auto">
        {(data ?? []).map(({ slug }) => (
          <label key={slug} className="flex items-center gap-2"><input type="checkbox" className="accent-accent" checked={chosen.includes(slug)} onChange={(event) => onChange(event.target.checked ? [...chosen, slug] : chosen.filter((one) => one !== slug))} />{slug}</label>
        ))}
      </div>
      <p className="text-12 text-fg-3">{chosen.length === 0 ? "None chosen: in every namespace, also later ones." : "Managing users, teams and keys takes a key without such a bound."}</p>
    </fieldset>
  );
}

function Scopes({ scopes, onChange }: { scopes: ScopeDraft[]; onChange: (next: ScopeDraft[]) => void }) {
  const set = (at: number, change: Partial<ScopeDraft>) => onChange(scopes.map((scope, i) => (i === at ? { ...scope, ...change } : scope)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-12 font-medium">It may</legend>
      {scopes.map((scope, at) => (
        <div key={at} className="grid gap-2 rounded-control border border-line p-2.5">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
            {actions.map((action) => (
              <label key={action} className="flex items-center gap-1.5"><input type="checkbox" className="accent-accent" checked={scope.actions.includes(action)} onChange={(event) => set(at, { actions: event.target.checked ? [...scope.actions, action] : scope.actions.filter((one) => one !== action) })} />{actionName(action)}</label>
            ))}
            {scopes.length > 1 ? <Button small icon look="quiet" className="ml-auto" aria-label={`Leave out line ${at + 1}`} onClick={() => onChange(scopes.filter((_, i) => i !== at))}><X aria-hidden /></Button> : null}
          </div>
          <div className="grid grid-cols-[150px_minmax(0,1fr)] items-end gap-2 max-phone:grid-cols-[minmax(0,1fr)]">
            <Choice label="On" value={scope.on} onChange={(on) => set(at, { on })} options={[{ value: "all", label: "everything" }, { value: "namespace", label: "a namespace" }, { value: "model", label: "a model" }, { value: "deployment", label: "a deployment" }]} />
            {scope.on === "all" ? null : <TextField label={scope.on === "namespace" ? "Namespace" : "Which"} placeholder={scope.on === "namespace" ? "default" : "default/digits"} value={scope.name} onChange={(event) => set(at, { name: event.target.value })} />}
          </div>
        </div>
      ))}
      <div><Button small onClick={() => onChange([...scopes, emptyScope])}><Plus aria-hidden />Another line</Button></div>
    </fieldset>
  );
}

export function RotateDialog({ of, made, onClose }: { of: ApiKey; made: (key: MadeKey) => void; onClose: () => void }) {
  const [overlap, setOverlap] = useState("1h");
  const rotate = access.useAccessChange(() => access.rotateKey(of.id, overlap), made);
  return (
    <FormDialog title={`Replace the secret of ${of.name}`} action="Replace" failed="The secret was not replaced" doing={rotate} onDo={() => rotate.mutate()} onClose={onClose}>
      <p className="text-fg-2">A new key with the same rights is made. The old one works on for a while, so that nothing fails in between.</p>
      <Choice label="The old one works for" value={overlap} onChange={setOverlap} options={[{ value: "0s", label: "no longer" }, { value: "1h", label: "1 hour" }, { value: "1d", label: "1 day" }, { value: "7d", label: "7 days" }]} />
    </FormDialog>
  );
}

/** The only time that the key is seen. */
export function MadeKeyDialog({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  return (
    <Dialog open wide title={`The key ${made.name}`} onClose={onClose}>
      <DialogBody>
        <Note tone="warn" title="Copy it now: it is not shown again">Whoever has it may do what {made.principal} may{made.expire_time ? <>, until {exact(made.expire_time)}</> : null}.</Note>
        <Code title="Key" language="text" code={made.key} wrap />
        <Code title="In a shell" language="shell" code={`export SOUK_URL=${window.location.origin} SOUK_KEY=${made.key}\nsouk model list`} shown={`export SOUK_URL=${window.location.origin} SOUK_KEY=${made.prefix}…\nsouk model list`} wrap />
        <DialogActions><Button look="primary" onClick={onClose}>I have it</Button></DialogActions>
      </DialogBody>
    </Dialog>
  );
}
