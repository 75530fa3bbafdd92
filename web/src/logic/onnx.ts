// SPDX-License-Identifier: Apache-2.0
//
// The outline of an ONNX graph (onnx.proto3, protobuf wire format), read by pieces: weights are stepped over and never
// fetched, so a model of many gigabytes is looked into as quickly as a small one.

export interface OnnxValue {
  name: string;
  type: string;
  shape: string;
}
export interface OnnxNode {
  name: string;
  op: string;
  inputs: string[];
  outputs: string[];
}
export interface OnnxWeight {
  name: string;
  type: string;
  dims: number[];
}
export interface OnnxOutline {
  producer: string;
  opsets: { domain: string; version: number }[];
  graph: string;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  nodes: OnnxNode[];
  weights: OnnxWeight[];
  parameters: number;
}

/** Gives `length` bytes from `offset`, fewer only at the end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

const types = ["", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4"];
const typeName = (code: number) => types[code] || `type ${code}`;
const window = 256 << 10;
const most = 200_000; // nodes and weights; more is no graph to look at

class Source {
  private readonly read: ReadAt;
  private from = 0;
  private kept: Uint8Array = new Uint8Array();

  constructor(read: ReadAt) {
    this.read = read;
  }
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.from || offset + length > this.from + this.kept.length) {
      this.kept = await this.read(offset, Math.max(window, length));
      this.from = offset;
    }
    return this.kept.subarray(offset - this.from, offset - this.from + length);
  }
}

interface Field {
  number: number;
  wire: number;
  value: number;
  /** Of a length-delimited field: where its bytes begin and end. */
  start: number;
  end: number;
}

class Fault extends Error {}

async function* fields(source: Source, start: number, end: number): AsyncGenerator<Field> {
  let at = start;
  const varint = async (): Promise<number> => {
    const bytes = await source.bytes(at, Math.min(10, end - at));
    let value = 0;
    for (let i = 0; i < bytes.length; i++) {
      value += (bytes[i]! & 0x7f) * 2 ** (7 * i);
      if (bytes[i]! < 0x80) {
        at += i + 1;
        return i === 9 ? -1 : value; // negative numbers take ten bytes
      }
    }
    throw new Fault("The file ends in the middle of a number");
  };
  while (at < end) {
    const key = await varint();
    const field: Field = { number: Math.floor(key / 8), wire: key % 8, value: 0, start: at, end: at };
    if (field.wire === 0) field.value = await varint();
    else if (field.wire === 1) at += 8;
    else if (field.wire === 5) at += 4;
    else if (field.wire === 2) {
      const length = await varint();
      field.start = at;
      field.end = at += length;
      if (length < 0 || at > end) throw new Fault("A part of the file is longer than the whole");
    } else throw new Fault("This is not an ONNX file");
    if (field.number === 0) throw new Fault("This is not an ONNX file");
    yield field;
  }
}

const decoder = new TextDecoder();
async function text(source: Source, field: Field): Promise<string> {
  return decoder.decode(await source.bytes(field.start, Math.min(field.end - field.start, 4096)));
}

async function value(source: Source, whole: Field): Promise<OnnxValue> {
  const found: OnnxValue = { name: "", type: "", shape: "" };
  for await (const field of fields(source, whole.start, whole.end)) {
    if (field.number === 1) found.name = await text(source, field);
    else if (field.number === 2) {
      for await (const kind of fields(source, field.start, field.end)) {
        if (kind.number !== 1) {
          if (kind.wire === 2) found.type = kind.number === 4 ? "sequence" : kind.number === 5 ? "map" : kind.number === 9 ? "optional" : "other";
          continue;
        }
        for await (const part of fields(source, kind.start, kind.end)) {
          if (part.number === 1) found.type = typeName(part.value);
          else if (part.number === 2) {
            const dims: string[] = [];
            for await (const dim of fields(source, part.start, part.end)) {
              let said = "?";
              for await (const one of fields(source, dim.start, dim.end)) said = one.number === 1 ? String(one.value) : one.number === 2 ? await text(source, one) : said;
              dims.push(said);
            }
            found.shape = `[${dims.join(", ")}]`;
          }
        }
      }
    }
  }
  return found;
}

async function node(source: Source, whole: Field): Promise<OnnxNode> {
  const found: OnnxNode = { name: "", op: "", inputs: [], outputs: [] };
  for await (const field of fields(source, whole.start, whole.end)) {
    if (field.number === 1) found.inputs.push(await text(source, field));
    else if (field.number === 2) found.outputs.push(await text(source, field));
    else if (field.number === 3) found.name = await text(source, field);
    else if (field.number === 4) found.op = await text(source, field);
  }
  return found;
}

async function weight(source: Source, whole: Field): Promise<OnnxWeight> {
  const found: OnnxWeight = { name: "", type: "", dims: [] };
  for await (const field of fields(source, whole.start, whole.end)) {
    if (field.number === 1 && field.wire === 0) found.dims.push(field.value);
    else if (field.number === 1) {
      // Packed: the numbers one after the other, each a varint.
      const bytes = await source.bytes(field.start, Math.min(field.end - field.start, 1024));
      let number = 0;
      let place = 1;
      for (const byte of bytes) {
        number += (byte & 0x7f) * place;
        place *= 128;
        if (byte >= 0x80) continue;
        found.dims.push(number);
        number = 0;
        place = 1;
      }
    } else if (field.number === 2 && field.wire === 0) found.type = typeName(field.value);
    else if (field.number === 8) found.name = await text(source, field);
  }
  return found;
}

async function graph(source: Source, whole: Field, into: OnnxOutline): Promise<void> {
  for await (const field of fields(source, whole.start, whole.end)) {
    if (field.wire !== 2) continue;
    if (into.nodes.length + into.weights.length > most) throw new Fault(`The graph has more than ${most} parts`);
    if (field.number === 1) into.nodes.push(await node(source, field));
    else if (field.number === 2) into.graph = await text(source, field);
    else if (field.number === 5) into.weights.push(await weight(source, field));
    else if (field.number === 11) into.inputs.push(await value(source, field));
    else if (field.number === 12) into.outputs.push(await value(source, field));
  }
}

/** Throws an Error with words for the reader where the file is no ONNX model. */
export async function onnxOutline(read: ReadAt, size: number): Promise<OnnxOutline> {
  const found: OnnxOutline = { producer: "", opsets: [], graph: "", inputs: [], outputs: [], nodes: [], weights: [], parameters: 0 };
  const source = new Source(read);
  let version = "";
  for await (const field of fields(source, 0, size)) {
    if (field.number === 2 && field.wire === 2) found.producer = await text(source, field);
    else if (field.number === 3 && field.wire === 2) version = await text(source, field);
    else if (field.number === 7 && field.wire === 2) await graph(source, field, found);
    else if (field.number === 8 && field.wire === 2) {
      const opset = { domain: "", version: 0 };
      for await (const part of fields(source, field.start, field.end)) {
        if (part.number === 1) opset.domain = await text(source, part);
        else if (part.number === 2) opset.version = part.value;
      }
      found.opsets.push(opset);
    }
  }
  if (found.nodes.length === 0 && found.outputs.length === 0) throw new Fault("No graph is in this file");
  found.producer = [found.producer, version].filter(Boolean).join(" ");
  const weights = new Set(found.weights.map(({ name }) => name));
  found.inputs = found.inputs.filter(({ name }) => !weights.has(name)); // before IR 4 weights were inputs too
  found.parameters = found.weights.reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
  return found;
}
