// SPDX-License-Identifier: Apache-2.0
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ShareButton, ShareDialog, WhoMay } from "../access/grants.tsx";
import { ListHead } from "../access/parts.tsx";

const route = getRouteApi("/models/$namespace/$model");

/** Who can see this model, and why. */
export function ModelAccess() {
  const { namespace, model } = route.useParams();
  const { show } = route.useSearch();
  const navigate = useNavigate();
  const on = { ns: namespace, model };
  const layer = (open: boolean) => void navigate({ to: ".", search: (old) => ({ ...old, show: open ? "share" : undefined }), replace: !open, resetScroll: false });
  return (
    <>
      <ListHead say={<>Who can see this model, and why. For others it does not exist. Roles on <b className="font-medium text-fg">{namespace}</b> and on the whole server hold here too.</>}>
        <ShareButton onClick={() => layer(true)} />
      </ListHead>
      <WhoMay on={on} />
      {show === "share" ? <ShareDialog on={on} onClose={() => layer(false)} /> : null}
    </>
  );
}
