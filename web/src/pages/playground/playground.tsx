// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Braces, ChevronsUpDown, Image, PenLine, Rocket, Table2, Type } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { type Answer, classified, classify, infer, tensorsOf } from "../../api/ask.ts";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { metric, taskName } from "../../logic/format.ts";
import { imageCall, inferCall, type Target } from "../../logic/snippets.ts";
import { emptyBody, fitsGrid } from "../../logic/tensors.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { CodeTabs } from "../../ui/code.tsx";
import { Segments } from "../../ui/field.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { Menu, MenuChoices } from "../../ui/menu.tsx";
import { Note } from "../../ui/note.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import type { Stroke } from "../../ui/capture/pad.tsx";
import { State } from "../../ui/state.tsx";
import { AnswerPanel, Response } from "./answer.tsx";
import { DrawInput } from "./draw-input.tsx";
import { GridInput } from "./grid-input.tsx";
import { ImageInput } from "./image-input.tsx";
import { JsonInput } from "./json-input.tsx";
import { Latency } from "./latency.tsx";
import { LoadSketch } from "./load.tsx";
import type { Question } from "./question.ts";
import { ShareButton, useShared } from "./share.tsx";
import { keep, recall, remember, type Try } from "./tries.ts";
import { Tried } from "./tried.tsx";

const route = getRouteApi("/playground/$namespace/$deployment");
type Input = "draw" | "image" | "numbers" | "json";

export function PlaygroundPage() {
  const { namespace, deployment } = route.useParams();
  const query = useQuery(queries.deployment(namespace, deployment));
  return <Loaded query={query} what={`the deployment ${namespace}/${deployment}`}>{(data) => <Playground key={data.id} deployment={data} />}</Loaded>;
}

