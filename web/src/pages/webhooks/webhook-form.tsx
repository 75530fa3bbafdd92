// SPDX-License-Identifier: Apache-2.0
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Webhook } from "../../api/types.ts";
import { addWebhook, changeWebhook } from "../../api/webhooks.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { Chip } from "../../ui/chip.tsx";
import { TextField } from "../../ui/field.tsx";
import { NamespaceChoice } from "../access/parts.tsx";

const usual = ["version.sealed", "alias.*", "deployment.*", "rollout.*", "run.*", "operation.*"];
const says: Record<string, string> = { "version.sealed": "a version is whole", "alias.*": "an alias moves", "deployment.*": "a deployment changes", "rollout.*": "a roll-out takes a step", "run.*": "a run begins or ends", "operation.*": "an operation ends" };

/** A new webhook, or what may change of one that is there. */
export function WebhookForm({ ns: first, hook, onMade, onClose }: { ns: string; hook?: Webhook; onMade: (hook: Webhook) => void; onClose: () => void }) {
  const [ns, setNs] = useState(first);
  const [name, setName] = useState(hook?.name ?? "");
  const [url, setUrl] = useState(hook?.url ?? "");
  const [what, setWhat] = useState(hook?.description ?? "");
  const [events, setEvents] = useState((hook?.events ?? []).join(" "));
  const chosen = events.split(/[\s,]+/).filter(Boolean);
  const save = useMutation({ mutationFn: () => (hook ? changeWebhook(hook.namespace, hook.name, { url, description: what, events: chosen }) : addWebhook(ns, { name, url, description: what, events: chosen })), onSuccess: onMade });
  const badUrl = url && !/^https?:\/\/\S+$/.test(url) ? "An address that begins with https:// or http://" : undefined;
  const turn = (one: string) => setEvents((chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]).join(" "));
  return (
    <FormDialog wide title={hook ? `Change ${hook.name}` : "New webhook"} action={hook ? "Save" : "Create"} failed={hook ? "It was not changed" : "The webhook was not made"} doing={save} disabled={!name || !url || !!badUrl} onDo={() => save.mutate()} onClose={onClose}>
      {hook ? null : (
        <div className="grid grid-cols-2 gap-3 max-phone:grid-cols-1">
          <NamespaceChoice value={ns} onChange={setNs} />
          <TextField label="Name" autoFocus placeholder="ci" value={name} onChange={(event) => (setName(event.target.value), save.reset())} />
        </div>
      )}
      <TextField label="URL" type="url" placeholder="https://ci.example.com/souk" value={url} onChange={(event) => (setUrl(event.target.value), save.reset())} error={badUrl} hint="Public addresses only; who runs the server may allow others (webhooks.allow)." />
      <div className="grid gap-1.5">
        <TextField label="Told of" value={events} placeholder="everything" onChange={(event) => setEvents(event.target.value)} hint="Types of events, * for any run of characters. Empty: everything." />
        <span className="flex flex-wrap gap-1">
          {usual.map((one) => <button key={one} type="button" aria-pressed={chosen.includes(one)} title={says[one]} onClick={() => turn(one)} className="rounded-chip focus-visible:shadow-focus"><Chip tone={chosen.includes(one) ? "accent" : "line"}>{one}</Chip></button>)}
        </span>
      </div>
      <TextField label="What it is for" value={what} onChange={(event) => setWhat(event.target.value)} placeholder="Builds the service when the champion moves" />
    </FormDialog>
  );
}
