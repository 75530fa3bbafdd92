// SPDX-License-Identifier: Apache-2.0
//
// The empty registry teaches: one command, what it will give, and the door by the browser.
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronRight, CircleDot, Container, Sparkles, Upload } from "lucide-react";
import type { ReactNode } from "react";
import { pushSample } from "../../api/sample.ts";
import { Refused } from "../../app/confirm.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { State } from "../../ui/state.tsx";

export default function FirstModel({ namespace, onChoose }: { namespace: string; onChoose: () => void }) {
  const ns = namespace || "default";
  const command = `souk model push samples/digits ${ns}/digits:1`;
  return (
    <div className="mx-auto mt-11 max-w-[720px] max-phone:mt-4">
      <h1 className="mb-2 text-28 tracking-[-.022em]">Nothing here yet. Push a model.</h1>
      <p className="text-14 text-fg-2">In the folder of souk's checkout, run this. The sample reads handwritten digits.</p>
      <div className="mt-5 flex h-[52px] items-center gap-3 rounded-panel border border-line-strong bg-surface pr-2.5 pl-4 shadow-float">
        <span aria-hidden className="font-mono text-[15px] font-medium text-accent-text">$</span>
        <code tabIndex={0} className="min-w-0 flex-1 relative overflow-x-auto text-[15px] whitespace-nowrap">{command}</code>
        <CopyButton text={command} label="Copy the command" />
      </div>
      <Sample ns={ns} />
      <p role="status" className="mt-3 ml-0.5 flex flex-wrap gap-2.5 text-12">
        <span className="flex items-center gap-1.5"><CircleDot aria-hidden size={14} className="text-info" />Waiting for the first push</span>
        <span className="text-fg-3">This page changes by itself.</span>
      </p>
      <div aria-hidden className="relative mt-6 rounded-panel border border-dashed border-line-field text-fg-3 max-phone:hidden">
        <span className="absolute -top-[9px] left-2.5 bg-bg px-1.5 text-[11.5px]">What you will see</span>
        <div className="grid h-[34px] grid-cols-[1.5fr_.4fr_.8fr_.8fr] items-center gap-4 border-b border-dashed border-line-strong px-4 pt-1 text-12"><span>Model</span><span>Latest</span><span>Metric</span><span>Deployment</span></div>
        <div className="grid h-12 grid-cols-[1.5fr_.4fr_.8fr_.8fr] items-center gap-4 px-4 text-fg-2">
          <span className="flex items-center gap-2"><Identicon of={`${ns}/digits`} /><span><b className="block leading-tight font-medium">digits</b><small className="text-[11.5px] text-fg-3">{ns} · Classification · ONNX</small></span></span>
          <span className="font-mono text-12">v1</span>
          <span>accuracy</span>
          <State of="deployment" state="NONE" />
        </div>
      </div>
      <ol className="mt-5 mb-7 grid grid-cols-[.8fr_1fr_1.1fr] gap-4 max-phone:grid-cols-1">
        <Step n={1} title="Push" on><span>Sealed: its digest never changes</span></Step>
        <Step n={2} title="Deploy"><code>souk deploy {ns}/digits:1</code></Step>
        <Step n={3} title="Ask it"><code>souk infer digits --image 7.png</code></Step>
      </ol>
      <h2 className="mb-2.5">Or come in by another door. Each makes the same version.</h2>
      <div className="rounded-panel border border-line bg-surface">
        <section aria-label="Browser">
          <p className="flex h-10 items-center gap-2.5 px-3.5"><Upload aria-hidden size={15} className="text-fg-3" /><span className="font-medium">Browser</span><span className="text-fg-3">drop files anywhere on this page</span></p>
          <div className="px-3.5 pb-3 pl-[39px] max-phone:pl-3.5">
            <div className="flex flex-wrap items-center gap-2.5 rounded-control border border-dashed border-line-field px-3.5 py-3">
              <Upload aria-hidden size={15} className="text-fg-3" />
              <p>Drop an ONNX file or a folder here<small className="block text-12 text-fg-3">Goes on where it stopped after a lost connection.</small></p>
              <Button small className="ml-auto" onClick={onChoose}>Choose files</Button>
            </div>
          </div>
        </section>
        <details className="group border-t border-line">
          <summary className="flex h-10 cursor-pointer list-none items-center gap-2.5 px-3.5 hover:bg-hover [&::-webkit-details-marker]:hidden">
            <Container aria-hidden size={15} className="text-fg-3" /><span className="font-medium">OCI client</span><span className="text-fg-3">crane, oras, skopeo, podman</span>
            <ChevronRight aria-hidden size={13} className="ml-auto text-fg-3 group-open:rotate-90" />
          </summary>
          <pre className="mx-3.5 mb-3 ml-[39px] relative overflow-x-auto rounded-control bg-code px-3 py-2 text-12">oras push {window.location.host}/{ns}/digits:1 model.onnx</pre>
        </details>
      </div>
    </div>
  );
}

/** The same version as the command's: this page carries its files. */
function Sample({ ns }: { ns: string }) {
  const navigate = useNavigate();
  const push = useMutation({ mutationFn: () => pushSample(ns), onSuccess: () => void navigate({ to: "/models/$namespace/$model", params: { namespace: ns, model: "digits" } }) });
  return (
    <div className="mt-3 grid gap-2">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1"><Button look="primary" disabled={push.isPending} onClick={() => push.mutate()}><Sparkles aria-hidden />{push.isPending ? "Adding the sample" : "Add the sample"}</Button><span className="text-fg-2">The same in one click: no checkout, no command line.</span></p>
      <Refused title="The sample was not added" error={push.error} />
    </div>
  );
}

function Step({ n, title, on = false, children }: { n: number; title: string; on?: boolean; children: ReactNode }) {
  return (
    <li className={`flex gap-2.5 ${on ? "" : "text-fg-3"}`}>
      <b aria-hidden className={`grid size-5 flex-none place-items-center rounded-full border-[1.5px] text-11 font-[560] ${on ? "border-accent bg-accent text-on-accent" : "border-line-field"}`}>{n}</b>
      <div className="min-w-0"><span className="font-medium">{title}</span><small className="block truncate text-[11.5px]">{children}</small></div>
    </li>
  );
}
