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

const weights = /\.(onnx|onnx_data|data|safetensors|gguf|ggml|bin|pt|pth|ckpt|h5|keras|pb|tflite|pkl|joblib|ubj|bst|xgb|npz|npy|mlmodel|engine|plan)$/i;
const code = /\.(py|ipynb|sh|js|ts|c|cc|cpp|h|hpp|rs|go|java|jl|r)$/i;
const docs = /(^|\/)(readme|license|licence|notice|changelog|model_?card)(\.[^/]*)?$|\.(md|rst|pdf|html)$/i;
const datasets = /\.(csv|tsv|parquet|arrow|jsonl|png|jpe?g|gif|webp|wav|flac|mp3|tar|zip)$/i;

export function kindOf(path: string): "weight" | "weight.config" | "code" | "doc" | "dataset" {
  if (docs.test(path)) return "doc";
  if (weights.test(path)) return "weight";
  if (code.test(path)) return "code";
  if (datasets.test(path)) return "dataset";
  return "weight.config";
}

export function formatOf(paths: string[]): string {
  const known: [RegExp, string][] = [[/\.onnx$/i, "onnx"], [/\.gguf$/i, "gguf"], [/\.safetensors$/i, "safetensors"], [/\.(pt|pth)$/i, "pytorch"], [/\.tflite$/i, "tflite"], [/\.(ubj|bst|xgb)$/i, "xgboost"]];
  return known.find(([pattern]) => paths.some((path) => pattern.test(path)))?.[1] ?? "";
}

/** Files of one folder lose the folder's name: "digits/model.onnx" is "model.onnx" of the version. */
export function strip<T extends { path: string }>(files: T[]): T[] {
  const first = files[0]?.path.split("/")[0];
  const shared = files.every((file) => file.path.includes("/") && file.path.split("/")[0] === first);
  return shared ? files.map((file) => ({ ...file, path: file.path.slice(first!.length + 1) })) : files;
}

export function modelName(paths: string[]): string {
  const folder = paths[0]?.includes("/") && paths.every((path) => path.split("/")[0] === paths[0]!.split("/")[0]) ? paths[0].split("/")[0]! : undefined;
  const file = paths.find((path) => weights.test(path)) ?? paths[0] ?? "";
  const name = folder ?? file.split("/").at(-1)!.replace(/\.[^.]*$/, "");
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
}

/** OCI's grammar for a part of a repository's name. */
export function validName(name: string): boolean {
  return name.length <= 128 && /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/.test(name);
}

export function config(name: string, files: PackedFile[]): string {
  return JSON.stringify({
    descriptor: { name },
    modelfs: { type: "layers", diffIds: files.map((file) => file.digest) },
    config: { format: formatOf(files.map((file) => file.path)) },
  });
}

export function manifest(configFile: { digest: string; size: number }, files: PackedFile[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType,
    config: { mediaType: configType, digest: configFile.digest, size: configFile.size },
    layers: files.map((file) => ({
      mediaType: `application/vnd.cncf.model.${kindOf(file.path)}.v1.raw`,
      digest: file.digest,
      size: file.size,
      annotations: { "org.cncf.model.filepath": file.path },
    })),
  });
}
