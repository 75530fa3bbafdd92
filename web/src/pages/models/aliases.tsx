// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Undo2 } from "lucide-react";
import { useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Alias, Model } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { AliasChip, byAlias } from "../../ui/chip.tsx";
import { cx } from "../../ui/cx.ts";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { When } from "../../ui/time.tsx";
import { moveAlias } from "./alias-menu.tsx";

/** Where each alias points, since when, and where it pointed before. */
export function Aliases({ model }: { model: Model }) {
  const query = useQuery(queries.aliases(model.namespace, model.slug));
  if (query.data?.length === 0) return null;
  return (
    <Panel aria-label="Aliases">
      <PanelHead title="Aliases" note="names that move" />
      <Loaded query={query} what="the aliases" skeleton={<div className="late p-4"><Bone className="w-40" /></div>}>
        {(aliases) => <ul>{[...aliases].sort((a, b) => byAlias(a.name, b.name)).map((alias) => <Row key={alias.name} model={model} alias={alias} />)}</ul>}
      </Loaded>
    </Panel>
  );
}

function Row({ model, alias }: { model: Model; alias: Alias }) {
  const [open, setOpen] = useState(false);
  const history = useQuery({ ...queries.aliasHistory(model.namespace, model.slug, alias.name), enabled: open });
  return (
    <li className="border-t border-line first:border-t-0">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="flex h-[38px] w-full items-center gap-2 rounded-none! px-4 hover:bg-hover focus-visible:shadow-focus-inset">
        <ChevronRight aria-hidden size={13} className={cx("text-fg-3 transition-transform duration-(--fast)", open && "rotate-90")} />
        <AliasChip name={alias.name} version={alias.version} />
        <span className="ml-auto truncate text-12 text-fg-3"><When time={alias.update_time} />{alias.actor ? ` by ${alias.actor}` : ""}</span>
      </button>
      {open ? (
        <div className="pr-4 pb-3 pl-[37px] text-12">
          <Loaded query={history} what={`the history of ${alias.name}`} skeleton={<Bone className="late w-32" />}>
            {(changes) => (
              <ol className="grid gap-1.5">
                {[...changes].sort((a, b) => (a.time < b.time ? 1 : -1)).map((change, i) => (
                  <li key={`${change.time} ${i}`} className="flex min-h-6 items-center gap-3">
                    <span className="w-16">{change.version === undefined ? "removed" : <>to <code>v{change.version}</code></>}</span>
                    <span className="text-fg-3"><When time={change.time} />{change.actor ? ` by ${change.actor}` : ""}</span>
                    {change.version !== undefined && change.version !== alias.version ? <Button small look="quiet" onClick={() => void moveAlias(model, alias.name, change.version)}><Undo2 aria-hidden />Back to v{change.version}</Button> : null}
                  </li>
                ))}
              </ol>
            )}
          </Loaded>
        </div>
      ) : null}
    </li>
  );
}
