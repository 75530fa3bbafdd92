// SPDX-License-Identifier: Apache-2.0
import { Ban, CircleCheck, CircleX, type LucideIcon, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { Source } from "../../api/catalogue.ts";
import { facetsOf, type Option, type Options, propertyName, type Where } from "../../logic/catalogue.ts";
import { Button } from "../../ui/button.tsx";

const states: Record<Source["status"], [icon: LucideIcon, word: string, colour: string]> = {
  available: [CircleCheck, "available", "text-ok"],
  "partially-available": [TriangleAlert, "not all of it", "text-warn"],
  error: [CircleX, "broken", "text-bad"],
  disabled: [Ban, "off", "text-idle"],
};

/** Where entries come from, and what is wrong there. */
export function Sources({ sources, chosen, turn }: { sources: Source[]; chosen: string[]; turn: (id: string) => void }) {
  if (sources.length === 0) return null;
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 text-12 font-medium">Sources</legend>
      {sources.map((source) => {
        const [Icon, word, colour] = states[source.status];
        const empty = source.status === "disabled" || source.status === "error";
        return (
          <div key={source.id}>
            <label className="flex min-h-6 items-center gap-2">
              <input type="checkbox" className="accent-accent" checked={chosen.includes(source.id)} disabled={empty && !chosen.includes(source.id)} onChange={() => turn(source.id)} />
              <span className="min-w-0 truncate">{source.name}</span>
              <span className={`ml-auto inline-flex items-center gap-1 text-12 ${colour}`}><Icon aria-hidden size={13} />{word}</span>
            </label>
            {source.error ? <p className="pl-6 text-12 wrap-anywhere text-fg-3">{source.error}</p> : null}
          </div>
        );
      })}
    </fieldset>
  );
}

export function Facets({ options, where, turn, least }: { options: Options; where: Where; turn: (name: string, value: string) => void; least: (name: string, value: string) => void }) {
  const { usual, others } = facetsOf(options);
  const [all, setAll] = useState(() => others.some(([name]) => where[name]));
  return (
    <>
      {usual.map(([name, option]) => <Facet key={name} name={name} option={option} chosen={where[name] ?? []} turn={turn} least={least} />)}
      {all ? others.map(([name, option]) => <Facet key={name} name={name} option={option} chosen={where[name] ?? []} turn={turn} least={least} />) : null}
      {others.length > 0 ? <div><Button look="quiet" small aria-expanded={all} onClick={() => setAll(!all)}>{all ? "Fewer properties" : `${others.length} more properties`}</Button></div> : null}
    </>
  );
}

const few = 6;

function Facet({ name, option, chosen, turn, least }: { name: string; option: Option; chosen: string[]; turn: (name: string, value: string) => void; least: (name: string, value: string) => void }) {
  const [all, setAll] = useState(false);
  const values = (option.values ?? []).map(String);
  const shown = all ? values : values.filter((value, i) => i < few || chosen.includes(value));
  return (
    <fieldset className="grid gap-0.5">
      <legend className="mb-1 text-12 font-medium">{propertyName(name)}</legend>
      {option.range ? (
        <label className="flex items-center gap-2 text-12 text-fg-2">
          at least
          <input type="number" step="any" aria-label={`${propertyName(name)} at least`} defaultValue={chosen[0]?.slice(2) ?? ""} placeholder={String(option.range.min)} onChange={(event) => least(name, event.target.value)} className="h-7 w-24 rounded-control border border-line-strong bg-surface px-2" />
          <span className="text-fg-3">of {option.range.max}</span>
        </label>
      ) : null}
      {shown.map((value) => (
        <label key={value} className="flex min-h-6 items-center gap-2">
          <input type="checkbox" className="accent-accent" checked={chosen.includes(value)} onChange={() => turn(name, value)} />
          <span className="min-w-0 truncate" title={value}>{value === "true" ? "yes" : value === "false" ? "no" : value}</span>
        </label>
      ))}
      {values.length > shown.length || all ? <div><Button look="quiet" small onClick={() => setAll(!all)}>{all ? "Fewer" : `${values.length - shown.length} more`}</Button></div> : null}
    </fieldset>
  );
}
