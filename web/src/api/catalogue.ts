// SPDX-License-Identifier: Apache-2.0
//
// The catalogue, read by the Kubeflow hub's contract. What is in it changes with files and hubs: the stream says when.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { filterOf, type Options, type Where } from "../logic/catalogue.ts";
import { callJson } from "./client.ts";
import { withPage } from "./queries.ts";

const models = "/api/model_catalog/v1alpha1";
const mcp = "/api/mcp_catalog/v1alpha1";

export type Kind = "models" | "mcp_servers";
export interface Source {
  id: string;
  name: string;
  enabled: boolean;
  labels: string[];
  status: "available" | "partially-available" | "error" | "disabled";
  error?: string;
}
export type Property = { metadataType: string } & Record<string, unknown>;
interface Entry {
  id: string;
  source_id: string;
  name: string;
  description?: string;
  readme?: string;
  provider?: string;
  license?: string;
  licenseLink?: string;
  lastUpdateTimeSinceEpoch?: string;
  createTimeSinceEpoch?: string;
  customProperties?: Record<string, Property>;
}
export interface CatalogueModel extends Entry {
  libraryName?: string;
  language?: string[];
  tasks?: string[];
  maturity?: string;
}
export interface Artifact {
  id: string;
  artifactType: "model-artifact" | "metrics-artifact";
  metricsType?: string;
  name?: string;
  uri?: string;
  customProperties?: Record<string, Property>;
}
export interface Tool {
  id?: string;
  name: string;
  description?: string;
  accessType?: string;
  parameters?: { name: string; type?: string; description?: string; required?: boolean }[];
}
export interface McpServer extends Entry {
  toolCount: number;
  version?: string;
  tags?: string[];
  deploymentMode?: string;
  transports?: string[];
  endpoints?: Record<string, string>;
  securityIndicators?: Record<string, boolean>;
  documentationUrl?: string;
  repositoryUrl?: string;
  tools?: Tool[];
}
interface Listed<T> {
  items: T[];
  nextPageToken: string;
  size: number;
}

const meta = { figures: "catalogue" };

export const sources = (kind: Kind) =>
  queryOptions({ queryKey: ["catalogue", "sources", kind], queryFn: async ({ signal }) => (await callJson<Listed<Source>>(withPage(`${models}/sources`, { assetType: kind === "models" ? undefined : kind, pageSize: "100" }), { signal })).items, meta });
export const options = (kind: Kind) => queryOptions({ queryKey: ["catalogue", "options", kind], queryFn: ({ signal }) => callJson<Options>(kind === "models" ? `${models}/models/filter_options` : `${mcp}/mcp_servers/filter_options`, { signal }), meta });

export interface Asked {
  q: string;
  sources: string[];
  where: Where;
  order: string;
}
export const entries = <T extends CatalogueModel | McpServer>(kind: Kind, { q, sources: from, where, order }: Asked) =>
  infiniteQueryOptions({
    queryKey: ["catalogue", kind, q, from, where, order],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      callJson<Listed<T>>(withPage(kind === "models" ? `${models}/models` : `${mcp}/mcp_servers`, { q, source: from.join(","), filterQuery: filterOf(where), ...(order ? { orderBy: order, sortOrder: order === "NAME" ? "ASC" : "DESC" } : {}), pageSize: "100", nextPageToken: pageParam }), { signal }),
    getNextPageParam: (last) => last.nextPageToken || undefined,
    meta,
  });

const path = (source: string, name: string) => `${models}/sources/${encodeURIComponent(source)}/models/${name.split("/").map(encodeURIComponent).join("/")}`;
export const model = (source: string, name: string) => queryOptions({ queryKey: ["catalogue", "model", source, name], queryFn: ({ signal }) => callJson<CatalogueModel>(path(source, name), { signal }), meta });
export const artifacts = (source: string, name: string) => queryOptions({ queryKey: ["catalogue", "artifacts", source, name], queryFn: async ({ signal }) => (await callJson<Listed<Artifact>>(`${path(source, name)}/artifacts?pageSize=500`, { signal })).items, meta });
export const server = (id: string) => queryOptions({ queryKey: ["catalogue", "server", id], queryFn: ({ signal }) => callJson<McpServer>(`${mcp}/mcp_servers/${encodeURIComponent(id)}?includeTools=true&toolLimit=100`, { signal }), meta });
