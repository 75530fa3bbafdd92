// SPDX-License-Identifier: Apache-2.0
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import * as queries from "../../api/queries.ts";
import type { Model, Version } from "../../api/types.ts";

const route = getRouteApi("/models/$namespace/$model");

/** The version in hand: the one in the address, else the latest. */
export function useChosenVersion(model: Model): UseQueryResult<Version> {
  const { version } = route.useSearch();
  const latest = model.latest_version;
  const wanted = version ?? String(latest?.number ?? "latest");
  return useQuery({
    ...queries.version(model.namespace, model.slug, wanted),
    ...(latest && String(latest.number) === wanted ? { placeholderData: latest } : {}),
    enabled: latest !== undefined || version !== undefined,
  });
}

/** The model of the page, which its tabs may count on. */
export function useModel(): Model {
  const { namespace, model } = route.useParams();
  const { data } = useQuery(queries.model(namespace, model));
  if (!data) throw new Error(`The model ${namespace}/${model} went away while its page was shown`);
  return data;
}
