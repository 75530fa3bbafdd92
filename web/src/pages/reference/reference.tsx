// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useMemo } from "react";
import * as queries from "../../api/queries.ts";
import { Loaded } from "../../app/loaded.tsx";
import { type Contract, nameOf, type Operation, operationsOf, resolve, type Schema } from "../../logic/openapi.ts";
import { matches } from "../../logic/search.ts";
import { Chip } from "../../ui/chip.tsx";
import { Kbd, SearchField } from "../../ui/field.tsx";
import { PageHead, Panel, PanelHead } from "../../ui/panel.tsx";
import { TryIt } from "./try-it.tsx";

const route = getRouteApi("/reference");
const tones = { GET: "info", POST: "ok", PUT: "accent", PATCH: "warn", DELETE: "bad" } as Record<string, "info" | "ok" | "accent" | "warn" | "bad">;

export function ReferencePage() {
  const query = useQuery(queries.contract);
  return <Loaded query={query} what="the API's contract">{(contract) => <Reference contract={contract} />}</Loaded>;
}

function Reference({ contract }: { contract: Contract }) {
  const { q = "", call } = route.useSearch();
  const navigate = route.useNavigate();
  const all = useMemo(() => operationsOf(contract), [contract]);
  const shown = q.trim() ? all.filter((one) => matches(`${one.id} ${one.method} ${one.path} ${one.summary} ${one.parameters.map(({ name }) => name).join(" ")} ${one.body ? nameOf(one.body.schema) : ""}`, q.trim())) : all;
  const chosen = all.find((one) => one.id === call) ?? shown[0];
  const groups = [...new Set(shown.map((one) => one.group))].sort();
  return (
    <>
      <PageHead title="API reference" note={<>version {contract.info.version}, <a className="underline" href="/openapi.json">openapi.json</a></>}>
        <Link className="link" to="/errors">What errors mean</Link>
      </PageHead>
      <div className="grid grid-cols-[320px_minmax(0,1fr)] items-start gap-6 max-wide:grid-cols-[minmax(0,1fr)]">
        <nav aria-label="Calls" className="min-w-0">
          <SearchField icon={Search} data-filter aria-label="Search the calls" placeholder="Search path, verb, field" value={q} onText={(text) => void navigate({ search: (old) => ({ ...old, q: text || undefined }), replace: true })} after={<span className="max-phone:hidden"><Kbd>/</Kbd></span>} />
          <div className="mt-3 max-h-[calc(100dvh-180px)] overflow-y-auto max-wide:max-h-72" tabIndex={-1}>
            {groups.map((group) => (
              <section key={group} className="mb-3">
                <h2 className="mb-1 px-2 text-11 font-medium text-fg-3">{group}</h2>
                <ul>
                  {shown.filter((one) => one.group === group).map((one) => (
                    <li key={one.id}>
                      <Link to="/reference" search={(old) => ({ ...old, call: one.id })} replace aria-current={one === chosen ? "true" : undefined} className="flex h-[30px] items-center gap-2 rounded-control px-2 hover:bg-hover aria-[current=true]:bg-accent-soft">
                        <span className="w-12 flex-none font-mono text-11 text-fg-3">{one.method}</span>
                        <span className="truncate">{one.summary || one.path}</span>
                      </Link>
                    </li>
                  ))}
                </ul>
              </section>
            ))}
            {shown.length === 0 ? <p className="px-2 text-fg-2">No call has “{q}” in it.</p> : null}
          </div>
        </nav>
        {chosen ? <Call key={chosen.id} contract={contract} operation={chosen} /> : null}
      </div>
    </>
  );
}

function Call({ contract, operation }: { contract: Contract; operation: Operation }) {
  const good = operation.answers.find(({ status, schema }) => /^2/.test(status) && schema);
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
      <header>
        <h2 className="text-16">{operation.summary}</h2>
        <p className="mt-1 flex min-w-0 items-center gap-2"><Chip tone={tones[operation.method] ?? "idle"}>{operation.method}</Chip><code className="wrap-anywhere">{operation.path}</code></p>
        {operation.description ? <p className="mt-2 max-w-prose text-fg-2">{operation.description}</p> : null}
      </header>
      <TryIt contract={contract} operation={operation} />
      {operation.body ? <Fields title="Body" note={operation.body.type} contract={contract} schema={operation.body.schema} /> : null}
      {good?.schema ? <Fields title="Answer" note={good.status} contract={contract} schema={good.schema} /> : null}
    </div>
  );
}

function Fields({ title, note, contract, schema }: { title: string; note: string; contract: Contract; schema: Schema }) {
  const whole = resolve(contract, schema);
  const rows = Object.entries(whole.properties ?? {});
  return (
    <Panel aria-label={title}>
      <PanelHead title={title} note={`${nameOf(schema)}, ${note}`} />
      {rows.length > 0 ? (
        <div className="relative overflow-x-auto" tabIndex={-1}>
          <table aria-label={`Fields of ${title.toLowerCase()}`}>
            <thead><tr><th>Field</th><th>Type</th><th>Must be there</th></tr></thead>
            <tbody>
              {rows.map(([name, field]) => (
                <tr key={name} className="[&>td]:h-8"><td><code>{name}</code></td><td className="text-fg-2 wrap-anywhere">{nameOf(field)}</td><td className="text-fg-3">{whole.required?.includes(name) ? "yes" : ""}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : <p className="px-4 py-3 text-fg-2">{nameOf(schema)}</p>}
    </Panel>
  );
}
