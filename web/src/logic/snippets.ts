// SPDX-License-Identifier: Apache-2.0
//
// The same call in the tongues people work in. `full` is what is copied and runs as it stands; `shown` is shortened
// where data is long.

export interface Snippet {
  language: "curl" | "Python" | "souk" | "crane" | "skopeo" | "docker";
  full: string;
  shown: string;
}

/** A word that a POSIX shell reads as exactly this text. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A body laid out and shortened for reading: long runs of numbers, and long base64. */
export function shorten(body: string): string {
  let laid = body;
  try {
    if (!body.includes("\n")) laid = JSON.stringify(JSON.parse(body), null, 1);
  } catch {
    /* not JSON: shown as it is */
  }
  return laid
    .replace(/\[\s+((?:-?[\d.eE+-]+|true|false|null)(?:,\s+(?:-?[\d.eE+-]+|true|false|null))*)\s+\]/g, (_, row: string) => `[${row.split(/,\s+/).join(", ")}]`)
    .replace(/\{\s+("type": "image-base64"),\s+("[^"]*": "[^"]*")\s+\}/, "{ $1,\n     $2 }")
    .replace(/\[((?:[^[\]",{}]+,){8})((?:[^[\]",{}]+,?)+)\]/g, (_, head: string, tail: string) => {
      const more = tail.split(",").length;
      return `[${head.replaceAll(",", ", ").replace(/,\s+/g, ", ").trimEnd()} … ${more} more]`;
    })
    .replace(/"([A-Za-z0-9+/=]{64,})"/g, (_, data: string) => `"${data.slice(0, 24)}… ${data.length - 24} more"`);
}

