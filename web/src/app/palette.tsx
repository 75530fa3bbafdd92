// SPDX-License-Identifier: Apache-2.0
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Activity, BookOpen, Box, ChevronsRight, CircleHelp, Copy, FlaskConical, Keyboard, KeyRound, Library, ListChecks, Moon, PackageOpen, Pause, Play, Plus, Rocket, Search, Settings, ShieldCheck, SquarePlay, Sun, Tag, Terminal, Undo2, Upload, Waypoints, Webhook } from "lucide-react";
import { type ReactNode, useDeferredValue, useEffect, useId, useMemo, useRef, useState } from "react";
import * as queries from "../api/queries.ts";
import { isOver } from "../api/rollouts.ts";
import { search } from "../api/search.ts";
import { placeOf } from "../logic/hits.ts";
import { rank } from "../logic/search.ts";
import { shortDigest, taskName } from "../logic/format.ts";
import { operationsOf } from "../logic/openapi.ts";
import { copyText } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Kbd } from "../ui/field.tsx";
import { Identicon } from "../ui/drawn/identicon.tsx";
import { wordOf } from "../ui/state.tsx";
import { toast } from "../ui/toast.ts";
import { turn } from "./turn.ts";
import { setTheme } from "./theme.ts";

interface Entry {
  id: string;
  group: "Go to" | "Do" | "Models" | "Experiments" | "Deployments" | "Reference" | "Search";
  icon: ReactNode;
  name: string;
  note?: string;
  run: () => void;
}

export default function Palette({ onClose, openMap }: { onClose: () => void; openMap: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const { near, far } = useEntries(text.trim(), onClose, openMap);
  // What the server found stands as it is: it may have forgiven a slip, or found the words in a description.
  const found = useMemo(() => {
    const ranked = rank(near, text, (entry) => `${entry.name} ${entry.note ?? ""}`, (entry) => entry.name).slice(0, 40);
    const there = new Set(ranked.map(({ item }) => item.id));
    return [...ranked, ...far.filter(({ id }) => !there.has(id)).map((item) => ({ item, marks: undefined }))];
  }, [near, far, text]);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const chosen = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const groups = new Map<string, { entry: (typeof found)[number]; index: number }[]>();
  found.forEach((entry, index) => groups.set(entry.item.group, [...(groups.get(entry.item.group) ?? []), { entry, index }]));
  // The list is drawn by group, so the keyboard walks it in that order too.
  const order = [...groups.values()].flat();
  const position = order.findIndex(({ index }) => index === chosen);

  return (
    <Dialog open wide hideTitle title="Search or run a command" onClose={onClose}>
      <div className="flex h-[52px] items-center gap-2.5 border-b border-line pr-3.5 pl-4">
        <Search aria-hidden size={18} className="text-fg-3" />
        <input
          autoFocus
          value={text}
          onChange={(event) => (setText(event.target.value), setAt(0))}
          onKeyDown={(event) => {
            const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
            if (step && order.length > 0) {
              event.preventDefault();
              setAt(order[(position + step + order.length) % order.length]!.index);
            } else if (event.key === "Enter") {
              event.preventDefault();
              found[chosen]?.item.run();
            }
          }}
          placeholder="Search models, deployments and the API, or run a command"
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
          aria-label="Search or run a command"
          autoComplete="off"
          spellCheck={false}
          className="min-w-0 flex-1 bg-transparent text-16 focus-visible:shadow-none"
        />
        <Kbd>Esc</Kbd>
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Results" className="max-h-[min(420px,60dvh)] overflow-y-auto px-2 pb-2">
        {[...groups].map(([group, rows]) => (
          <div key={group} role="group" aria-label={group}>
            <div aria-hidden className="px-2 pt-[9px] pb-1 text-11 font-medium text-fg-3">{group}</div>
            {rows.map(({ entry: { item, marks }, index }) => (
              <div
                key={item.id}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === chosen}
                onPointerMove={() => index !== chosen && setAt(index)}
                onClick={item.run}
                className="flex h-[34px] min-w-0 cursor-default items-center gap-2.5 rounded-control px-2 whitespace-nowrap aria-selected:bg-accent-soft max-phone:h-10 [&>svg]:size-[15px] [&>svg]:text-fg-3"
              >
                {item.icon}
                <span className="font-[480]"><Marked text={item.name} marks={marks} /></span>
                <span className="truncate text-12 text-fg-3 in-aria-selected:text-fg-2">{item.note}</span>
                {index === chosen ? <span className="ml-auto"><Kbd>Enter</Kbd></span> : null}
              </div>
            ))}
          </div>
        ))}
        {found.length === 0 ? <p className="px-2 py-6 text-center text-fg-2">Nothing is called “{text}”.</p> : null}
      </div>
      <div className="flex h-[38px] items-center gap-4 border-t border-line bg-bg px-3.5 text-12 text-fg-3 max-phone:hidden">
        <span className="flex items-center gap-1.5"><Kbd>↑</Kbd><Kbd>↓</Kbd>move</span>
        <span className="flex items-center gap-1.5"><Kbd>Enter</Kbd>open</span>
        <span className="ml-auto flex items-center gap-1.5"><Kbd>?</Kbd>all keys</span>
      </div>
    </Dialog>
  );
}

