// SPDX-License-Identifier: Apache-2.0
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ChevronDown, FlaskConical, Search, Waypoints } from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import { Problem } from "../../api/client.ts";
import * as queries from "../../api/queries.ts";
import { search } from "../../api/search.ts";
import type { SearchAnswer, SearchHit } from "../../api/types.ts";
import { Loaded, Reason } from "../../app/loaded.tsx";
import { type Facet, valuesOf } from "../../logic/facets.ts";
import { plural, taskName } from "../../logic/format.ts";
import { filterIn, isKind, type Kind, kinds, placeOf, withFilter } from "../../logic/hits.ts";
import { Button } from "../../ui/button.tsx";
import { SearchField, Segments } from "../../ui/field.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { Menu, MenuChoices } from "../../ui/menu.tsx";
import { Note } from "../../ui/note.tsx";
import { PageHead, Panel } from "../../ui/panel.tsx";
import { TwoLines } from "../../ui/table.tsx";
import { useRows } from "../../ui/use-rows.ts";

const route = getRouteApi("/search");
const most = 100;

export function SearchPage() {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const wanted = useDeferredValue(q.trim());
  const query = useQuery({ ...search(wanted, most), placeholderData: keepPreviousData });
  const set = (text: string) => void navigate({ search: { q: text || undefined }, replace: true });
  const refused = query.error instanceof Problem && query.error.status === 400 ? query.error : undefined;
  return (
    <>
      <PageHead title="Search" note="models with their versions, experiments and runs" />
      <div className="mb-4 grid max-w-4xl gap-2.5">
        <SearchField icon={Search} data-filter autoFocus className="h-9 text-14" aria-label="Search everything" placeholder="Words, or task:, tag:team=risk, metric.accuracy>0.9" value={q} onText={set} onKeyDown={(event) => event.key === "ArrowDown" && document.querySelector<HTMLElement>("[data-row]")?.focus()} />
        <Narrow q={q} set={set} />
      </div>
      {wanted === "" ? <Hints set={set} /> : refused ? <Note tone="bad" role="alert" title="This is not understood"><Reason problem={refused} /></Note> : (
        <Loaded query={query} what="what was searched for">{(answer) => <Answer answer={answer} q={wanted} set={set} />}</Loaded>
      )}
    </>
  );
}

/** What the box takes as text, by hand; the values are those of the models here. */
function Narrow({ q, set }: { q: string; set: (text: string) => void }) {
  const { data } = useInfiniteQuery(queries.models(""));
  const models = useMemo(() => data?.pages.flatMap((page) => page.models) ?? [], [data]);
  const kind = filterIn(q, "kind") ?? "";
  const facet = (key: string, of: Facet, label: string, say: (value: string) => string, write: (value: string) => string) => {
    const values = valuesOf(models, of).slice(0, 30).map(({ value }) => value);
    const current = filterIn(q, key);
    return values.length > 0 ? (
      <Menu key={key} label={label} trigger={<Button small>{current ? `${label}: ${say(values.find((value) => write(value) === current) ?? current)}` : label}<ChevronDown aria-hidden /></Button>}>
        <MenuChoices value={current ?? ""} onChange={(value) => set(withFilter(q, key, value || undefined))} options={[{ value: "", label: "Any" }, ...values.map((value) => ({ value: write(value), label: say(value) }))]} />
      </Menu>
    ) : null;
  };
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segments<"" | Kind> label="Kind" value={isKind(kind) ? kind : ""} onChange={(next) => set(withFilter(q, "kind", next || undefined))} options={[{ value: "", label: "Everything" }, ...Object.entries(kinds).map(([value, label]) => ({ value: value as Kind, label }))]} />
      {facet("task", "task", "Task", taskName, (value) => value)}
      {facet("alias", "alias", "Alias", (value) => value, (value) => value)}
      {facet("tag", "tag", "Tag", (value) => value, (value) => value.replace(": ", "="))}
    </div>
  );
}

