// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate } from "@tanstack/react-router";
import * as queries from "../../api/queries.ts";
import { Loaded } from "../../app/loaded.tsx";
import { shape, taskName } from "../../logic/format.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { PageHead } from "../../ui/panel.tsx";
import { State } from "../../ui/state.tsx";

const route = getRouteApi("/playground");

export function ChoosePage() {
  const { namespace = "" } = route.useSearch();
  const query = useQuery(queries.deployments(namespace));
  return (
    <Loaded query={query} what="the list of deployments">
      {(all) => {
        const [only, ...rest] = all;
        if (only && rest.length === 0) return <Navigate to="/playground/$namespace/$deployment" params={{ namespace: only.namespace, deployment: only.slug }} replace />;
        return (
          <>
            <PageHead title="Playground" note={all.length > 0 ? "Which deployment do you want to ask?" : undefined} />
            {all.length === 0 ? (
              <div className="mx-auto mt-6 max-w-xl">
                <h2 className="mb-1 text-16">Nothing to ask yet</h2>
                <p className="mb-3 text-fg-2">The playground asks a deployment. Deploy a model, and it is here.</p>
                <ButtonLink to="/models" look="primary">Go to models</ButtonLink>
              </div>
            ) : (
              <ul className="grid gap-3 [grid-template-columns:repeat(auto-fill,minmax(260px,1fr))]">
                {all.map((one) => (
                  <li key={one.id}>
                    <Link to="/playground/$namespace/$deployment" params={{ namespace: one.namespace, deployment: one.slug }} className="flex gap-3 rounded-panel border border-line bg-surface p-3.5 hover:border-line-field">
                      <Identicon of={`${one.model_namespace}/${one.model}`} size={34} />
                      <span className="min-w-0 flex-1">
                        <span className="flex items-center gap-2"><b className="truncate font-medium">{one.slug}</b><span className="ml-auto text-12"><State of="deployment" state={one.state} /></span></span>
                        <span className="block truncate text-12 text-fg-3">{taskName(one.task) || one.signature?.inputs.map((tensor) => `${tensor.name} ${shape(tensor.shape)}`).join(", ") || one.reference}</span>
                      </span>
                    </Link>
                  </li>
                ))}
              </ul>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
