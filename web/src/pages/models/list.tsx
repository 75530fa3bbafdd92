// SPDX-License-Identifier: Apache-2.0
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Plus, Search } from "lucide-react";
import { lazy, Suspense, useDeferredValue, useEffect, useMemo, useState } from "react";
import * as queries from "../../api/queries.ts";
import type { Model } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { matches, textFilter } from "../../logic/search.ts";
import { Button } from "../../ui/button.tsx";
import { Kbd, SearchField, Segments } from "../../ui/field.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { takeDropped, type TakenFile } from "../../ui/drop.ts";
import { ModelRows } from "./rows.tsx";

const FirstModel = lazy(() => import("./first.tsx"));
const UploadDialog = lazy(() => import("./upload-dialog.tsx"));
const route = getRouteApi("/models");

type Show = "all" | "serving" | "attention";

function textOf(model: Model): string {
  const latest = model.latest_version;
  return [model.namespace, model.slug, model.name, model.description, model.task, latest?.task, latest?.format, latest?.digest, ...model.aliases.map((alias) => `@${alias.name}`), ...Object.entries(model.tags ?? {}).flat()].join(" ");
}
const serving = (model: Model) => model.deployments.some((one) => one.state === "READY");
const failed = (model: Model) => model.deployments.some((one) => one.state === "FAILED");

export function ModelsPage() {
  const { namespace = "", q = "", show = "all" } = route.useSearch();
  const navigate = route.useNavigate();
  const whole = useInfiniteQuery(queries.models(namespace));
  // A list too long to be read whole is filtered by the server.
  const text = useDeferredValue(q.trim());
  const long = text !== "" && whole.data !== undefined && whole.hasNextPage;
  const part = useInfiniteQuery({ ...queries.models(namespace, textFilter(text)), enabled: long, placeholderData: keepPreviousData });
  const query = long && part.data ? part : whole;
  const models = useMemo(() => query.data?.pages.flatMap((page) => page.models) ?? [], [query.data]);
  const uploading = show === "upload";
  const view: Show = show === "serving" || show === "attention" ? show : "all";
  const [dropped, setDropped] = useState<TakenFile[]>();

  const shown = useMemo(() => {
    const byView = view === "serving" ? models.filter(serving) : view === "attention" ? models.filter(failed) : models;
    return q.trim() && !long ? byView.filter((model) => matches(textOf(model), q.trim())) : byView;
  }, [models, q, view, long]);

  // A view of a part of the list would lie, so the rest is read while one is chosen.
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const filtered = q.trim() !== "" || view !== "all";
  useEffect(() => {
    if (view !== "all" && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [view, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const set = (change: { q?: string | undefined; show?: string | undefined }) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
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
                          { value: "serving", label: <>Serving <Count of={models.filter(serving).length} more={hasNextPage} /></> },
                          { value: "attention", label: <>Needs attention <Count of={models.filter(failed).length} more={hasNextPage} /></> },
                        ]}
                      />
                    </span>
                  </span>
                }
              >
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
                  onChange={(event) => set({ q: event.target.value || undefined })}
                  onKeyDown={(event) => {
                    if (event.key === "Escape") event.currentTarget.blur();
                    if (event.key === "ArrowDown") document.querySelector<HTMLElement>("[data-row]")?.focus();
                  }}
                  after={<span className="max-phone:hidden"><Kbd>/</Kbd></span>}
                />
                {filtered ? <p role="status" className="num text-12 text-fg-3">{plural(shown.length, "model")}{long ? (hasNextPage ? " and more" : "") : ` of ${models.length}`}{view !== "all" && hasNextPage ? ", reading on" : ""}</p> : null}
              </div>
              {shown.length > 0 ? (
                <ModelRows models={shown} onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()} />
              ) : (
                <NothingFound q={q.trim()} view={view} without={models} set={set} />
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
function NothingFound({ q, view, without, set }: { q: string; view: Show; without: Model[]; set: (change: { q?: undefined; show?: undefined }) => void }) {
  const byText = without.filter((model) => matches(textOf(model), q)).length;
  const byView = without.filter(view === "serving" ? serving : failed).length;
  return (
    <div className="grid justify-items-center gap-2.5 rounded-panel border border-line bg-surface px-4 py-8 text-center">
      <p className="max-w-full wrap-anywhere">{q ? <>No model {view === "all" ? "" : view === "serving" ? "that serves " : "that needs attention "}has “{q}” in its name, task, aliases or digest.</> : view === "serving" ? "No model serves now." : "No model needs attention."}</p>
      <div className="flex flex-wrap justify-center gap-2">
        {q ? <Button small onClick={() => set({ q: undefined })}>Drop the text, {plural(view === "all" ? without.length : byView, "model")}</Button> : null}
        {view !== "all" ? <Button small onClick={() => set({ show: undefined })}>Show all, {plural(q ? byText : without.length, "model")}</Button> : null}
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
