// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import * as queries from "../../api/queries.ts";
import type { Model, Version, VersionFile } from "../../api/types.ts";
import { Failure } from "../../app/loaded.tsx";
import { bytes } from "../../logic/format.ts";
import { languageOf, shownAs } from "../../logic/highlight.ts";
import { Code } from "../../ui/code.tsx";
import { Panel, PanelHead } from "../../ui/panel.tsx";
import { Bone } from "../../ui/skeleton.tsx";
import { useObjectUrl } from "./markdown.tsx";

const Outline = lazy(() => import("./onnx-outline.tsx"));
const limit = 512 << 10;

/** Text, JSON, images and the outline of a graph are shown; for the rest it says why not. */
export default function Preview({ model, version, file }: { model: Model; version: Version; file: VersionFile }) {
  const image = shownAs(file.path) === "image";
  const readable = shownAs(file.path) === "text";
  const shown = (image || readable) && file.size_bytes <= (image ? 20 << 20 : limit);
  const picture = useQuery({ ...queries.fileBytes(model.namespace, model.slug, version.number, file.path, file.digest), enabled: shown && image });
  const body = useQuery({ ...queries.fileText(model.namespace, model.slug, version.number, file.path, file.digest), enabled: shown && readable });
  const query = image ? picture : body;
  const url = useObjectUrl(picture.data);
  if (/\.onnx$/i.test(file.path)) return <Suspense><Outline model={model} file={file} /></Suspense>;
  if (!shown) return <p className="text-fg-2">{readable || image ? `${file.path} is ${bytes(file.size_bytes)}: too large to show here. Download it.` : `${file.path} is binary. Download it, or pull the version.`}</p>;
  if (query.error) return <Failure what={file.path} problem={query.error} retry={() => void query.refetch()} />;
  if (image && url) {
    return (
      <Panel>
        <PanelHead title={<code>{file.path}</code>} note={bytes(file.size_bytes)} />
        <div className="grid place-items-center bg-sunken p-6"><img src={url} alt={file.path} className="max-h-[480px] min-w-24 [image-rendering:pixelated]" /></div>
      </Panel>
    );
  }
  if (body.data === undefined) return <Bone className="late h-40 rounded-panel" />;
  return <Code title={<code>{file.path}</code>} note={bytes(file.size_bytes)} code={pretty(file.path, body.data)} language={languageOf(file.path)} wrap />;
}

function pretty(path: string, body: string): string {
  if (!/\.json$/i.test(path) || body.includes("\n")) return body;
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
