// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Ban, Ellipsis, KeyRound, Pencil, Play, RotateCcw, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Webhook } from "../../api/types.ts";
import * as reads from "../../api/webhooks.ts";
import { Confirm, FormDialog, Refused } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { exact } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Choice } from "../../ui/choice.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { Note } from "../../ui/note.tsx";
import { SkeletonPage } from "../../ui/skeleton.tsx";
import { When } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.ts";
import { Deliveries } from "./deliveries.tsx";
import { SecretDialog } from "./secret-dialog.tsx";
import { HookMark } from "./state.tsx";
import { WebhookForm } from "./webhook-form.tsx";

const route = getRouteApi("/webhooks/$namespace/$webhook");

export function WebhookPage() {
  const { namespace, webhook } = route.useParams();
  const query = useQuery(reads.webhook(namespace, webhook));
  return (
    <Loaded query={query} what={`the webhook ${namespace}/${webhook}`} skeleton={<SkeletonPage />}>
      {(hook) => (
        <>
          <Head hook={hook} />
          <Trouble hook={hook} />
          <Deliveries hook={hook} />
        </>
      )}
    </Loaded>
  );
}

/** Says that it is on or off, and offers the way back. */
async function turn(hook: Webhook, active: boolean): Promise<void> {
  try {
    await reads.changeWebhook(hook.namespace, hook.name, { active });
    toast.done(active ? `${hook.name} is told again` : `${hook.name} is off`, () => void turn(hook, !active));
  } catch (cause) {
    toast.failed(`${hook.name} was not changed`, (cause as Error).message);
  }
}

function Head({ hook }: { hook: Webhook }) {
  const { show } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const [made, setMade] = useState<Webhook>();
  const layer = (next: string | undefined) => void navigate({ search: (old) => ({ ...old, show: next }), replace: next === undefined });
  const ping = useMutation({ mutationFn: () => reads.testWebhook(hook.namespace, hook.name), onSuccess: () => void client.invalidateQueries({ queryKey: ["webhook", hook.namespace, hook.name] }) });
  const remove = useMutation({ mutationFn: () => reads.removeWebhook(hook.namespace, hook.name), onSuccess: () => void navigate({ to: "/webhooks" }) });
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3">
      <div className="min-w-0 flex-1 max-phone:basis-full">
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1"><h1 className="wrap-anywhere">{hook.name}</h1><span role="status" aria-label="State"><HookMark state={hook.state} /></span></div>
        <p className="flex min-w-0 items-center gap-1 text-fg-2"><code className="truncate">POST {hook.url}</code><CopyButton text={hook.url} label="Copy the URL" /></p>
        <p className="mt-1 flex flex-wrap items-center gap-1 text-12 text-fg-3">told of {hook.events.length === 0 ? "everything" : hook.events.map((one) => <Chip key={one} tone="line">{one}</Chip>)} in {hook.namespace}{hook.description ? <span>· {hook.description}</span> : null}</p>
      </div>
      <Button look="primary" disabled={ping.isPending || !hook.active} onClick={() => ping.mutate()}><Send aria-hidden />Send a test</Button>
      <Button onClick={() => layer("replay")}><RotateCcw aria-hidden />Replay</Button>
      <Menu align="end" label="More" trigger={<Button look="quiet" icon aria-label="More actions"><Ellipsis aria-hidden /></Button>}>
        <MenuItem onClick={() => layer("change")}><Pencil aria-hidden />Change</MenuItem>
        <MenuItem onClick={() => layer("rotate")}><KeyRound aria-hidden />Another secret</MenuItem>
        <MenuItem onClick={() => void turn(hook, !(hook.active && hook.state !== "PAUSED"))}>{hook.active && hook.state !== "PAUSED" ? <><Ban aria-hidden />Switch off</> : <><Play aria-hidden />Switch on</>}</MenuItem>
        <MenuSeparator />
        <MenuItem danger onClick={() => layer("delete")}><Trash2 aria-hidden />Delete</MenuItem>
      </Menu>
      <div className="basis-full empty:hidden"><Refused title="No test was sent" error={ping.error} /></div>
      {show === "change" ? <WebhookForm ns={hook.namespace} hook={hook} onMade={() => layer(undefined)} onClose={() => layer(undefined)} /> : null}
      {show === "rotate" ? <Rotate hook={hook} made={(next) => (layer(undefined), setMade(next))} onClose={() => layer(undefined)} /> : null}
      {show === "replay" ? <Replay hook={hook} onClose={() => layer(undefined)} /> : null}
      {show === "delete" ? <Confirm title={`Delete ${hook.name}?`} action="Delete webhook" failed="It is still there" doing={remove} onDo={() => remove.mutate()} onClose={() => layer(undefined)}><p>{hook.url} is told of nothing more; deliveries that wait are dropped, and what was delivered is forgotten. To stop it for a while, switch it off: then it goes on where it stopped.</p></Confirm> : null}
      {made?.secret ? <SecretDialog hook={made} onClose={() => setMade(undefined)} /> : null}
    </div>
  );
}

