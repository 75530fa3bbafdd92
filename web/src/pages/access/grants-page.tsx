// SPDX-License-Identifier: Apache-2.0
import { getRouteApi } from "@tanstack/react-router";
import { ListHead, NamespaceChoice } from "./parts.tsx";
import { ShareButton, ShareDialog, WhoMay } from "./grants.tsx";

const route = getRouteApi("/access/grants");

export function GrantsPage() {
  const { namespace = "", show } = route.useSearch();
  const navigate = route.useNavigate();
  const on = namespace ? { ns: namespace } : {};
  const layer = (open: boolean) => void navigate({ search: (old) => ({ ...old, show: open ? "share" : undefined }), replace: !open });
  return (
    <>
      <ListHead say={namespace ? "Everybody who may do something in this namespace, and by what. A model or a deployment may be shared beyond it, on its own page." : "Roles on the whole server hold in every namespace."}>
        <NamespaceChoice hideLabel label="Where" value={namespace} all="Whole server" className="w-48" onChange={(next) => void navigate({ search: { namespace: next || undefined } })} />
        <ShareButton onClick={() => layer(true)} />
      </ListHead>
      <WhoMay on={on} />
      {show === "share" ? <ShareDialog on={on} onClose={() => layer(false)} /> : null}
    </>
  );
}
