// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Ban, Ellipsis, KeyRound, Play, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import * as access from "../../api/access.ts";
import * as queries from "../../api/queries.ts";
import type { Role, ServiceAccount } from "../../api/types.ts";
import { Confirm, FormDialog } from "../../app/confirm.tsx";
import { Loaded } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { State } from "../../ui/state.tsx";
import { Table } from "../../ui/table.tsx";
import { When } from "../../ui/time.tsx";
import { toast } from "../../ui/toast.ts";
import { ListHead, Named, NamespaceChoice, None, RoleChoice } from "./parts.tsx";
import { wrongName } from "../../logic/roles.ts";

const route = getRouteApi("/access/accounts");
/** An account's full name is namespace/name; its path has the namespace already. */
const own = (account: ServiceAccount): string => account.name.slice(account.name.indexOf("/") + 1);

export function AccountsPage() {
  const { namespace: asked, show } = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(queries.whoami).data;
  const namespace = asked ?? me?.default_namespace ?? "default";
  const query = useQuery({ ...access.accounts(namespace), enabled: asked !== undefined || me !== undefined });
  const [removing, setRemoving] = useState<ServiceAccount>();
  const layer = (on: boolean) => void navigate({ search: (old) => ({ ...old, show: on ? "new" : undefined }), replace: !on });
  return (
    <>
      <ListHead say="Programs that act by keys: a trainer that pushes, an application that asks. They belong to a namespace and outlive whoever made them.">
        <NamespaceChoice hideLabel value={namespace} className="w-44" onChange={(next) => void navigate({ search: { namespace: next } })} />
        <Button look="primary" onClick={() => layer(true)}><Plus aria-hidden />New service account</Button>
      </ListHead>
      <Loaded query={query} what={`the service accounts of ${namespace}`}>
        {(accounts) =>
          accounts.length === 0 ? (
            <None><p>{namespace} has no service account. Make one for each program, so that each key says who it was.</p></None>
          ) : (
            <Table
              label="Service accounts"
              rows={accounts}
              keyOf={(one) => one.id}
              columns={[
                { name: "Service account", side: "main", cell: (one) => <Named name={one.name} kind="SERVICE_ACCOUNT" note={one.display_name || undefined} /> },
                { name: "State", cell: (one) => <State of="principal" state={one.state} /> },
                { name: "Made", side: "right", from: "phone", cell: (one) => <When time={one.create_time} className="text-fg-2" /> },
                { name: "Actions", silent: true, side: "right", cell: (one) => <Actions ns={namespace} account={one} remove={() => setRemoving(one)} /> },
              ]}
            />
          )
        }
      </Loaded>
      {show === "new" ? <NewAccount ns={namespace} onClose={() => layer(false)} /> : null}
      {removing ? <Remove ns={namespace} account={removing} onClose={() => setRemoving(undefined)} /> : null}
    </>
  );
}

function Actions({ ns, account, remove }: { ns: string; account: ServiceAccount; remove: () => void }) {
  const turn = async (state: "ACTIVE" | "DISABLED"): Promise<void> => {
    try {
      await change.mutateAsync(state);
      toast.done(state === "DISABLED" ? `${account.name} is disabled` : `${account.name} may act again`, () => void turn(state === "DISABLED" ? "ACTIVE" : "DISABLED"));
    } catch (cause) {
      toast.failed(`${account.name} was not changed`, (cause as Error).message);
    }
  };
  const change = access.useAccessChange((state: "ACTIVE" | "DISABLED") => access.changeAccount(ns, own(account), { state }));
  return (
    <Menu align="end" label={`Actions on ${account.name}`} trigger={<Button look="quiet" small icon aria-label={`Actions on ${account.name}`}><Ellipsis aria-hidden /></Button>}>
      <MenuItem render={<Link to="/access/keys" search={{ show: "new", account: account.name }} />}><KeyRound aria-hidden />Make a key</MenuItem>
      <MenuItem onClick={() => void turn(account.state === "ACTIVE" ? "DISABLED" : "ACTIVE")}>{account.state === "ACTIVE" ? <><Ban aria-hidden />Disable</> : <><Play aria-hidden />Let act again</>}</MenuItem>
      <MenuSeparator />
      <MenuItem danger onClick={remove}><Trash2 aria-hidden />Delete</MenuItem>
    </Menu>
  );
}

function NewAccount({ ns, onClose }: { ns: string; onClose: () => void }) {
  const [name, setName] = useState("");
  const [display, setDisplay] = useState("");
  const [role, setRole] = useState<Role>("WRITER");
  const add = access.useAccessChange(() => access.addAccount(ns, { name, ...(display && { display_name: display }), ...(role !== "NONE" && { role }) }), onClose);
  const wrong = wrongName(name);
  return (
    <FormDialog title={`New service account in ${ns}`} action="Create" failed="The service account was not made" doing={add} disabled={!name || !!wrong} onDo={() => add.mutate()} onClose={onClose}>
      <TextField label="Name" autoFocus placeholder="trainer" value={name} onChange={(event) => (setName(event.target.value), add.reset())} error={wrong} />
      <TextField label="What it is for" value={display} onChange={(event) => setDisplay(event.target.value)} placeholder="Nightly training" />
      <RoleChoice label={`On ${ns}`} value={role} onChange={setRole} none="what it may do is granted later" />
    </FormDialog>
  );
}

function Remove({ ns, account, onClose }: { ns: string; account: ServiceAccount; onClose: () => void }) {
  const remove = access.useAccessChange(() => access.removeAccount(ns, own(account)), onClose);
  return (
    <Confirm title={`Delete ${account.name}?`} action="Delete service account" failed={`${account.name} is still there`} doing={remove} onDo={() => remove.mutate()} onClose={onClose}>
      <p>Its keys are refused at once; programs that use them fail. To see first who would miss it, disable it: that can be undone.</p>
    </Confirm>
  );
}
