// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import * as queries from "../../api/queries.ts";
import type { Model, Version } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { emptyBody } from "../../logic/tensors.ts";
import { imageCall, inferCall, pullCalls, type Snippet, type Target } from "../../logic/snippets.ts";
import { CodeTabs } from "../../ui/code.tsx";
import { useChosenVersion, useModel } from "./chosen.ts";

export function Use() {
  const model = useModel();
  const chosen = useChosenVersion(model);
  if (!model.latest_version) return <p className="text-fg-2">No version yet, so nothing to call.</p>;
  return <Loaded query={chosen} what={`the version of ${model.slug}`}>{(version) => <Ways model={model} version={version} />}</Loaded>;
}

function Ways({ model, version }: { model: Model; version: Version }) {
  const who = useQuery(queries.whoami).data;
  const { origin, host, protocol } = window.location;
  const answering = model.deployments.find((one) => one.state === "READY") ?? model.deployments[0];
  const target: Target = { origin, key: who?.kind !== "ANONYMOUS", namespace: answering?.namespace ?? model.namespace, deployment: answering?.slug ?? model.slug, model: model.slug };
  const task = (version.task ?? version.signature?.task ?? "").replace(/^TASK_/, "");
  const reference = `${model.namespace}/${model.slug}`;
  const same = (language: Snippet["language"], text: string): Snippet => ({ language, full: text, shown: text });
  return (
    <div className="grid grid-cols-2 gap-6 max-wide:grid-cols-[minmax(0,1fr)]">
      <Way title="Ask the deployment" note={answering ? <>Answers now: {answering.slug}.</> : <>Nothing serves it yet. Deploy it first: <code>souk deploy {reference}:{version.number}</code></>}>
        {task === "CLASSIFICATION" ? <CodeTabs label="Ask with an image" snippets={imageCall({ ...target, namespace: model.namespace }, "")} /> : null}
        {version.signature ? <CodeTabs label="Ask with tensors" snippets={inferCall(target, emptyBody(version.signature))} /> : null}
      </Way>
      <div className="grid content-start gap-6">
        <Way title="Run it yourself" note="Gets the files of this version, checked against their digests.">
          <CodeTabs label="Pull" snippets={pullCalls(host, protocol === "http:", model.namespace, model.slug, version.number, version.name || String(version.number))} />
        </Way>
        <Way title="Serve it" note="An alias is pinned to what it is now; with --follow the deployment goes along when it moves.">
          <CodeTabs
            label="Deploy"
            snippets={[
              same("souk", `souk deploy ${reference}:${version.number} --name ${model.slug}\nsouk deploy ${reference}@champion --follow`),
              same("curl", `curl -s ${origin}/api/v1/namespaces/${model.namespace}/deployments \\\n${target.key ? `  -H "Authorization: Bearer $SOUK_KEY" \\\n` : ""}  -H 'Content-Type: application/json' \\\n  -d '{"reference":"${reference}:${version.number}"}'`),
            ]}
          />
        </Way>
        <Way title="Push the next version" note="From a folder or a file; what is here already is not sent again.">
          <CodeTabs label="Push" snippets={[same("souk", `souk model push ./${model.slug} ${reference}:latest`)]} />
        </Way>
      </div>
    </div>
  );
}

function Way({ title, note, children }: { title: string; note: ReactNode; children: ReactNode }) {
  return (
    <section className="grid min-w-0 grid-cols-[minmax(0,1fr)] content-start gap-2.5">
      <div><h2>{title}</h2><p className="text-fg-2">{note}</p></div>
      {children}
    </section>
  );
}
