// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Ellipsis, KeyRound, Plus, RefreshCw, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import * as access from "../../api/access.ts";
import type { ApiKey, MadeKey } from "../../api/types.ts";
import { Confirm } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { age, exact } from "../../logic/format.ts";
import { actionName, keyState, roleName } from "../../logic/roles.ts";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { State } from "../../ui/state.tsx";
import { Table, TwoLines } from "../../ui/table.tsx";
import { useNow, When } from "../../ui/time.tsx";
import { ListHead, None } from "./parts.tsx";

const NewKeyDialog = lazy(() => import("./key-dialogs.tsx").then((all) => ({ default: all.NewKeyDialog })));
const RotateDialog = lazy(() => import("./key-dialogs.tsx").then((all) => ({ default: all.RotateDialog })));
const MadeKeyDialog = lazy(() => import("./key-dialogs.tsx").then((all) => ({ default: all.MadeKeyDialog })));
const route = getRouteApi("/access/keys");

export function KeysPage() {
  const { show, account } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(access.keys);
  const [layer, setLayer] = useState<{ rotate?: ApiKey; revoke?: ApiKey; made?: MadeKey }>({});
  const close = () => (setLayer({}), void navigate({ search: {}, replace: true }));
  const made = (key: MadeKey) => (setLayer({ made: key }), void navigate({ search: {}, replace: true }));
  return (
    <>
      <ListHead say="A key stands for who made it, or for a service account, and never may more. It is shown once, and only its hash is kept.">
        <Button look="primary" onClick={() => void navigate({ search: { show: "new" } })}><Plus aria-hidden />New key</Button>
      </ListHead>
      <Loaded query={query} what="the API keys">
        {(keys) =>
          keys.length === 0 ? (
            <None><KeyRound aria-hidden size={18} className="text-fg-3" /><p>There is no key yet. A program says who it is with <code>Authorization: Bearer souk_…</code></p></None>
          ) : (
            <Keys keys={keys} rotate={(key) => setLayer({ rotate: key })} revoke={(key) => setLayer({ revoke: key })} />
          )
        }
      </Loaded>
      <Suspense>
        {layer.made ? <MadeKeyDialog made={layer.made} onClose={close} /> : null}
        {layer.rotate ? <RotateDialog of={layer.rotate} made={made} onClose={close} /> : null}
        {layer.revoke ? <Revoke of={layer.revoke} onClose={close} /> : null}
        {show === "new" && !layer.made ? <NewKeyDialog account={account} made={made} onClose={close} /> : null}
      </Suspense>
    </>
  );
}

function Keys({ keys, rotate, revoke }: { keys: ApiKey[]; rotate: (key: ApiKey) => void; revoke: (key: ApiKey) => void }) {
  const now = Math.max(useNow(), Date.now()); // what was revoked a moment ago is revoked
  const sorted = [...keys].sort((a, b) => Number(keyState(a, now) !== "ACTIVE") - Number(keyState(b, now) !== "ACTIVE") || b.id - a.id);
  return (
    <Table
      label="API keys"
      rows={sorted}
      keyOf={(key) => key.id}
      columns={[
        { name: "Key", side: "main", cell: (key) => <TwoLines title={<bdi>{key.name}</bdi>} note={<><code>{key.prefix}…</code> of {key.principal}</>} /> },
        { name: "State", cell: (key) => <State of="principal" state={keyState(key, now)} note={key.replaced_by === undefined ? undefined : "replaced"} /> },
        { name: "May", from: "phone", cell: (key) => <May of={key} /> },
        { name: "Expires", side: "right", from: "wide", cell: (key) => <Expiry of={key} now={now} /> },
        { name: "Last used", side: "right", from: "desk", cell: (key) => (key.last_use_time ? <When time={key.last_use_time} className="text-fg-2" /> : <span className="text-fg-3">never</span>) },
        {
          name: "Actions", silent: true, side: "right",
          cell: (key) => keyState(key, now) === "REVOKED" ? null : (
            <Menu align="end" label={`Actions on ${key.name}`} trigger={<Button look="quiet" small icon aria-label={`Actions on ${key.name}`}><Ellipsis aria-hidden /></Button>}>
              <MenuItem onClick={() => rotate(key)}><RefreshCw aria-hidden />Replace its secret</MenuItem>
              <MenuSeparator />
              <MenuItem danger onClick={() => revoke(key)}><Trash2 aria-hidden />Revoke</MenuItem>
            </Menu>
          ),
        },
      ]}
    />
  );
}

function May({ of }: { of: ApiKey }) {
  const narrow = of.scopes.some((scope) => scope.model !== undefined || scope.deployment !== undefined);
  if (of.role !== "NONE" && !narrow) return <span className="inline-flex items-center gap-1.5"><Chip tone={of.role === "OWNER" || of.role === "ADMIN" ? "accent" : "idle"}>{roleName(of.role)}</Chip><span className="text-12 text-fg-3">{of.namespaces.length > 0 ? `in ${of.namespaces.join(", ")}` : "at most"}</span></span>;
  const scopes = of.scopes.map((scope) => `${scope.actions.map(actionName).join(", ")} on ${scope.deployment ?? scope.model ?? scope.namespace ?? "everything"}`);
  return <span className="block max-w-64 truncate text-12 text-fg-2" title={scopes.join("\n")}>{scopes[0] ?? "nothing"}{scopes.length > 1 ? `, and ${scopes.length - 1} more` : ""}</span>;
}

function Expiry({ of, now }: { of: ApiKey; now: number }) {
  if (!of.expire_time) return <span className="text-fg-3">never</span>;
  const left = Date.parse(of.expire_time) - now;
  if (left <= 0) return <When time={of.expire_time} className="text-fg-2" />;
  return <time dateTime={of.expire_time} title={exact(of.expire_time)} className={left < 3 * 86_400_000 ? "text-warn" : "text-fg-2"}>in {age(now, now + left)}</time>;
}

function Revoke({ of, onClose }: { of: ApiKey; onClose: () => void }) {
  const revoke = access.useAccessChange(() => access.revokeKey(of.id), onClose);
  return (
    <Confirm title={`Revoke ${of.name}?`} action="Revoke key" failed={`${of.name} still works`} doing={revoke} onDo={() => revoke.mutate()} onClose={onClose}>
      <p>What uses <code>{of.prefix}…</code> is refused from now on, on every node. {of.last_use_time ? <>It was last used <When time={of.last_use_time} />.</> : "It was never used."} To change the secret without an outage, replace it instead.</p>
    </Confirm>
  );
}
