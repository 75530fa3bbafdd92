// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createLink, Link, useRouterState } from "@tanstack/react-router";
import { Activity, BookOpen, Box, FlaskConical, Keyboard, Library, ListChecks, Rocket, Settings, ShieldCheck, SquarePlay, TriangleAlert, type LucideIcon, Webhook } from "lucide-react";
import { useEffect, type ComponentProps, type ReactNode } from "react";
import * as queries from "../api/queries.ts";
import { bytes } from "../logic/format.ts";
import { cx } from "../ui/cx.ts";

export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg aria-hidden width={size} height={size} viewBox="0 0 20 20" fill="currentColor" className="text-accent">
      <path d="M1 18V9a9 9 0 0 1 18 0v9h-4V9a5 5 0 0 0-10 0v9z" />
      <path d="M8.2 18V9.6a1.8 1.8 0 0 1 3.6 0V18z" opacity=".55" />
    </svg>
  );
}

function Item({ icon: Icon, children, after, className: _active, ...rest }: ComponentProps<"a"> & { icon: LucideIcon; after?: ReactNode }) {
  return (
    <a
      className="group flex h-[29px] items-center gap-[9px] rounded-control px-2 font-[460] text-fg-2 hover:bg-[color-mix(in_srgb,var(--text)_5%,transparent)] hover:text-fg data-current:bg-surface data-current:font-medium data-current:text-fg data-current:shadow-[0_0_0_1px_var(--line)] data-current:focus-visible:shadow-focus max-phone:h-9"
      {...rest}
    >
      <Icon aria-hidden size={15} strokeWidth={1.75} className="text-fg-3 group-data-current:text-accent" />
      {children}
      {after ? <span className="num ml-auto flex items-center gap-1 text-11 text-fg-3">{after}</span> : null}
    </a>
  );
}
const ItemLink = createLink(Item);

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={name}>
      <h2 aria-hidden className="px-2 pt-3 pb-1 text-11 font-medium text-fg-3">{name}</h2>
      {children}
    </div>
  );
}

export function Sidebar({ open, onClose, openMap }: { open: boolean; onClose: () => void; openMap: () => void }) {
  const noun = useRouterState({ select: (state) => state.location.pathname.split("/")[1] });
  const current = (name: string) => (noun === name ? { "data-current": "", "aria-current": "page" as const } : {});
  useEffect(() => {
    if (!open) return;
    const escape = (event: KeyboardEvent) => event.key === "Escape" && onClose();
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [open, onClose]);
  return (
    <>
      {open ? <button type="button" aria-label="Close navigation" className="fixed inset-0 z-19 cursor-default bg-overlay phone:hidden" onClick={onClose} /> : null}
      <nav
        aria-label="Main"
        className={cx(
          "sticky top-0 row-span-2 h-screen flex-col border-r border-line bg-sunken phone:flex",
          open ? "max-phone:fixed max-phone:inset-y-0 max-phone:left-0 max-phone:z-20 max-phone:flex max-phone:w-[70%] max-phone:shadow-dialog" : "max-phone:hidden",
        )}
      >
        <Link to="/models" className="flex h-12 flex-none items-center gap-2 px-4 text-[15px] font-[620] tracking-[-.015em] focus-visible:shadow-focus-inset"><Mark />souk</Link>
        <div className="flex-1 overflow-y-auto px-2 py-1">
          <Group name="Registry">
            <ItemLink to="/models" icon={Box} {...current("models")} after={<ModelCount />}>Models</ItemLink>
            <ItemLink to="/experiments" icon={FlaskConical} {...current("experiments")}>Experiments</ItemLink>
          </Group>
          <Group name="Serve">
            <ItemLink to="/deployments" icon={Rocket} {...current("deployments")} after={<DeploymentCount />}>Deployments</ItemLink>
            <ItemLink to="/playground" icon={SquarePlay} {...current("playground")}>Playground</ItemLink>
            <ItemLink to="/catalogue" icon={Library} {...current("catalogue")}>Catalogue</ItemLink>
          </Group>
          <Group name="Manage">
            <ItemLink to="/operations" icon={Activity} {...current("operations")}>Operations</ItemLink>
            <ItemLink to="/queues" icon={ListChecks} {...current("queues")}>Queues</ItemLink>
            <ItemLink to="/webhooks" icon={Webhook} {...current("webhooks")}>Webhooks</ItemLink>
            <ItemLink to="/access/users" icon={ShieldCheck} {...current("access")}>Access</ItemLink>
            <ItemLink to="/settings" icon={Settings} {...current("settings")}>Settings</ItemLink>
          </Group>
        </div>
        <Link to="/reference" {...current("reference")} className="mx-2 flex h-[29px] items-center gap-[9px] rounded-control px-2 text-12 text-fg-3 hover:text-fg aria-[current=page]:font-medium aria-[current=page]:text-fg"><BookOpen aria-hidden size={14} strokeWidth={1.75} />API reference</Link>
        <button type="button" onClick={openMap} className="mx-2 mb-1 flex h-[29px] items-center gap-[9px] rounded-control px-2 text-12 text-fg-3 hover:text-fg max-phone:hidden"><Keyboard aria-hidden size={14} strokeWidth={1.75} />Keyboard map</button>
        <Storage />
      </nav>
    </>
  );
}

function ModelCount() {
  const { data, hasNextPage } = useInfiniteQuery(queries.models(""));
  const count = data?.pages.reduce((sum, page) => sum + page.models.length, 0);
  return count ? <>{count}{hasNextPage ? "+" : ""}</> : null;
}

function DeploymentCount() {
  const { data } = useQuery(queries.deployments(""));
  if (!data || data.length === 0) return null;
  const failed = data.filter((one) => one.state === "FAILED").length;
  if (failed > 0) {
    return <span className="flex items-center gap-[3px] text-bad"><TriangleAlert aria-hidden size={12} />{failed}<span className="sr-only"> failed</span></span>;
  }
  return <>{data.length}</>;
}

function Storage() {
  const { data } = useQuery(queries.server);
  const places = { file: "Local folder", s3: "S3", sqlite: "SQLite", postgresql: "PostgreSQL" } as Record<string, string>;
  return (
    <div className="grid min-h-[66px] gap-1 border-t border-line px-4 pt-3 pb-4 text-12 text-fg-2">
      {data ? (
        <>
          <div className="flex justify-between"><span>Storage</span><span className="num">{bytes(data.storage_bytes)}</span></div>
          <p className="truncate text-11 text-fg-3">{places[data.blobs] ?? data.blobs}, {places[data.database] ?? data.database} · {data.version}</p>
        </>
      ) : null}
    </div>
  );
}
