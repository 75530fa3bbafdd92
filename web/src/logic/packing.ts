// SPDX-License-Identifier: Apache-2.0
//
// How files become a version: the CNCF model format (an OCI manifest whose layers are the files, unpacked).

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const artifactType = "application/vnd.cncf.model.manifest.v1+json";
export const configType = "application/vnd.cncf.model.config.v1+json";

export interface PackedFile {
  path: string;
  size: number;
  digest: string;
}

type Kind = "weight" | "weight.config" | "code" | "doc" | "dataset";

// The same rules as the command line's (src/cli/pack.cc), so that the same files give the same digest by either way.
const names: [Kind, string][] = [
  ["weight.config", "souk.yaml labels.txt vocab.txt merges.txt classes.txt tokenizer.model spiece.model"],
  ["code", "requirements.txt makefile dockerfile"],
];
const stems: [Kind, string][] = [["doc", "readme license licence notice copying changelog"]];
const endings: [Kind, string][] = [
  ["weight", "onnx onnx_data data safetensors bin pt pth ckpt gguf ggml h5 keras pb tflite joblib pkl pickle ubj model engine plan mlmodel msgpack weights ort"],
  ["weight.config", "json yaml yml toml cfg ini jinja index"],
  ["doc", "md rst pdf html txt"],
  ["code", "py ipynb sh c cc cpp h hpp js ts rs go java r lua"],
  ["dataset", "csv tsv parquet jsonl arrow npy npz png jpg jpeg gif webp wav mp3 flac mp4 idx"],
];
const table = (rows: [Kind, string][]) => new Map(rows.flatMap(([kind, words]) => words.split(" ").map((word): [string, Kind] => [word, kind])));
const byName = table(names);
const byStem = table(stems);
const byEnding = table(endings);

const fileName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
function ending(path: string): string {
  const name = fileName(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : lower(name.slice(dot + 1));
}

/** What a file is by its name; `guessed` where none of the rules knew it. */
export function kindOf(path: string): { kind: Kind; guessed: boolean } {
  const name = lower(fileName(path));
  const kind = byName.get(name) ?? byStem.get(name.split(".")[0]!) ?? byEnding.get(ending(path));
  return { kind: kind ?? "weight", guessed: kind === undefined };
}

export function formatOf(paths: string[]): string | undefined {
  for (const format of ["onnx", "safetensors", "gguf", "pt", "pth", "h5", "keras", "tflite", "joblib"]) {
    if (paths.some((path) => ending(path) === format && kindOf(path).kind === "weight")) return format === "pth" ? "pt" : format;
  }
  return undefined;
}

/** Bytewise, as everywhere in souk; not by UTF-16. */
export function byPath(a: { path: string }, b: { path: string }): number {
  const [x, y] = [new TextEncoder().encode(a.path), new TextEncoder().encode(b.path)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return x.length - y.length;
}

/** Files of one folder lose the folder's name: "digits/model.onnx" is "model.onnx" of the version. */
export function strip<T extends { path: string }>(files: T[]): T[] {
  const first = files[0]?.path.split("/")[0];
  const shared = files.every((file) => file.path.includes("/") && file.path.split("/")[0] === first);
  return shared ? files.map((file) => ({ ...file, path: file.path.slice(first!.length + 1) })) : files;
}

export function modelName(paths: string[]): string {
  const folder = paths[0]?.includes("/") && paths.every((path) => path.split("/")[0] === paths[0]!.split("/")[0]) ? paths[0].split("/")[0]! : undefined;
  const file = paths.find((path) => !kindOf(path).guessed && kindOf(path).kind === "weight") ?? paths[0] ?? "";
  const name = folder ?? file.split("/").at(-1)!.replace(/\.[^.]*$/, "");
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
}

/** OCI's grammar for a part of a repository's name. */
export function validName(name: string): boolean {
  return name.length <= 128 && /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/.test(name);
}

export function config(files: PackedFile[]): string {
  const format = formatOf(files.map((file) => file.path));
  return JSON.stringify({ descriptor: {}, config: format ? { format } : {}, modelfs: { type: "layers", diffIds: files.map((file) => file.digest) } });
}

export function manifest(configFile: { digest: string; size: number }, files: PackedFile[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType,
    config: { mediaType: configType, digest: configFile.digest, size: configFile.size },
    layers: files.map((file) => {
      const { kind, guessed } = kindOf(file.path);
      const metadata = { name: fileName(file.path), mode: 0o644, uid: 0, gid: 0, size: file.size, mtime: "1970-01-01T00:00:00Z", typeflag: 48 };
      return {
        mediaType: `application/vnd.cncf.model.${kind}.v1.raw`,
        digest: file.digest,
        size: file.size,
        annotations: {
          ...(guessed ? { "org.cncf.model.file.mediatype.untested": "true" } : {}),
          "org.cncf.model.file.metadata+json": JSON.stringify(metadata),
          "org.cncf.model.filepath": file.path,
        },
      };
    }),
  });
}