function Playground({ deployment }: { deployment: Deployment }) {
  const { input } = route.useSearch();
  const navigate = route.useNavigate();
  const who = useQuery(queries.whoami).data;
  const declared = useQuery({ ...queries.declaration(deployment.model_namespace, deployment.model, deployment.version ?? 0), enabled: !!deployment.version && !!deployment.task });
  const task = (deployment.task ?? deployment.signature?.task ?? "").replace(/^TASK_/, "");
  const images = task === "CLASSIFICATION";
  const grid = fitsGrid(deployment.signature);
  const written = deployment.signature?.inputs.every((tensor) => tensor.datatype === "BYTES") ?? false;
  const modes: Input[] = [...(images ? (["draw", "image"] as const) : []), ...(grid ? (["numbers"] as const) : []), "json"];
  const mode = modes.find((one) => one === input) ?? modes[0]!;

  const deployments = useQuery(queries.deployments("")).data ?? [];
  const alone = deployments.filter((one) => one.model === deployment.model && one.model_namespace === deployment.model_namespace).length <= 1;
  const target: Target = useMemo(
    () => ({ origin: window.location.origin, key: who !== undefined && who.kind !== "ANONYMOUS", namespace: deployment.namespace, deployment: deployment.slug, model: deployment.model, version: alone ? undefined : deployment.version }),
    [deployment.namespace, deployment.slug, deployment.model, deployment.version, alone, who],
  );
  const [question, setQuestion] = useState<Question>();
  const [times, setTimes] = useState<number[]>([]);
  const under = useRef<AbortController>(undefined);
  const put = (asked: Question, signal: AbortSignal): Promise<Answer> => (asked.kind === "image" ? classify({ ...target, namespace: deployment.model_namespace }, asked.base64, signal) : infer(target, asked.body, signal));
  const own = `${deployment.namespace}/${deployment.slug}`;
  const ask = useMutation({
    mutationFn: (asked: Question) => {
      // The newest question is the one whose answer counts.
      under.current?.abort();
      under.current = new AbortController();
      return put(asked, under.current.signal);
    },
    onSuccess: (answer, asked) => {
      setKept(answer);
      setTries((old) => {
        const next = remember(old, { question: asked, ...inAWord(answer), time: Date.now() });
        keep(own, next);
        return next;
      });
      setTimes((old) => [...old.slice(-49), answer.roundTripMs]);
    },
    onSettled: (_, error, asked) => {
      if (asked.kind === "image" && asked.strokes && !isAbort(error)) setSettled(asked.strokes);
    },
  });
  const [strokes, setStrokes] = useState<Stroke[]>([]);
  // From the moment the pen is lifted until what it drew is answered.
  const [settled, setSettled] = useState<Stroke[]>();
  const busy = ask.isPending || (mode === "draw" && strokes.length > 0 && settled !== strokes);
  const [tries, setTries] = useState<Try[]>(() => recall(own));
  const [kept, setKept] = useState<Answer>();
  const { mutate, reset } = ask;
  const send = useCallback((asked: Question | undefined) => {
    setQuestion(asked);
    if (asked) return mutate(asked);
    under.current?.abort();
    setKept(undefined);
    reset();
  }, [mutate, reset]);

  // An input that came from elsewhere: the fields begin anew with it.
  const [given, setGiven] = useState<{ id: number; question: Question }>();
  const fill = useCallback(
    (wanted: Question) => {
      if (wanted.kind === "image" && wanted.strokes) setStrokes(wanted.strokes);
      else setGiven((old) => ({ id: (old?.id ?? 0) + 1, question: wanted }));
      void navigate({ search: (old) => ({ ...old, input: wanted.kind === "tensors" ? "json" : wanted.strokes ? undefined : "image" }), replace: true });
    },
    [navigate],
  );
  const again = (wanted: Question) => {
    fill(wanted);
    send(wanted);
  };
  const shared = useShared(fill);
  const calls = question?.kind === "tensors" || (!question && !(mode === "draw" || mode === "image")) ? inferCall(target, question?.kind === "tensors" ? question.body : emptyBody(deployment.signature)) : imageCall({ ...target, namespace: deployment.model_namespace }, question?.kind === "image" ? question.base64 : "");
  const labels = declared.data?.output?.labels;

  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <h1>Playground</h1>
        <Picker current={deployment} task={task} />
        {modes.length > 1 ? (
          <Segments<Input>
            label="Input"
            value={mode}
            onChange={(next) => void navigate({ search: { input: next === modes[0] ? undefined : next }, replace: true })}
            options={modes.map((value) => ({ value, label: value === "draw" ? <><PenLine aria-hidden />Draw</> : value === "image" ? <><Image aria-hidden />Image</> : value === "numbers" ? (written ? <><Type aria-hidden />Text</> : <><Table2 aria-hidden />Numbers</>) : <><Braces aria-hidden />JSON</> }))}
          />
        ) : null}
        <span className="ml-auto max-phone:hidden" />
        <ShareButton question={question} />
        <ButtonLink to="/deployments/$namespace/$deployment" params={{ namespace: deployment.namespace, deployment: deployment.slug }}><Rocket aria-hidden />Deployment</ButtonLink>
      </div>
      {deployment.state !== "READY" ? (
        <div className="mb-4"><Note tone={deployment.state === "FAILED" ? "bad" : "info"} title={<State of="deployment" state={deployment.state} />}>{deployment.reason || "It answers when it is ready; this page notices."}</Note></div>
      ) : null}
      {shared ? <div className="mb-4"><Note tone="info" role="status" title="This input came by a link" actions={<Button small look="primary" onClick={() => (again(shared.question), shared.done())}>Ask it</Button>}>Look at it before it is sent: nothing was asked yet.</Note></div> : null}
      <div className="grid grid-cols-[374px_minmax(0,1fr)_minmax(0,396px)] items-start gap-4 max-desk:grid-cols-[minmax(300px,374px)_minmax(0,1fr)] max-phone:grid-cols-[minmax(0,1fr)]">
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
        <Panel aria-label="Input">
          <PanelHead title="Input" note={images && (mode === "draw" || mode === "image") ? sizeOf(declared.data?.input) : undefined} />
          <div className="px-4 py-3">
            {images ? <div hidden={mode !== "draw"}><DrawInput strokes={strokes} onChange={setStrokes} onAsk={send} /></div> : null}
            {images ? <div hidden={mode !== "image"}><ImageInput key={`image ${given?.id}`} start={given?.question.kind === "image" ? given.question : undefined} active={mode === "image"} busy={ask.isPending} onAsk={send} /></div> : null}
            {grid ? <div hidden={mode !== "numbers"}><GridInput signature={deployment.signature!} busy={ask.isPending} onAsk={send} /></div> : null}
            <div hidden={mode !== "json"}><JsonInput key={`json ${given?.id}`} start={given?.question.kind === "tensors" ? given.question.body : undefined} signature={deployment.signature} busy={ask.isPending} onAsk={send} /></div>
          </div>
        </Panel>
        <Tried tries={tries} current={question} onPick={again} onForget={() => (setTries([]), keep(own, []))} />
        </div>
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
          <AnswerPanel answer={kept} error={isAbort(ask.error) ? null : ask.error} busy={busy} labels={Array.isArray(labels) ? labels : undefined} hint={mode === "draw" ? "Draw something. It answers after each stroke." : mode === "image" ? "Drop an image, or paste one." : "Fill in the input and send it."} url={question?.kind === "image" ? question.url : undefined} />
          <Latency answer={kept} times={times} deployment={deployment} />
          <LoadSketch ask={question && kept ? (signal) => put(question, signal) : undefined} />
        </div>
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4 max-desk:col-span-2 max-phone:col-span-1">
          <CodeTabs label="The same call" snippets={calls} />
          {kept ? <Response answer={kept} /> : null}
        </div>
      </div>
    </>
  );
}