function Marked({ text, marks }: { text: string; marks: [number, number] | undefined }) {
  if (!marks) return text;
  return <>{text.slice(0, marks[0])}<mark className="bg-transparent font-strong text-accent-text">{text.slice(...marks)}</mark>{text.slice(marks[1])}</>;
}

const foundAtMost = 12;

function useEntries(text: string, onClose: () => void, openMap: () => void): { near: Entry[]; far: Entry[] } {
  const navigate = useNavigate();
  const wanted = useDeferredValue(text);
  const near = useInfiniteQuery(queries.models("")).data;
  const answer = useQuery({ ...search(wanted, foundAtMost), enabled: wanted.length > 1, placeholderData: keepPreviousData }).data;
  const far = useMemo(() => {
    if (wanted.length < 2) return [];
    const then = (run: () => void) => () => (onClose(), run());
    const hits = (answer?.hits ?? []).flatMap((hit): Entry[] => {
      const place = placeOf(hit);
      if (!place) return [];
      const { namespace, name: of, run } = place;
      const name = hit.title || hit.reference;
      if (hit.kind === "model") return [{ id: `m${hit.id}`, group: "Models", icon: <Identicon of={hit.reference} size={18} />, name, note: `model, ${hit.reference}`, run: then(() => void navigate({ to: "/models/$namespace/$model", params: { namespace, model: of } })) }];
      if (run) return [{ id: `r${hit.id}`, group: "Experiments", icon: <Waypoints aria-hidden />, name, note: `run, ${hit.reference}`, run: then(() => void navigate({ to: "/experiments/$namespace/$experiment/runs/$run", params: { namespace, experiment: of, run } })) }];
      return [{ id: `e${hit.id}`, group: "Experiments", icon: <FlaskConical aria-hidden />, name, note: `experiment, ${hit.reference}`, run: then(() => void navigate({ to: "/experiments/$namespace/$experiment", params: { namespace, experiment: of } })) }];
    });
    return [...hits, { id: "search-all", group: "Search" as const, icon: <Search aria-hidden />, name: `Search everything for “${wanted}”`, note: "with filters", run: then(() => void navigate({ to: "/search", search: { q: wanted } })) }];
  }, [answer, wanted, navigate, onClose]);
  const deployments = useQuery(queries.deployments("")).data;
  const contract = useQuery({ ...queries.contract, enabled: wanted.length > 1 }).data;
  const entries = useMemo(() => {
    const then = (run: () => void) => () => (onClose(), run());
    const go = (to: "/search" | "/models" | "/experiments" | "/deployments" | "/playground" | "/reference" | "/errors" | "/operations" | "/queues" | "/webhooks" | "/catalogue" | "/transfers" | "/settings" | "/access/users" | "/access/teams" | "/access/accounts" | "/access/grants" | "/access/keys" | "/access/sessions" | "/access/audit") => then(() => void navigate({ to }));
    const found: Entry[] = [
      { id: "go-models", group: "Go to", icon: <Box aria-hidden />, name: "Models", note: "g m", run: go("/models") },
      { id: "go-search", group: "Go to", icon: <Search aria-hidden />, name: "Search", note: "with filters", run: go("/search") },
      { id: "go-experiments", group: "Go to", icon: <FlaskConical aria-hidden />, name: "Experiments", note: "g e, runs and their curves", run: go("/experiments") },
      { id: "go-deployments", group: "Go to", icon: <Rocket aria-hidden />, name: "Deployments", note: "g d", run: go("/deployments") },
      { id: "go-playground", group: "Go to", icon: <SquarePlay aria-hidden />, name: "Playground", note: "g p", run: go("/playground") },
      { id: "go-operations", group: "Go to", icon: <Activity aria-hidden />, name: "Operations", note: "g o, what models were asked", run: go("/operations") },
      { id: "go-queues", group: "Go to", icon: <ListChecks aria-hidden />, name: "Queues", note: "g q, schedules, nodes", run: go("/queues") },
      { id: "go-catalogue", group: "Go to", icon: <Library aria-hidden />, name: "Catalogue", note: "g c, models and MCP servers to take", run: go("/catalogue") },
      { id: "go-transfers", group: "Go to", icon: <PackageOpen aria-hidden />, name: "Move a namespace", note: "export, import", run: go("/transfers") },
      { id: "go-webhooks", group: "Go to", icon: <Webhook aria-hidden />, name: "Webhooks", note: "g w, who is told", run: go("/webhooks") },
      { id: "go-access", group: "Go to", icon: <ShieldCheck aria-hidden />, name: "Access", note: "g a, users", run: go("/access/users") },
      { id: "go-settings", group: "Go to", icon: <Settings aria-hidden />, name: "Settings", note: "g s, health, storage", run: go("/settings") },
      { id: "go-reference", group: "Go to", icon: <BookOpen aria-hidden />, name: "API reference", note: "g r", run: go("/reference") },
      { id: "go-errors", group: "Go to", icon: <CircleHelp aria-hidden />, name: "What errors mean", run: go("/errors") },
    ];
    for (const model of near?.pages.flatMap((page) => page.models) ?? []) {
      const params = { namespace: model.namespace, model: model.slug };
      const latest = model.latest_version;
      const note = [latest ? `v${latest.number}` : "no version", model.namespace, taskName(model.task ?? latest?.task)].filter(Boolean).join(", ");
      const open = (to: "/models/$namespace/$model" | "/models/$namespace/$model/versions" | "/models/$namespace/$model/use", search: { show?: string } = {}) => then(() => void navigate({ to, params, search }));
      found.push({ id: `m${model.id}`, group: "Models", icon: <Identicon of={`${model.namespace}/${model.slug}`} size={18} />, name: model.slug, note: `model, ${note}`, run: open("/models/$namespace/$model") });
      if (!latest || wanted.length < 2) continue;
      found.push(
        { id: `deploy${model.id}`, group: "Do", icon: <Rocket aria-hidden />, name: `Deploy ${model.slug}`, note: "choose a version", run: open("/models/$namespace/$model", { show: "deploy" }) },
        { id: `push${model.id}`, group: "Do", icon: <Upload aria-hidden />, name: `Push a version of ${model.slug}`, run: open("/models/$namespace/$model", { show: "upload" }) },
        { id: `alias${model.id}`, group: "Do", icon: <Tag aria-hidden />, name: `Move an alias of ${model.slug}`, note: "under versions", run: open("/models/$namespace/$model/versions") },
        { id: `use${model.id}`, group: "Do", icon: <Terminal aria-hidden />, name: `Use ${model.slug}`, note: "curl, Python, souk", run: open("/models/$namespace/$model/use") },
      );
      if (latest.digest) found.push({ id: `digest${model.id}`, group: "Do", icon: <Copy aria-hidden />, name: `Copy the digest of ${model.slug} v${latest.number}`, note: shortDigest(latest.digest), run: then(() => void copyText(latest.digest!).then((ok) => (ok ? toast.done("Digest copied") : toast.failed("Not copied", "The browser refused the clipboard.")))) });
    }
    for (const one of deployments ?? []) {
      const params = { namespace: one.namespace, deployment: one.slug };
      const running = one.desired_state === "RUNNING";
      found.push({ id: `d${one.id}`, group: "Deployments", icon: <Rocket aria-hidden />, name: one.slug, note: `deployment, ${wordOf("deployment", one.state).word.toLowerCase()}, ${one.namespace}`, run: then(() => void navigate({ to: "/deployments/$namespace/$deployment", params })) });
      if (one.state === "READY") found.push({ id: `p${one.id}`, group: "Do", icon: <SquarePlay aria-hidden />, name: `Try ${one.slug}`, note: "in the playground", run: then(() => void navigate({ to: "/playground/$namespace/$deployment", params })) });
      if (one.rollout && wanted.length > 1 && !isOver(one.rollout.state)) {
        const move = (show: string) => then(() => void navigate({ to: "/deployments/$namespace/$deployment", params, search: { show } }));
        found.push(
          { id: `promote${one.id}`, group: "Do", icon: <ChevronsRight aria-hidden />, name: `Promote ${one.slug}`, note: "all requests to the new version", run: move("promote") },
          { id: `back${one.id}`, group: "Do", icon: <Undo2 aria-hidden />, name: `Roll back ${one.slug}`, note: "the roll-out that is under way", run: move("abort") },
        );
      }
      if (wanted.length > 1) found.push({ id: `turn${one.id}`, group: "Do", icon: running ? <Pause aria-hidden /> : <Play aria-hidden />, name: `${running ? "Stop" : "Start"} ${one.slug}`, note: "can be undone", run: then(() => void turn(one, running ? "STOPPED" : "RUNNING")) });
    }
    found.push(
      { id: "do-push", group: "Do", icon: <Upload aria-hidden />, name: "Push a model", note: "from files on this machine", run: then(() => void navigate({ to: "/models", search: { show: "upload" } })) },
      { id: "do-deploy", group: "Do", icon: <Rocket aria-hidden />, name: "Deploy a model", run: then(() => void navigate({ to: "/deployments", search: { show: "deploy" } })) },
      { id: "do-key", group: "Do", icon: <KeyRound aria-hidden />, name: "Make an API key", run: then(() => void navigate({ to: "/access/keys", search: { show: "new" } })) },
      { id: "do-webhook", group: "Do", icon: <Webhook aria-hidden />, name: "New webhook", run: then(() => void navigate({ to: "/webhooks", search: { show: "new" } })) },
      { id: "do-light", group: "Do", icon: <Sun aria-hidden />, name: "Light theme", run: then(() => setTheme("light")) },
      { id: "do-dark", group: "Do", icon: <Moon aria-hidden />, name: "Dark theme", run: then(() => setTheme("dark")) },
      { id: "do-keys", group: "Do", icon: <Keyboard aria-hidden />, name: "Keyboard map", note: "?", run: openMap },
    );
    if (wanted.length > 1) {
      const places = [["Teams", "/access/teams"], ["Service accounts", "/access/accounts"], ["Who may what", "/access/grants"], ["API keys", "/access/keys"], ["Sessions", "/access/sessions"], ["Audit log", "/access/audit"]] as const;
      for (const [name, to] of places) found.push({ id: to, group: "Go to", icon: <ShieldCheck aria-hidden />, name, note: "access", run: go(to) });
      found.push(
        { id: "do-user", group: "Do", icon: <Plus aria-hidden />, name: "New user", run: then(() => void navigate({ to: "/access/users", search: { show: "new" } })) },
        { id: "do-team", group: "Do", icon: <Plus aria-hidden />, name: "New team", run: then(() => void navigate({ to: "/access/teams", search: { show: "new" } })) },
      );
    }
    if (contract && wanted.length > 1) for (const one of operationsOf(contract)) found.push({ id: `c${one.id}`, group: "Reference", icon: <BookOpen aria-hidden />, name: one.summary || one.path, note: `${one.method} ${one.path}`, run: then(() => void navigate({ to: "/reference", search: { call: one.id } })) });
    return found;
  }, [navigate, near, deployments, contract, wanted, onClose, openMap]);
  return { near: entries, far };
}
