// SPDX-License-Identifier: Apache-2.0
import { Bookmark, Plus, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Model } from "../../api/types.ts";
import { type Facet, facetNames, facets, readViews, sameSearch, valuesOf, type View, type Wanted } from "../../logic/facets.ts";
import { Button } from "../../ui/button.tsx";
import { Menu, MenuChoices, MenuGroup, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { toast } from "../../ui/toast.ts";

const NameView = lazy(() => import("./name-view.tsx"));

/** One chip a facet: what it is narrowed to, or the way to choose. */
export function Facets({ models, wanted, set }: { models: Model[]; wanted: Wanted; set: (change: Wanted) => void }) {
  return facetNames.map((name) => {
    const { label, say } = facets[name];
    const value = wanted[name];
    return value ? (
      <button key={name} type="button" aria-label={`${label} ${say(value)}: show all again`} onClick={() => set({ [name]: undefined })} className="inline-flex h-[30px] items-center gap-1.5 rounded-control border border-accent-line bg-accent-soft px-2.5 whitespace-nowrap max-phone:h-9">
        {label} <b className="max-w-48 truncate font-medium text-accent-text">{say(value)}</b>
        <X aria-hidden size={13} className="text-accent-text" />
      </button>
    ) : (
      <Menu key={name} label={label} trigger={<button type="button" className="inline-flex h-[30px] items-center gap-1.5 rounded-control border border-dashed border-line-field px-2.5 text-fg-2 hover:bg-hover hover:text-fg max-phone:h-9"><Plus aria-hidden size={13} className="text-fg-3" />{label}</button>}>
        <Values models={models} name={name} onChoose={(next) => set({ [name]: next })} />
      </Menu>
    );
  });
}

function Values({ models, name, onChoose }: { models: Model[]; name: Facet; onChoose: (value: string) => void }) {
  const values = valuesOf(models, name);
  if (values.length === 0) return <p className="px-2 py-1.5 text-fg-3">No model has one.</p>;
  return <MenuChoices value="" onChange={onChoose} options={values.slice(0, 40).map(({ value, count }) => ({ value, label: <><span className="max-w-56 truncate">{facets[name].say(value)}</span><span className="num ml-auto pl-6 text-12 text-fg-3">{count}</span></> }))} />;
}

const place = "souk.views.models";
const load = (): View[] => {
  try {
    return readViews(localStorage.getItem(place));
  } catch {
    return [];
  }
};

/** Named addresses of this list, kept in this browser. */
export function Views({ search, go }: { search: Record<string, string | undefined>; go: (search: Record<string, string>) => void }) {
  const [views, setViews] = useState(load);
  const [naming, setNaming] = useState(false);
  const keep = (next: View[]) => {
    setViews(next);
    try {
      localStorage.setItem(place, JSON.stringify(next));
    } catch {
      toast.failed("The view lasts only until this tab is closed", "The browser keeps nothing for this page.");
    }
  };
  const current = views.find((view) => sameSearch(view.search, search));
  const narrowed = Object.values(search).some(Boolean);
  const remove = (view: View) => {
    keep(views.filter((one) => one !== view));
    toast.done(`View ${view.name} removed`, () => keep(views));
  };
  return (
    <>
      <Menu align="end" label="Views" trigger={<Button look="quiet"><Bookmark aria-hidden />{current?.name ?? "Views"}</Button>}>
        {views.length > 0 ? <MenuChoices value={current?.name ?? ""} onChange={(wanted) => { const view = views.find((one) => one.name === wanted); if (view) go(view.search); }} options={views.map((view) => ({ value: view.name, label: <span className="max-w-56 truncate">{view.name}</span> }))} /> : <p className="px-2 py-1.5 text-fg-3">No view yet. Narrow the list, then save it.</p>}
        <MenuSeparator />
        <MenuItem disabled={!narrowed || current !== undefined} onClick={() => setNaming(true)}><Plus aria-hidden />Save what is shown</MenuItem>
        {current ? <MenuGroup label="This view"><MenuItem onClick={() => remove(current)}><X aria-hidden />Remove {current.name}</MenuItem></MenuGroup> : null}
      </Menu>
      {naming ? (
        <Suspense>
          <NameView
            onClose={() => setNaming(false)}
            onSave={(name) => {
              keep([...views.filter((one) => one.name !== name), { name, search: Object.fromEntries(Object.entries(search).filter((entry): entry is [string, string] => !!entry[1])) }]);
              setNaming(false);
            }}
          />
        </Suspense>
      ) : null}
    </>
  );
}
