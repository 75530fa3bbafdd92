// SPDX-License-Identifier: Apache-2.0
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Search } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useEffect, useMemo, useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Model } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { facetNames, facets, fitting, type Wanted } from "../../logic/facets.ts";
import { plural } from "../../logic/format.ts";
import { finder, textFilter } from "../../logic/search.ts";
import { Button } from "../../ui/button.tsx";
import { Kbd, SearchField, Segments } from "../../ui/field.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { takeDropped, type TakenFile } from "../../ui/capture/drop.ts";
import { Facets, Views } from "./narrow.tsx";
import { ModelRows } from "./table.tsx";

const FirstModel = lazy(() => import("./first.tsx"));
const UploadDialog = lazy(() => import("./upload-dialog.tsx"));
const route = getRouteApi("/models");

type Show = "all" | "serving" | "attention";

/** What is searched, put together once: a long list is read through at each letter. */
const texts = new WeakMap<Model, string>();
function textOf(model: Model): string {
  let text = texts.get(model);
  if (text === undefined) texts.set(model, (text = textNow(model).toLowerCase()));
  return text;
}
function textNow(model: Model): string {
  const latest = model.latest_version;
  return [model.namespace, model.slug, model.name, model.description, model.task, latest?.task, latest?.format, latest?.digest, ...model.aliases.map((alias) => `@${alias.name}`), ...Object.entries(model.tags ?? {}).flat()].join(" ");
}
const serving = (model: Model) => model.deployments.some((one) => one.state === "READY");
const failed = (model: Model) => model.deployments.some((one) => one.state === "FAILED");