function Answer({ answer, q, set }: { answer: SearchAnswer; q: string; set: (text: string) => void }) {
  const { hits, corrected } = answer;
  const navigate = useNavigate();
  const open = (index: number) => {
    const hit = hits[index];
    const place = hit && placeOf(hit);
    if (!place) return;
    if (hit.kind === "model") void navigate({ to: "/models/$namespace/$model", params: { namespace: place.namespace, model: place.name } });
    else if (place.run) void navigate({ to: "/experiments/$namespace/$experiment/runs/$run", params: { namespace: place.namespace, experiment: place.name, run: place.run } });
    else void navigate({ to: "/experiments/$namespace/$experiment", params: { namespace: place.namespace, experiment: place.name } });
  };
  const { rowProps, listProps } = useRows(hits.length, open);
  return (
    <section aria-label="Found" className="max-w-4xl">
      <p role="status" className="num mb-2 text-12 text-fg-3">
        {hits.length >= most ? `The best ${most}` : plural(hits.length, "hit")}
        {corrected.length > 0 ? <span className="text-fg-2"> · nothing has that word, so near ones were looked for: {corrected.join(", ")}</span> : null}
      </p>
      {hits.length > 0 ? (
        <Panel>
          <ul aria-label="Hits" {...listProps}>
            {hits.map((hit, i) => (
              <li key={`${hit.kind} ${hit.id}`} className="border-b border-line last:border-b-0" onClick={(event) => !(event.target as HTMLElement).closest("a") && open(i)} {...rowProps(i)}><Hit hit={hit} /></li>
            ))}
          </ul>
        </Panel>
      ) : (
        <div className="grid justify-items-center gap-2.5 rounded-panel border border-line bg-surface px-4 py-8">
          <p className="wrap-anywhere">Nothing has all of “{q}”.</p>
          {filterIn(q, "kind") ? <Button small onClick={() => set(withFilter(q, "kind", undefined))}>Look at every kind</Button> : null}
        </div>
      )}
    </section>
  );
}

const words: Record<string, string> = { model: "model", experiment: "experiment", run: "run" };

function Hit({ hit }: { hit: SearchHit }) {
  const place = placeOf(hit);
  const inside = (
    <>
      {hit.kind === "model" ? <Identicon of={hit.reference} /> : <span className="grid size-7 place-items-center rounded-control bg-sunken text-fg-3">{hit.kind === "run" ? <Waypoints aria-hidden size={15} /> : <FlaskConical aria-hidden size={15} />}</span>}
      <TwoLines title={<bdi>{hit.title || hit.reference}</bdi>} note={<>{words[hit.kind] ?? hit.kind} · <span className="text-fg-2">{hit.reference}</span>{hit.summary ? <> · <bdi>{hit.summary}</bdi></> : null}</>} />
    </>
  );
  const look = "flex h-12 min-w-0 items-center gap-2.5 px-4";
  if (!place) return <span className={look}>{inside}</span>;
  if (hit.kind === "model") return <Link tabIndex={-1} className={look} to="/models/$namespace/$model" params={{ namespace: place.namespace, model: place.name }}>{inside}</Link>;
  if (place.run) return <Link tabIndex={-1} className={look} to="/experiments/$namespace/$experiment/runs/$run" params={{ namespace: place.namespace, experiment: place.name, run: place.run }}>{inside}</Link>;
  return <Link tabIndex={-1} className={look} to="/experiments/$namespace/$experiment" params={{ namespace: place.namespace, experiment: place.name }}>{inside}</Link>;
}

const examples = [["kind:run metric.loss<0.1", "runs whose loss is below 0.1"], ["task:CLASSIFICATION", "models of a task"], ["tag:team=vision", "what has a tag"], ["state:ARCHIVED", "what was put away"]] as const;

function Hints({ set }: { set: (text: string) => void }) {
  return (
    <div className="grid max-w-4xl gap-1.5 text-fg-2">
      <p>Words are looked for in names, descriptions, cards, tags and properties; the beginning of one will do, and a slip is forgiven. Filters go with them:</p>
      <ul className="grid gap-1">
        {examples.map(([text, means]) => <li key={text} className="flex flex-wrap items-center gap-2"><button type="button" className="link" onClick={() => set(text)}><code>{text}</code></button><span className="text-fg-3">{means}</span></li>)}
      </ul>
    </div>
  );
}
