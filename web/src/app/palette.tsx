// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Box, Keyboard, Moon, Rocket, Search, SquarePlay, Sun, Upload } from "lucide-react";
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import * as queries from "../api/queries.ts";
import { rank, type Ranked } from "../logic/search.ts";
import { taskName } from "../logic/format.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Kbd } from "../ui/field.tsx";
import { Identicon } from "../ui/identicon.tsx";
import { wordOf } from "../ui/state.tsx";
import { setTheme } from "./theme.ts";

interface Entry {
  id: string;
  group: "Go to" | "Do" | "Models" | "Deployments";
  icon: ReactNode;
  name: string;
  note?: string;
  run: () => void;
}

export default function Palette({ onClose, openMap }: { onClose: () => void; openMap: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const entries = useEntries(onClose, openMap);
  const found = useMemo(() => rank(entries, text, (entry) => `${entry.name} ${entry.note ?? ""}`, (entry) => entry.name).slice(0, 40), [entries, text]);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const chosen = Math.min(at, found.length - 1);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [chosen]);

  const groups = new Map<string, { entry: Ranked<Entry>; index: number }[]>();
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
          placeholder="Search models and deployments, or run a command"
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

function useEntries(onClose: () => void, openMap: () => void): Entry[] {
  const navigate = useNavigate();
  const models = useInfiniteQuery(queries.models("")).data;
  const deployments = useQuery(queries.deployments("")).data;
  return useMemo(() => {
    const then = (run: () => void) => () => (onClose(), run());
    const go = (to: "/models" | "/deployments" | "/playground") => then(() => void navigate({ to }));
    const list: Entry[] = [
      { id: "go-models", group: "Go to", icon: <Box aria-hidden />, name: "Models", note: "g m", run: go("/models") },
      { id: "go-deployments", group: "Go to", icon: <Rocket aria-hidden />, name: "Deployments", note: "g d", run: go("/deployments") },
      { id: "go-playground", group: "Go to", icon: <SquarePlay aria-hidden />, name: "Playground", note: "g p", run: go("/playground") },
    ];
    for (const model of models?.pages.flatMap((page) => page.models) ?? []) {
      const note = [model.latest_version ? `v${model.latest_version.number}` : "no version", model.namespace, taskName(model.task ?? model.latest_version?.task)].filter(Boolean).join(", ");
      list.push({ id: `m${model.id}`, group: "Models", icon: <Identicon of={`${model.namespace}/${model.slug}`} size={18} />, name: model.slug, note: `model, ${note}`, run: then(() => void navigate({ to: "/models/$namespace/$model", params: { namespace: model.namespace, model: model.slug } })) });
    }
    for (const one of deployments ?? []) {
      const params = { namespace: one.namespace, deployment: one.slug };
      list.push({ id: `d${one.id}`, group: "Deployments", icon: <Rocket aria-hidden />, name: one.slug, note: `deployment, ${wordOf("deployment", one.state).word.toLowerCase()}, ${one.namespace}`, run: then(() => void navigate({ to: "/deployments/$namespace/$deployment", params })) });
      if (one.state === "READY") list.push({ id: `p${one.id}`, group: "Do", icon: <SquarePlay aria-hidden />, name: `Try ${one.slug}`, note: "in the playground", run: then(() => void navigate({ to: "/playground/$namespace/$deployment", params })) });
    }
    list.push(
      { id: "do-push", group: "Do", icon: <Upload aria-hidden />, name: "Push a model", note: "from files on this machine", run: then(() => void navigate({ to: "/models", search: { show: "upload" } })) },
      { id: "do-light", group: "Do", icon: <Sun aria-hidden />, name: "Light theme", run: then(() => setTheme("light")) },
      { id: "do-dark", group: "Do", icon: <Moon aria-hidden />, name: "Dark theme", run: then(() => setTheme("dark")) },
      { id: "do-keys", group: "Do", icon: <Keyboard aria-hidden />, name: "Keyboard map", note: "?", run: openMap },
    );
    return list;
  }, [navigate, models, deployments, onClose, openMap]);
}