function Trouble({ hook }: { hook: Webhook }) {
  if (hook.state === "ACTIVE") return null;
  if (hook.state === "DISABLED") return <div className="mb-4"><Note tone="info" title="It is switched off">Switched on, it goes on where it stopped.</Note></div>;
  return (
    <div className="mb-4">
      <Note tone={hook.state === "FAILING" ? "bad" : "warn"} role="alert" title={hook.state === "FAILING" ? `${hook.failures} attempts failed in a row` : "It is paused, nothing is lost"} actions={hook.state === "PAUSED" ? <Button small onClick={() => void turn(hook, true)}><Play aria-hidden />Go on</Button> : undefined}>
        {hook.pause_reason ?? hook.last_error}{hook.failing_since ? <> Since <When time={hook.failing_since} />, {exact(hook.failing_since)}.</> : null}
      </Note>
    </div>
  );
}

function Rotate({ hook, made, onClose }: { hook: Webhook; made: (hook: Webhook) => void; onClose: () => void }) {
  const [overlap, setOverlap] = useState("24h");
  const rotate = useMutation({ mutationFn: () => reads.rotateSecret(hook.namespace, hook.name, overlap), onSuccess: made });
  return (
    <FormDialog title={`Another secret for ${hook.name}`} action="Make it" failed="The secret was not changed" doing={rotate} onDo={() => rotate.mutate()} onClose={onClose}>
      <p className="text-fg-2">Messages carry two signatures for a while, so that the receiver changes over when it suits it.</p>
      <Choice label="The old one signs for" value={overlap} onChange={setOverlap} options={[{ value: "0s", label: "no longer" }, { value: "1h", label: "1 hour" }, { value: "24h", label: "1 day" }, { value: "168h", label: "7 days" }]} />
    </FormDialog>
  );
}

function Replay({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  const [hours, setHours] = useState("1");
  const run = useMutation({ mutationFn: () => reads.replay(hook.namespace, hook.name, { since: new Date(Date.now() - Number(hours) * 3_600_000).toISOString() }), onSuccess: onClose });
  return (
    <FormDialog title={`Tell ${hook.name} again`} action="Replay" failed="Nothing is replayed" doing={run} onDo={() => run.mutate()} onClose={onClose}>
      <p className="text-fg-2">Everything it wants that happened since then is sent again, in order. A message keeps its id, so that the receiver knows what it has.</p>
      <Choice label="Since" value={hours} onChange={setHours} options={[{ value: "1", label: "1 hour ago" }, { value: "24", label: "yesterday, 24 hours ago" }, { value: "168", label: "7 days ago" }, { value: "720", label: "30 days ago, as far as events are kept" }]} />
    </FormDialog>
  );
}
