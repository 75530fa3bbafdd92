// SPDX-License-Identifier: Apache-2.0
//
// Every page and layer with an address, and what has to be there for it to show something.
import { root, sampleWith, type Souk } from "./souk.ts";
import { join } from "node:path";

const digits = "/models/default/digits";
export const views: Record<string, string> = {
  models: "/models",
  narrowed: "/models?task=CLASSIFICATION&state=LIVE",
  upload: "/models?show=upload",
  model: digits,
  versions: `${digits}/versions`,
  files: `${digits}/files?file=README.md`,
  graph: `${digits}/files?file=digits.onnx`,
  use: `${digits}/use`,
  lineage: `${digits}/lineage?version=1`,
  "model-access": `${digits}/access`,
  compare: `${digits}/compare?versions=1,2&facts=all&file=NOTES.md`,
  gone: "/models/default/nothing",
  search: "/search?q=digits",
  experiments: "/experiments",
  experiment: "/experiments/default/seen",
  curves: "/experiments/default/seen/curves",
  parallel: "/experiments/default/seen/parallel",
  "compared-runs": "/experiments/default/seen/compare?pick=",
  run: "/experiments/default/seen/runs/try-0",
  deployments: "/deployments",
  deployment: "/deployments/default/digits",
  rollout: "/deployments/default/ramp?step=1",
  "rolled-out": "/deployments/default/ramped?rollout=1",
  differs: "/deployments/default/ramped?show=differs&from=1&to=2",
  "deploy-dialog": "/deployments/default/digits?show=deploy",
  "batching-dialog": "/deployments/default/digits?show=batching",
  "sleep-dialog": "/deployments/default/digits?show=sleep",
  "deployment-access": "/deployments/default/digits?show=access",
  playground: "/playground/default/digits",
  "playground-image": "/playground/default/digits?input=image",
  "playground-numbers": "/playground/default/digits?input=numbers",
  "playground-json": "/playground/default/digits?input=json",
  operations: "/operations",
  queues: "/queues",
  queue: "/queues/imports",
  catalogue: "/catalogue",
  servers: "/catalogue?of=servers",
  transfers: "/transfers?namespace=default",
  webhooks: "/webhooks",
  "new-webhook": "/webhooks?show=new",
  webhook: "/webhooks/default/ci",
  users: "/access/users",
  user: "/access/users?user=admin",
  teams: "/access/teams?team=crew",
  accounts: "/access/accounts",
  grants: "/access/grants?namespace=default",
  keys: "/access/keys",
  "new-key": "/access/keys?show=new",
  sessions: "/access/sessions",
  audit: "/access/audit",
  settings: "/settings",
  "all-settings": "/settings?set=all",
  reference: "/reference?call=deploy",
  errors: "/errors",
};

/** Makes what the views show, beside the sample that every server of the tests has. */
export async function fill(souk: Souk): Promise<void> {
  await souk.cli("model", "push", sampleWith(souk, "digits-next", "NOTES.md", "Two\nlines.\n"), "default/digits:2");
  const experiments = "/api/v1/namespaces/default/experiments";
  await souk.api("POST", experiments, { name: "seen", description: "Which net reads the meter best", tags: { team: "crew" } });
  const runs: number[] = [];
  for (const [i, lr] of [0.1, 0.01].entries()) {
    const { id } = await souk.api<{ id: number }>("POST", `${experiments}/seen/runs`, { name: `try-${i}` });
    runs.push(id);
    const artifacts = [{ kind: "DATASET", name: "meters", source: "s3://data/meters" }];
    const steps = Array.from({ length: 40 }, (_, step) => step + 1);
    await souk.api("POST", `${experiments}/seen/runs/${id}:log`, { parameters: { lr, optimizer: "adam" }, artifacts, metrics: steps.flatMap((step) => [{ name: "loss", value: 0.05 + (1 + lr) / step, step }, { name: "accuracy", value: 0.98 - (0.5 + lr) / step, step }]) });
  }
  views["compared-runs"] = `/experiments/default/seen/compare?pick=${runs.join()}`;
  // Of its own model: others of this worker ask the sample's only deployment.
  await souk.cli("model", "push", "samples/digits", "default/stepped:1");
  await souk.cli("model", "push", sampleWith(souk, "stepped-next", "NOTES.md", "Two\n"), "default/stepped:2");
  for (const name of ["ramp", "ramped"]) {
    await souk.cli("deploy", "default/stepped:1", "--name", name);
    await souk.cli("deploy", "default/stepped:2", "--name", name, "--canary", "5:1h,50", "--check", "error_rate<=1%", "--check", "p99<=2x");
  }
  await souk.api("POST", "/api/v1/namespaces/default/deployments/ramped/rollouts/latest:abort");
  await souk.api("POST", "/api/v1/namespaces/default/webhooks", { name: "ci", url: "http://127.0.0.1:9/", events: ["alias.*"] });
  await souk.api("POST", "/api/v1/teams", { name: "crew" });
  await souk.api("POST", "/api/v1/namespaces/default/service_accounts", { name: "robot", role: "READER" });
  await souk.api("POST", "/api/v1/api_keys", { name: "robot", service_account: "default/robot", role: "READER" });
  await souk.cli("backup", join(souk.folder, "backups"), "--data", join(souk.folder, "data"));
}

export const images = join(root, "docs/images");
