// SPDX-License-Identifier: Apache-2.0
//
// What may stand at a place in an inference request (Open Inference Protocol, JSON form), by the model's signature.
import type { Signature } from "../api/types.ts";
import { concrete, elements } from "./tensors.ts";

export interface Completion {
  /** What is put in place of the text from `from` to the cursor. */
  insert: string;
  from: number;
  say: string;
}

interface Place {
  /** Names and list positions from the outside in: ["inputs", 0, "datatype"]. */
  path: (string | number)[];
  /** Names that the innermost object has already. */
  names: Set<string>;
  inKey: boolean;
  wantsKey: boolean;
  from: number;
  typed: string;
  /** Texts that stand in the objects around, by path: inputs.0.name = "pixels". */
  texts: Map<string, string>;
}

/** Reads up to the cursor; what is broken before it gives no completions. */
export function placeAt(text: string, cursor: number): Place | undefined {
  type Level = { kind: "{" | "["; key: string; index: number; names: Set<string>; state: "key" | "colon" | "value" | "done" };
  const levels: Level[] = [];
  const texts = new Map<string, string>();
  const path = () => levels.flatMap((level): (string | number)[] => (level.kind === "[" ? [level.index] : level.key ? [level.key] : []));
  let at = 0;
  const place = (from: number, typed: string): Place => {
    const top = levels.at(-1);
    return { path: path(), names: top?.names ?? new Set(), inKey: false, wantsKey: top?.kind === "{" && top.state === "key", from, typed, texts };
  };
  while (at < cursor) {
    const sign = text[at]!;
    const top = levels.at(-1);
    if (/\s/.test(sign)) at++;
    else if (sign === '"') {
      let end = at + 1;
      while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      if (end >= cursor) return { ...place(at, text.slice(at + 1, cursor)), inKey: top?.kind === "{" && top.state === "key" };
      const said = text.slice(at + 1, end);
      if (top?.kind === "{" && top.state === "key") {
        top.key = said;
        top.names.add(said);
        top.state = "colon";
      } else {
        texts.set(path().join("."), said);
        if (top) top.state = "done";
      }
      at = end + 1;
    } else if (sign === "{" || sign === "[") {
      levels.push({ kind: sign, key: "", index: 0, names: new Set(), state: sign === "{" ? "key" : "value" });
      at++;
    } else if (sign === "}" || sign === "]") {
      if (levels.pop()?.kind !== (sign === "}" ? "{" : "[")) return undefined;
      if (levels.length > 0) levels.at(-1)!.state = "done";
      at++;
    } else if (sign === ":" && top?.kind === "{") {
      top.state = "value";
      at++;
    } else if (sign === "," && top) {
      if (top.kind === "[") top.index++;
      else top.key = "";
      top.state = top.kind === "[" ? "value" : "key";
      at++;
    } else {
      const word = /^[\w.+-]+/.exec(text.slice(at, cursor))?.[0];
      if (!word) return undefined;
      if (at + word.length >= cursor) return place(at, word);
      if (top) top.state = "done";
      at += word.length;
    }
  }
  const top = levels.at(-1);
  return top && top.state !== "done" && top.state !== "colon" ? place(cursor, "") : undefined;
}

export function complete(text: string, cursor: number, signature: Signature | undefined): Completion[] {
  const place = placeAt(text, cursor);
  if (!place || !signature) return [];
  const { path, names, from, typed } = place;
  const keys = (known: [name: string, value: string, say: string][]): Completion[] =>
    place.wantsKey ? known.filter(([name]) => !names.has(name) && name.startsWith(typed)).map(([name, value, say]) => ({ insert: `"${name}": ${value}`, from, say })) : [];
  const values = (known: [value: string, say: string][]): Completion[] => known.filter(([value]) => value.replace(/^"/, "").startsWith(typed)).map(([insert, say]) => ({ insert, from, say }));
  const tensor = (i: string | number) => signature.inputs.find((one) => one.name === place.texts.get(`inputs.${i}.name`)) ?? (signature.inputs.length === 1 ? signature.inputs[0] : undefined);
  const filled = (one: Signature["inputs"][number]) => `[${Array(Math.min(4096, elements(one.shape))).fill(one.datatype === "BYTES" ? '""' : one.datatype === "BOOL" ? "false" : "0").join(", ")}]`;
  const [first, i, field] = path;
  if (path.length === 0) return keys([["inputs", "[]", "the tensors it takes"], ["outputs", "[]", "only these of what it gives"], ["id", '""', "comes back with the answer"]]);
  if (first === "inputs" && path.length === 2 && !place.wantsKey) {
    const used = new Set([...place.texts].filter(([name]) => /^inputs\.\d+\.name$/.test(name)).map(([, value]) => value));
    return typed ? [] : signature.inputs.filter(({ name }) => !used.has(name)).map((one) => ({ insert: `{"name": ${JSON.stringify(one.name)}, "datatype": "${one.datatype}", "shape": ${JSON.stringify(concrete(one.shape)).replaceAll(",", ", ")}, "data": ${filled(one)}}`, from, say: `${one.name}, whole` }));
  }
  if (first === "inputs" && path.length === 2) {
    const one = tensor(i!);
    return keys([
      ["name", one ? JSON.stringify(one.name) : '""', "which tensor"],
      ["datatype", one ? `"${one.datatype}"` : '""', "as the model takes it"],
      ["shape", one ? JSON.stringify(concrete(one.shape)).replaceAll(",", ", ") : "[]", "rows first"],
      ["data", one ? filled(one) : "[]", one ? `${elements(one.shape)} values, row by row` : "row by row"],
    ]);
  }
  if (first === "inputs" && path.length === 3) {
    const one = tensor(i!);
    if (field === "name") return values(signature.inputs.map(({ name, datatype }) => [JSON.stringify(name), datatype]));
    if (field === "datatype") return values((one ? [one] : signature.inputs).map(({ datatype, name }) => [`"${datatype}"`, `of ${name}`]));
    if (field === "shape" && one) return values([[JSON.stringify(concrete(one.shape)).replaceAll(",", ", "), `of ${one.name}`]]);
    if (field === "data" && one) return values([[filled(one), `${elements(one.shape)} values`]]);
  }
  if (first === "outputs" && path.length === 2) return place.wantsKey ? keys([["name", '""', "which output"]]) : typed ? [] : signature.outputs.map(({ name }) => ({ insert: `{"name": ${JSON.stringify(name)}}`, from, say: "only this" }));
  if (first === "outputs" && field === "name") return values(signature.outputs.map(({ name, datatype }) => [JSON.stringify(name), datatype]));
  return [];
}
