// SPDX-License-Identifier: Apache-2.0
//
// What is chosen in the catalogue: kept in the address, and asked as the contract's filter.
export interface Option {
  type: "string" | "number";
  values?: (string | boolean)[];
  range?: { min: number; max: number };
}
export interface Options {
  filters: Record<string, Option>;
}
/** Chosen values by property; of a number, the least one as ">=N". */
export type Where = Record<string, string[]>;

export function whereOf(text: string | undefined): Where {
  const found: Where = {};
  for (const [name, value] of new URLSearchParams(text ?? "")) (found[name] ??= []).push(value);
  return found;
}
export function whereText(where: Where): string | undefined {
  const parameters = new URLSearchParams();
  for (const [name, values] of Object.entries(where)) for (const value of values) parameters.append(name, value);
  return parameters.size > 0 ? parameters.toString() : undefined;
}
export function turned(where: Where, name: string, value: string): Where {
  const values = where[name] ?? [];
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  const { [name]: _, ...others } = where;
  return next.length > 0 ? { ...others, [name]: next } : others;
}

const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`;
const plain = (value: string) => (value === "true" || value === "false" ? value : quoted(value));

/** tasks = 'a' AND license IN ('b','c'); empty where nothing is chosen. */
export function filterOf(where: Where): string {
  return Object.entries(where)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => {
      const least = /^>=(-?[\d.]+(?:e[+-]?\d+)?)$/.exec(values[0]!);
      if (least) return `${name} >= ${least[1]}`;
      return values.length === 1 ? `${name} = ${plain(values[0]!)}` : `${name} IN (${values.map(plain).join(", ")})`;
    })
    .join(" AND ");
}

const first = ["tasks", "license", "provider", "libraryName", "language", "deploymentMode", "transports", "tags"];
const names: Record<string, string> = { libraryName: "Library", toolCount: "Tools", deploymentMode: "Runs", verifiedSource: "Verified source" };

/** The properties to choose by, the usual ones first; what has one value alone tells nothing apart. */
export function facetsOf(options: Options): { usual: [string, Option][]; others: [string, Option][] } {
  const useful = Object.entries(options.filters).filter(([, option]) => (option.values ? option.values.length > 0 : option.range !== undefined && option.range.max > option.range.min));
  const rank = ([name]: [string, Option]) => (first.includes(name) ? first.indexOf(name) : first.length);
  const sorted = useful.sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
  return { usual: sorted.filter(([name]) => first.includes(name)), others: sorted.filter(([name]) => !first.includes(name)) };
}

/** "artifacts.ttft_p90.double_value" → "ttft p90". */
export function propertyName(name: string): string {
  const short = name.replace(/^artifacts\./, "").replace(/^securityIndicators\./, "").replace(/\.(string|int|double|bool)_value$/, "");
  const said = names[short] ?? short.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** The value of a custom property of the contract, as text. */
export function propertyValue(property: Record<string, unknown>): string {
  for (const key of ["string_value", "int_value", "double_value", "bool_value"]) if (property[key] !== undefined) return typeof property[key] === "number" ? String(Number(property[key].toPrecision(6))) : String(property[key]);
  return JSON.stringify(property.struct_value ?? property.proto_value ?? "");
}