function headers(key: boolean, more: Record<string, string>): string[] {
  return [...(key ? [`-H "Authorization: Bearer $SOUK_KEY"`] : []), ...Object.entries(more).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`)];
}

export interface Target {
  origin: string;
  /** Whether calls need a key; in dev mode they do not. */
  key: boolean;
  namespace: string;
  deployment: string;
  model: string;
  /** Where several deployments have the model, a typed task must say which version it means. */
  version?: number | undefined;
}

const full = (target: Target) => (target.namespace === "default" ? target.deployment : `${target.namespace}/${target.deployment}`);

export function inferPath(target: Target): string {
  return `/v2/models/${full(target)}/infer`;
}
export function triggerPath(target: Target): string {
  return `/v1alpha/namespaces/${target.namespace}/models/${target.model}${target.version ? `/versions/${target.version}` : ""}/trigger`;
}

function curl(target: Target, path: string, body: string): string {
  const url = quote(target.origin + path);
  const lines = [...headers(target.key, { "Content-Type": "application/json" }), `-d ${quote(body)}`];
  return [`curl -s ${url.length > 44 ? "\\\n" : ""}${url}`, ...lines].join(" \\\n  ");
}

function python(target: Target, path: string, body: string, tail: string): string {
  const auth = target.key ? `    headers={"Authorization": f"Bearer {os.environ['SOUK_KEY']}"},\n` : "";
  return `${target.key ? "import os\n" : ""}import requests\n\nanswer = requests.post(\n    ${JSON.stringify(target.origin + path)},\n${auth}    json=${body},\n)\nanswer.raise_for_status()\n${tail}`;
}

/** JSON as a Python literal: only what differs outside of strings. */
export function pythonLiteral(body: string): string {
  return body.replace(/"(?:[^"\\]|\\.)*"|\b(true|false|null)\b/g, (all, word: string | undefined) => (word === "true" ? "True" : word === "false" ? "False" : word === "null" ? "None" : all));
}

function both(language: Snippet["language"], build: (body: string) => string, body: string): Snippet {
  return { language, full: build(body), shown: build(shorten(body)) };
}

/** Any call of the API. */
export function plainCall(server: { origin: string; key: boolean }, method: string, path: string, more: Record<string, string>, body: string): Snippet[] {
  const lines = [...headers(server.key, more), ...(body ? [`-d ${quote(body)}`] : [])];
  const shell = [`curl -s${method === "GET" ? "" : ` -X ${method}`} ${quote(server.origin + path)}`, ...lines].join(" \\\n  ");
  const auth = server.key ? [`"Authorization": f"Bearer {os.environ['SOUK_KEY']}"`] : [];
  const given = [...auth, ...Object.entries(more).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)];
  const py = `${server.key ? "import os\n" : ""}import requests\n\nanswer = requests.request(\n    ${JSON.stringify(method)}, ${JSON.stringify(server.origin + path)},\n${given.length > 0 ? `    headers={${given.join(", ")}},\n` : ""}${body ? `    data=${JSON.stringify(body)},\n` : ""})\nprint(answer.status_code, answer.text)`;
  return [{ language: "curl", full: shell, shown: shell }, { language: "Python", full: py, shown: py }];
}

/** An inference with tensors, by the Open Inference Protocol. */
export function inferCall(target: Target, body: string): Snippet[] {
  const path = inferPath(target);
  return [
    both("curl", (text) => curl(target, path, text), body),
    both("Python", (text) => python(target, path, pythonLiteral(text), `for output in answer.json()["outputs"]:\n    print(output["name"], output["data"])`), body),
    both("souk", (text) => `souk infer ${full(target)} --data - <<'END'\n${text}\nEND`, body),
  ];
}

/** A typed task with one image. `base64` empty: the snippet reads a file. */
export function imageCall(target: Target, base64: string): Snippet[] {
  const path = triggerPath(target);
  const body = (data: string) => `{"task_inputs":[{"data":{"type":"image-base64","image-base64":"${data}"}}]}`;
  const tail = `print(answer.json()["task_outputs"][0]["data"]["category"])`;
  const souk = `souk infer ${full(target)} --image image.png`;
  if (base64) {
    const decode = `base64 -d > image.png <<< ${base64}\n${souk}`;
    return [
      both("curl", (text) => curl(target, path, text), body(base64)),
      both("Python", (text) => python(target, path, text, tail), body(base64)),
      { language: "souk", full: decode, shown: souk },
    ];
  }
  const auth = headers(target.key, { "Content-Type": "application/json" }).join(" \\\n  ");
  const stream = `printf '{"task_inputs":[{"data":{"type":"image-base64","image-base64":"%s"}}]}' "$(base64 -w0 image.png)" |\ncurl -s ${quote(target.origin + path)} \\\n  ${auth} -d @-`;
  const py = `import base64${target.key ? ", os" : ""}\nimport requests\n\nwith open("image.png", "rb") as file:\n    image = base64.b64encode(file.read()).decode()\nanswer = requests.post(\n    ${JSON.stringify(target.origin + path)},\n${target.key ? `    headers={"Authorization": f"Bearer {os.environ['SOUK_KEY']}"},\n` : ""}    json={"task_inputs": [{"data": {"type": "image-base64", "image-base64": image}}]},\n)\nanswer.raise_for_status()\n${tail}`;
  return [
    { language: "curl", full: stream, shown: stream },
    { language: "Python", full: py, shown: py },
    { language: "souk", full: souk, shown: souk },
  ];
}

/** Getting a version's files, by our own client and by the field's. */
export function pullCalls(host: string, plain: boolean, ns: string, model: string, version: number, name: string): Snippet[] {
  const same = (language: Snippet["language"], text: string): Snippet => ({ language, full: text, shown: text });
  const repository = `${host}/${ns}/${model}`;
  return [
    same("souk", `souk model pull ${ns}/${model}:${version} \\\n  ./${model}`),
    same("crane", `crane manifest${plain ? " --insecure" : ""} ${repository}:${name}\ncrane pull${plain ? " --insecure" : ""} --format=oci \\\n  ${repository}:${name} ./${model}`),
    same("skopeo", `skopeo copy${plain ? " --src-tls-verify=false" : ""} \\\n  docker://${repository}:${name} \\\n  dir:./${model}`),
    same("docker", `docker run --rm --network host -v "$PWD:/out" \\\n  quay.io/skopeo/stable copy${plain ? " --src-tls-verify=false" : ""} \\\n  docker://${repository}:${name} dir:/out/${model}`),
  ];
}
