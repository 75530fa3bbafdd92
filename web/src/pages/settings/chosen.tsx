// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { FileCog, Flag, type LucideIcon, Minus, Search, Terminal } from "lucide-react";
import * as queries from "../../api/queries.ts";
import { Problem } from "../../api/client.ts";
import type { Setting } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { matches } from "../../logic/search.ts";
import { CopyButton } from "../../ui/copy.tsx";
import { SearchField, Segments } from "../../ui/field.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";

const route = getRouteApi("/settings");
const sources: Record<Setting["source"], [icon: LucideIcon, word: string]> = { DEFAULT: [Minus, "default"], FILE: [FileCog, "file"], ENVIRONMENT: [Terminal, "environment"], FLAG: [Flag, "flag"] };

/** What the server was started with, and where each value was said. */
export function Chosen() {
  const query = useQuery(queries.settings);
  if (query.error instanceof Problem && query.error.status === 403) return null;
  return (
    <Panel aria-label="What is set">
      <Loaded query={query} what="the settings" skeleton={<div className="late p-4"><Bone className="w-40" /></div>}>{(all) => <List all={all} />}</Loaded>
    </Panel>
  );
}

function List({ all }: { all: Setting[] }) {
  const { q = "", set } = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: { q?: string | undefined; set?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const said = all.filter((one) => one.source !== "DEFAULT");
  const every = set === "all" || q.trim() !== "";
  const shown = (every ? all : said).filter((one) => !q.trim() || matches(`${one.key} ${one.help} ${one.value}`, q.trim()));
  return (
    <>
      <PanelHead title="What is set" note={`${said.length} of ${all.length} were said, the others are as they come`}>
        <SearchField icon={Search} className="h-7 w-52 max-phone:w-40" data-filter aria-label="Search the settings" placeholder="Name or what it does" value={q} onText={(text) => change({ q: text || undefined })} />
        <Segments<"" | "all"> label="Which settings" value={every ? "all" : ""} onChange={(next) => change({ set: next || undefined, q: undefined })} options={[{ value: "", label: "Said" }, { value: "all", label: "All" }]} />
      </PanelHead>
      <div className="relative max-h-[640px] overflow-auto" tabIndex={0} role="group" aria-label="Settings, scrolls">
        <table aria-label="Settings">
          <thead><tr><th>Setting</th><th>Value</th><th>From</th><th className="max-phone:hidden">Default</th><th className="max-wide:hidden">What it does</th></tr></thead>
          <tbody>
            {shown.map((one) => {
              const [Icon, word] = sources[one.source];
              return (
                <tr key={one.key}>
                  <td className="whitespace-nowrap"><span className="inline-flex items-center gap-1"><code>{one.key}</code><CopyButton text={one.flag ?? one.environment} label={`Copy ${one.flag ?? one.environment}`} /></span></td>
                  <td className="max-w-72 min-w-40 wrap-anywhere"><code className={one.source === "DEFAULT" ? "text-fg-2" : "font-medium"}>{one.value === "" ? <span className="text-fg-3">empty</span> : one.value}</code></td>
                  <td><span className="inline-flex items-center gap-1.5 whitespace-nowrap text-fg-2"><Icon aria-hidden size={13} className="text-fg-3" />{word}</span></td>
                  <td className="max-w-40 truncate text-fg-3 max-phone:hidden"><code>{one.default_value}</code></td>
                  <td className="py-1.5 text-12 text-fg-2 max-wide:hidden">{one.help}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {shown.length === 0 ? <p className="px-4 py-4 text-fg-2">{q ? "No setting is called so." : "Nothing was said: everything is as it comes."}</p> : null}
      </div>
    </>
  );
}
