// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/client.ts";
import type { Model, VersionFile } from "../../api/types.ts";
import { bytes, count, plural } from "../../logic/format.ts";
import { type OnnxNode, type OnnxOutline, type OnnxValue, onnxOutline } from "../../logic/onnx.ts";
import { Failure } from "../../app/loaded.tsx";
import { Button } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";

const few = 100;

/** What a graph takes, does and gives. Only the parts that say so are fetched; the weights are not. */
export default function Outline({ model, file }: { model: Model; file: VersionFile }) {
  const query = useQuery({
    queryKey: ["onnx", file.digest],
    staleTime: Infinity,
    retry: false,
    queryFn: ({ signal }) =>
      onnxOutline(async (from, length) => {
        const end = Math.min(file.size_bytes, from + length) - 1;
        const answer = await call(`/v2/${encodeURIComponent(model.namespace)}/${encodeURIComponent(model.slug)}/blobs/${file.digest}`, { signal, headers: { Range: `bytes=${from}-${end}` } });
        return new Uint8Array(await answer.arrayBuffer());
      }, file.size_bytes),
  });
  if (query.error) return <Failure what={`the graph of ${file.path}`} problem={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Bone className="late h-40 rounded-panel" />;
  return <Drawn outline={query.data} file={file} />;
}

function Drawn({ outline, file }: { outline: OnnxOutline; file: VersionFile }) {
  const [all, setAll] = useState(false);
  const weights = new Set(outline.weights.map(({ name }) => name));
  const kinds = new Map<string, number>();
  for (const { op } of outline.nodes) kinds.set(op, (kinds.get(op) ?? 0) + 1);
  const largest = [...outline.weights].map((one) => ({ ...one, size: one.dims.reduce((a, b) => a * b, 1) })).sort((a, b) => b.size - a.size).slice(0, 5);
  const shown = all ? outline.nodes.slice(0, 5000) : outline.nodes.slice(0, few);
  return (
    <Panel aria-label="Graph">
      <PanelHead title={<code>{file.path}</code>} note={`${bytes(file.size_bytes)}, ${[outline.producer, ...outline.opsets.map(({ domain, version }) => `${domain || "ai.onnx"} opset ${version}`)].filter(Boolean).join(", ")}`} />
      <div className="grid gap-4 p-4">
        <p className="num text-fg-2">{plural(outline.nodes.length, "operation")}, {count(outline.parameters)} parameters in {plural(outline.weights.length, "tensor")}</p>
        <div className="flex flex-wrap gap-1.5" aria-label="Operations by kind">{[...kinds].sort((a, b) => b[1] - a[1]).map(([op, times]) => <Chip key={op} tone="line">{op} <span className="num text-fg-3">{times}</span></Chip>)}</div>
        <ol aria-label="Operations in order" className="grid max-h-[460px] overflow-y-auto rounded-control border border-line text-12" tabIndex={0}>
          {outline.inputs.map((one) => <Edge key={one.name} value={one} way="in" />)}
          {shown.map((node, i) => <Operation key={i} node={node} weights={weights} />)}
          {outline.nodes.length > shown.length ? <li className="border-t border-line px-3 py-1.5"><Button small look="quiet" onClick={() => setAll(true)}>{outline.nodes.length - shown.length} more</Button></li> : null}
          {outline.outputs.map((one) => <Edge key={one.name} value={one} way="out" />)}
        </ol>
        {largest.length > 0 ? (
          <div>
            <h3 className="mb-1.5">Largest tensors</h3>
            <ul className="grid gap-1 text-12">{largest.map((one) => <li key={one.name} className="num flex gap-3"><code className="min-w-0 flex-1 truncate">{one.name}</code><span className="text-fg-3">{one.type} [{one.dims.join(", ")}]</span><span className="w-20 text-right">{count(one.size)}</span></li>)}</ul>
          </div>
        ) : null}
      </div>
    </Panel>
  );
}

function Edge({ value, way }: { value: OnnxValue; way: "in" | "out" }) {
  return <li className="flex gap-3 border-t border-line bg-accent-soft/50 px-3 py-1.5 first:border-t-0"><span className="w-24 font-medium">{way === "in" ? "takes" : "gives"}</span><code className="min-w-0 flex-1 truncate">{value.name}</code><span className="text-fg-2">{value.type} {value.shape}</span></li>;
}

function Operation({ node, weights }: { node: OnnxNode; weights: Set<string> }) {
  const data = node.inputs.filter((name) => name && !weights.has(name));
  const own = node.inputs.length - data.length;
  return (
    <li className="flex gap-3 border-t border-line px-3 py-1.5 first:border-t-0">
      <span className="w-24 flex-none truncate font-medium" title={node.name}>{node.op}</span>
      <code className="min-w-0 flex-1 truncate text-fg-2" title={`${node.inputs.join(", ")} → ${node.outputs.join(", ")}`}>{data.join(", ")} → {node.outputs.join(", ")}</code>
      {own > 0 ? <span className="text-fg-3">{plural(own, "weight")}</span> : null}
    </li>
  );
}
