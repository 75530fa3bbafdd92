// SPDX-License-Identifier: Apache-2.0
//
// The contract (OpenAPI 3.1) as a reader wants it: a list of calls, and an example of each body.

export interface Schema {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  $ref?: string;
  description?: string;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema?: Schema;
  description?: string;
}
interface RawOperation {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content?: Record<string, { schema?: Schema }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>;
}
export interface Contract {
  info: { title: string; version: string };
  paths: Record<string, Record<string, RawOperation>>;
  components?: { schemas?: Record<string, Schema> };
}
export interface Operation {
  id: string;
  method: string;
  path: string;
  /** The noun the call is about: models, versions, deployments … */
  group: string;
  summary: string;
  description: string;
  parameters: Parameter[];
  body?: { type: string; schema: Schema };
  answers: { status: string; says: string; schema?: Schema }[];
}

const methods = ["get", "post", "put", "patch", "delete", "head"];

export function operationsOf(contract: Contract): Operation[] {
  return Object.entries(contract.paths).flatMap(([path, raw]) =>
    methods.flatMap((method) => {
      const one = raw[method];
      if (!one) return [];
      const [type, content] = Object.entries(one.requestBody?.content ?? {})[0] ?? [];
      const nouns = path.replace(/^\/api\/v1\/(namespaces\/\{ns\}\/(?=\w))?/, "").split("/").filter((part) => part && !part.startsWith("{"));
      const found: Operation = {
        id: one.operationId ?? `${method} ${path}`,
        method: method.toUpperCase(),
        path,
        group: ((nouns[0] === "models" && nouns[1]) || nouns[0] || "").replace(/:.*/, "").replaceAll("_", " "),
        summary: one.summary ?? "",
        description: one.description ?? "",
        parameters: one.parameters ?? [],
        answers: Object.entries(one.responses ?? {}).map(([status, { description = "", content: said }]) => ({ status, says: description, ...pick(Object.values(said ?? {})[0]?.schema) })),
        ...(type && content?.schema ? { body: { type, schema: content.schema } } : {}),
      };
      return [found];
    }),
  );
}

const pick = (schema: Schema | undefined) => (schema ? { schema } : {});

export function resolve(contract: Contract, schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name ? (contract.components?.schemas?.[name] ?? {}) : schema;
}

export function nameOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split("/").at(-1)!;
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.anyOf) return [...new Set(schema.anyOf.map(nameOf))].filter((name) => name !== "null").join(" | ");
  if (schema.type === "null") return "null";
  const types = [schema.type ?? "any"].flat().filter((type) => type !== "null");
  if (types[0] === "array") return `list of ${schema.items ? nameOf(schema.items) : "any"}`;
  return [types.join(" | "), schema.format].filter(Boolean).join(", ");
}

/** A body to start from: what is required, with empty values of the right type. */
export function example(contract: Contract, schema: Schema, depth = 0): unknown {
  const whole = resolve(contract, schema);
  if (whole.enum) return whole.enum[0];
  if (whole.anyOf) return example(contract, whole.anyOf.find((one) => one.type !== "null") ?? {}, depth);
  const type = [whole.type ?? "object"].flat().find((one) => one !== "null");
  if (type === "array") return [];
  if (type === "string") return whole.format === "date-time" ? "2026-01-01T00:00:00Z" : "";
  if (type === "integer" || type === "number") return whole.minimum ?? 0;
  if (type === "boolean") return false;
  if (depth > 3 || !whole.properties) return {};
  const wanted = whole.required?.length ? whole.required : Object.keys(whole.properties).slice(0, 1);
  return Object.fromEntries(wanted.map((name) => [name, example(contract, whole.properties![name] ?? {}, depth + 1)]));
}

/** The path with its parts filled in and the query after it; what is empty in the query is left out. */
export function filled(operation: Operation, values: Record<string, string>): { path: string; headers: Record<string, string>; missing: string[] } {
  const missing: string[] = [];
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  let path = operation.path;
  for (const parameter of operation.parameters) {
    const value = values[parameter.name] ?? "";
    if (parameter.in === "path") {
      if (!value) missing.push(parameter.name);
      // A path inside a path keeps its slashes.
      else path = path.replace(`{${parameter.name}}`, parameter.name === "path" ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value));
    } else if (!value) {
      if (parameter.required) missing.push(parameter.name);
    } else if (parameter.in === "query") query.set(parameter.name, value);
    else headers[parameter.name] = value;
  }
  return { path: query.size > 0 ? `${path}?${query}` : path, headers, missing };
}