export function ModelsPage() {
  const search = route.useSearch();
  const { namespace = "", q = "", show = "all" } = search;
  const navigate = route.useNavigate();
  const whole = useInfiniteQuery(queries.models(namespace));
  // A list too long to be read whole is filtered by the server.
  const text = useDeferredValue(q.trim());
  const long = text !== "" && whole.data !== undefined && whole.hasNextPage;
  const part = useInfiniteQuery({ ...queries.models(namespace, textFilter(text)), enabled: long, placeholderData: keepPreviousData });
  const query = long && part.data ? part : whole;
  const models = useMemo(() => query.data?.pages.flatMap((page) => page.models) ?? [], [query.data]);
  const last = query.data?.pages.at(-1);
  useEffect(() => last?.models.forEach((model) => (textOf(model), facets.tag.of(model))), [last]); // as they come, and not all at the first letter
  const uploading = show === "upload";
  const view: Show = show === "serving" || show === "attention" ? show : "all";
  const [dropped, setDropped] = useState<TakenFile[]>();

  // What was pressed shows at once; a long list follows in the next frame.
  const { task, format, alias, tag, state } = search;
  const wanted = useDeferredValue(useMemo(() => ({ task, format, alias, tag, state, view }), [task, format, alias, tag, state, view]));
  const shown = useMemo(() => {
    const fits = fitting(wanted);
    const found = finder(text);
    return models.filter((model) => (wanted.view === "serving" ? serving(model) : wanted.view === "attention" ? failed(model) : true) && fits(model) && (!text || long || found(textOf(model))));
  }, [models, text, wanted, long]);

  // A view of a part of the list would lie, so the rest is read while one is chosen.
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const narrowed = view !== "all" || facetNames.some((name) => search[name]);
  const filtered = q.trim() !== "" || narrowed;
  useEffect(() => {
    if (narrowed && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [narrowed, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const counts = useMemo(() => ({ serving: models.filter(serving).length, attention: models.filter(failed).length }), [models]);
  const set = (change: Wanted & { q?: string | undefined; show?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const openUpload = () => void navigate({ search: (old) => ({ ...old, show: "upload" }) });
  useFileDrop((files) => {
    setDropped(files);
    openUpload();
  });
  const closeUpload = () => {
    setDropped(undefined);
    set({ show: undefined });
  };

  return (
    <>
      <Loaded query={query} what="the list of models">
        {() =>
          whole.data?.pages[0]?.models.length === 0 ? (
            <Suspense><FirstModel namespace={namespace} onChoose={openUpload} /></Suspense>
          ) : (
            <>
              <PageHead
                title={
                  <span className="flex flex-wrap items-center gap-3">
                    Models
                    <span className="font-normal tracking-normal max-phone:hidden">
                      <Segments<Show>
                        label="Which models"
                        value={view}
                        onChange={(next) => set({ show: next === "all" ? undefined : next })}
                        options={[
                          { value: "all", label: <>All <Count of={models.length} more={hasNextPage} /></> },
                          { value: "serving", label: <>Serving <Count of={counts.serving} more={hasNextPage} /></> },
                          { value: "attention", label: <>Needs attention <Count of={counts.attention} more={hasNextPage} /></> },
                        ]}
                      />
                    </span>
                  </span>
                }
              >
                <Views search={{ q, show: view === "all" ? undefined : view, task, format, alias, tag, state }} go={(next) => void navigate({ search: namespace ? { namespace, ...next } : next })} />
                <Button look="primary" onClick={openUpload}><Plus aria-hidden />New model</Button>
              </PageHead>
              <div className="mb-3 flex flex-wrap items-center gap-2">
                <SearchField
                  icon={Search}
                  className="w-72 max-phone:w-full"
                  data-filter
                  aria-label="Filter models"
                  placeholder="Filter by name, task, alias, digest"
                  value={q}
                  onText={(next) => set({ q: next || undefined })}
                  onKeyDown={(event) => {
                    if (event.key === "Escape") event.currentTarget.blur();
                    if (event.key === "ArrowDown") document.querySelector<HTMLElement>("[data-row]")?.focus();
                  }}
                  after={<span className="max-phone:hidden"><Kbd>/</Kbd></span>}
                />
                <Facets models={models} wanted={search} set={set} />
                {filtered ? <p role="status" className="num text-12 text-fg-3">{plural(shown.length, "model")}{long ? (hasNextPage ? " and more" : "") : ` of ${models.length}`}{narrowed && hasNextPage ? ", reading on" : ""}</p> : null}
              </div>
              {shown.length > 0 ? (
                <ModelRows models={shown} onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()} />
              ) : (
                <NothingFound q={q.trim()} view={view} wanted={search} without={models} set={set} />
              )}
            </>
          )
        }
      </Loaded>
      {uploading ? <Suspense><UploadDialog namespace={namespace} files={dropped} onClose={closeUpload} /></Suspense> : null}
    </>
  );
}

function Count({ of, more }: { of: number; more: boolean }) {
  return <span className="num text-fg-3">{of}{more ? "+" : ""}</span>;
}

/** Says which filter to drop, and what that would give. */
function NothingFound({ q, view, wanted, without, set }: { q: string; view: Show; wanted: Wanted; without: Model[]; set: (change: Wanted & { q?: undefined; show?: undefined }) => void }) {
  const narrowed = facetNames.filter((name) => wanted[name]);
  const byView = (model: Model) => (view === "serving" ? serving(model) : view === "attention" ? failed(model) : true);
  const count = (text: string, ofView: (model: Model) => boolean, by: Wanted) => {
    const fits = fitting(by);
    const found = finder(text);
    return without.filter((model) => ofView(model) && fits(model) && (!text || found(textOf(model)))).length;
  };
  return (
    <div className="grid justify-items-center gap-2.5 rounded-panel border border-line bg-surface px-4 py-8 text-center">
      <p className="max-w-full wrap-anywhere">{q ? <>No model {view === "all" ? "" : view === "serving" ? "that serves " : "that needs attention "}has “{q}” in its name, task, aliases or digest{narrowed.length > 0 ? " and fits the rest" : ""}.</> : narrowed.length > 0 ? "No model fits all of these." : view === "serving" ? "No model serves now." : "No model needs attention."}</p>
      <div className="flex flex-wrap justify-center gap-2">
        {q ? <Button small onClick={() => set({ q: undefined })}>Drop the text, {plural(count("", byView, wanted), "model")}</Button> : null}
        {narrowed.map((name) => <Button key={name} small onClick={() => set({ [name]: undefined })}>Any {facets[name].label.toLowerCase()}, {plural(count(q, byView, { ...wanted, [name]: undefined }), "model")}</Button>)}
        {view !== "all" ? <Button small onClick={() => set({ show: undefined })}>Show all, {plural(count(q, () => true, wanted), "model")}</Button> : null}
      </div>
    </div>
  );
}

/** Files dropped anywhere on the page open the upload with them in it. */
function useFileDrop(take: (files: TakenFile[]) => void): void {
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      void takeDropped(event.dataTransfer!).then((files) => files.length > 0 && take(files));
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  });
}