/** What an answer is called among those tried. */
function inAWord(answer: Answer): { answer: string; score?: number } {
  const found = classified(answer);
  if (found) return { answer: found.category, score: found.score };
  const first = tensorsOf(answer)?.[0];
  const value = first?.data.flat(Infinity)[0];
  return { answer: first ? `${first.name} ${typeof value === "number" ? metric(value) : String(value).slice(0, 12)}` : "answered" };
}

function isAbort(error: Error | null): boolean {
  return error?.name === "AbortError";
}

function sizeOf(input: Record<string, unknown> | undefined): string | undefined {
  const { width, height, color } = input ?? {};
  return typeof width === "number" && typeof height === "number" ? `the model sees ${width} × ${height}${typeof color === "string" ? `, ${color === "GRAY" ? "gray" : color}` : ""}` : undefined;
}

function Picker({ current, task }: { current: Deployment; task: string }) {
  const all = useQuery(queries.deployments("")).data ?? [current];
  const navigate = useNavigate();
  const name = (one: Deployment) => `${one.namespace}/${one.slug}`;
  return (
    <Menu
      label="Deployment"
      trigger={
        <button type="button" aria-label={`Deployment ${current.slug}, choose another`} className="flex h-[30px] min-w-0 items-center gap-2 rounded-control border border-line-strong bg-surface px-2 hover:border-line-field max-phone:h-9">
          <Identicon of={`${current.model_namespace}/${current.model}`} size={18} />
          <b className="truncate font-medium">{current.slug}</b>
          <span className="truncate text-fg-3">{taskName(task)}</span>
          <ChevronsUpDown aria-hidden size={13} className="text-fg-3" />
        </button>
      }
    >
      <MenuChoices
        value={name(current)}
        onChange={(wanted) => {
          const one = all.find((candidate) => name(candidate) === wanted);
          if (one) void navigate({ to: "/playground/$namespace/$deployment", params: { namespace: one.namespace, deployment: one.slug } });
        }}
        options={all.map((one) => ({ value: name(one), label: <><Identicon of={`${one.model_namespace}/${one.model}`} size={18} />{name(one)}<span className="pl-3 text-12"><State of="deployment" state={one.state} /></span></> }))}
      />
    </Menu>
  );
}
