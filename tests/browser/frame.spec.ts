// SPDX-License-Identifier: Apache-2.0
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, filter, live, palette, sampleWith, Souk, test, visit } from "./souk.ts";

const views = {
  models: "/models",
  model: "/models/default/digits",
  versions: "/models/default/digits/versions",
  files: "/models/default/digits/files?file=README.md",
  use: "/models/default/digits/use",
  lineage: "/models/default/digits/lineage",
  search: "/search?q=digits",
  experiments: "/experiments",
  experiment: "/experiments/default/seen",
  curves: "/experiments/default/seen/curves",
  parallel: "/experiments/default/seen/parallel",
  comparedRuns: "/experiments/default/seen/compare?pick=",
  run: "/experiments/default/seen/runs/try-0",
  deployments: "/deployments",
  deployment: "/deployments/default/digits",
  rollout: "/deployments/default/ramp?step=1",
  rolledOut: "/deployments/default/ramped?rollout=1",
  anotherVersion: "/deployments/default/digits?show=deploy",
  playground: "/playground/default/digits",
  numbers: "/playground/default/digits?input=numbers",
  json: "/playground/default/digits?input=json",
  image: "/playground/default/digits?input=image",
  narrowed: "/models?task=CLASSIFICATION&state=LIVE",
  graph: "/models/default/digits/files?file=digits.onnx",
  compare: "/models/default/digits/compare?versions=1,2&facts=all&file=NOTES.md",
  reference: "/reference?call=deploy",
  errors: "/errors",
  operations: "/operations",
  queues: "/queues",
  queue: "/queues/imports",
  catalogue: "/catalogue",
  servers: "/catalogue?of=servers",
  transfers: "/transfers?namespace=default",
  webhooks: "/webhooks",
  newWebhook: "/webhooks?show=new",
  webhook: "/webhooks/default/ci",
  users: "/access/users",
  user: "/access/users?user=admin",
  teams: "/access/teams?team=crew",
  accounts: "/access/accounts",
  grants: "/access/grants?namespace=default",
  keys: "/access/keys",
  newKey: "/access/keys?show=new",
  sessions: "/access/sessions",
  audit: "/access/audit",
  modelAccess: "/models/default/digits/access",
  deploymentAccess: "/deployments/default/digits?show=access",
  settings: "/settings?set=all",
  gone: "/models/default/nothing",
};

/** What does not depend on colour is the same in both themes and looked at in one. */
async function clean(page: Page, what: string, all: boolean): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (all ? axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]) : axe.withRules(["color-contrast", "link-in-text-block"])).analyze();
  expect(violations.map((violation) => `${what}: ${violation.id} at ${violation.nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual([]);
}

test.beforeAll(async ({ souk }) => {
  await souk.cli("model", "push", sampleWith(souk, "digits-next", "NOTES.md", "Two\nlines.\n"), "default/digits:2");
  const experiments = "/api/v1/namespaces/default/experiments";
  await souk.api("POST", experiments, { name: "seen", tags: { team: "crew" } });
  for (const [i, lr] of [0.1, 0.01].entries()) {
    const { id } = await souk.api<{ id: number }>("POST", `${experiments}/seen/runs`, { name: `try-${i}` });
    views.comparedRuns += `${id},`;
    const artifacts = [{ kind: "DATASET", name: "meters", source: "s3://data/meters" }];
    await souk.api("POST", `${experiments}/seen/runs/${id}:log`, { parameters: { lr, optimizer: "adam" }, artifacts, metrics: [1, 2, 3].flatMap((step) => [{ name: "loss", value: lr / step, step }, { name: "accuracy", value: 1 - lr / step, step }]) });
  }
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
});

/** In both themes, and as wide as a phone: each page is loaded once. */
async function inspect(page: Page, name: string): Promise<void> {
  await clean(page, name, true);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await clean(page, `${name}, dark`, false);
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(390);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

const parts = 4;
for (let part = 0; part < parts; part++) {
  test(`every page is accessible in both themes, and no wider than a phone, ${part + 1} of ${parts}`, async ({ page, souk }) => {
    test.setTimeout(600_000);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    for (const [i, [name, path]] of Object.entries(views).entries()) {
      if (i % parts !== part) continue;
      await visit(page, souk.url + path);
      await page.locator("main h1").first().waitFor();
      await inspect(page, name);
    }
  });
}

test("what lies over a page is accessible, and a phone has its navigation", async ({ page, souk }) => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await visit(page, `${souk.url}/models`);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search or run a command" })).toBeFocused();
  await inspect(page, "palette");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.getByRole("button", { name: "New model" }).click();
  await page.getByRole("dialog").waitFor();
  await inspect(page, "upload");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Open navigation" }).click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /Deployments/ }).click();
  await expect(page).toHaveURL(/\/deployments$/);
});

test("the theme is kept", async ({ page, souk }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await visit(page, `${souk.url}/models`);
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("the palette goes to things, does things and finds calls; the answer to each is a page with an address", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await palette(page, "deploy digits", /Deploy digits/);
  await expect(page).toHaveURL(/\/models\/default\/digits\?show=deploy/);
  await expect(page.getByRole("dialog", { name: "Deploy a model" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/models\/default\/digits$/);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await palette(page, "point an alias", /Point an alias at a version/);
  await expect(page).toHaveURL(/\/reference\?call=/);
  await expect(page.getByRole("heading", { name: "Point an alias at a version" })).toBeVisible();
});

test("a call of the reference is found, filled in by the address and sent", async ({ page, souk }) => {
  await visit(page, `${souk.url}/reference`);
  await filter(page, "Search the calls", "alias");
  await page.getByRole("link", { name: /Aliases of a model/ }).click();
  await expect(page).toHaveURL(/call=/);
  const form = page.getByRole("region", { name: "Try it" });
  await expect(form.getByText("Fill in model first.")).toBeVisible();
  await form.getByLabel("model", { exact: true }).fill("digits");
  await expect(page).toHaveURL(/with=model%3Ddigits/);
  await page.reload();
  await expect(form.getByLabel("model", { exact: true })).toHaveValue("digits");
  await form.getByRole("button", { name: "Send GET" }).click();
  await expect(form).toContainText("Answer 200");
  await expect(form).toContainText("champion");
  await form.getByLabel("model", { exact: true }).fill("nothing");
  await form.getByRole("button", { name: "Send GET" }).click();
  await expect(form).toContainText("Answer 404");
  await page.getByRole("link", { name: "What errors mean" }).click();
  await expect(page.getByRole("row", { name: /FAILED_PRECONDITION/ })).toContainText("412");
});

test("the namespaces of the server can be chosen", async ({ page, souk }) => {
  await souk.api("POST", "/api/v1/namespaces", { slug: "speech" });
  await visit(page, `${souk.url}/models`);
  await page.getByRole("button", { name: "Namespace: all" }).click();
  await page.getByRole("menuitemradio", { name: /speech/ }).click();
  await expect(page).toHaveURL(/namespace=speech/);
  await expect(page.getByText(/Push a model/)).toBeVisible();
});

test("an empty registry teaches, and fills by itself", async ({ page }) => {
  const souk = await Souk.start();
  try {
    await page.goto(souk.url);
    await expect(page.getByRole("heading", { name: /Push a model/ })).toBeVisible();
    await expect(page.getByText("souk model push samples/digits default/digits:1")).toBeVisible();
    await live(page);
    await souk.cli("model", "push", "samples/digits", "default/digits:1");
    await expect(page.getByRole("row", { name: /digits/ })).toContainText("Not deployed");
  } finally {
    await souk.stop();
  }
});

test("a server that goes is said, what is shown stays, and it comes back by itself", async ({ page }) => {
  let souk = await Souk.start();
  await souk.cli("model", "push", "samples/digits", "default/digits:1");
  await visit(page, `${souk.url}/models`);
  await expect(page.getByRole("row", { name: /digits/ })).toBeVisible();
  await souk.stop(true);
  await expect(page.getByRole("alert")).toContainText("souk does not answer");
  await expect(page.getByRole("row", { name: /digits/ })).toBeVisible();
  souk = await Souk.start({ dev: true, folder: souk.folder, listen: new URL(souk.url).host });
  try {
    await live(page);
    await expect(page.getByRole("alert")).toHaveCount(0);
    await souk.api("POST", "/api/v1/namespaces/default/models", { name: "after" });
    await expect(page.getByRole("row", { name: /after/ })).toBeVisible();
  } finally {
    await souk.stop();
  }
});

test("without dev mode a key is asked for, kept for the tab, and taken back", async ({ page }) => {
  const souk = await Souk.start({ dev: false });
  try {
    await page.goto(`${souk.url}/models`);
    await page.getByRole("button", { name: "Use an API key" }).click();
    const key = page.getByLabel("API key");
    await key.fill("souk_wrong");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(key).toHaveAttribute("aria-invalid", "true");
    await key.fill(adminKey(souk));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { name: /Push a model/ })).toBeVisible();
    await live(page);
    await page.reload();
    await expect(page.getByRole("heading", { name: /Push a model/ })).toBeVisible();
    await live(page);
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  } finally {
    await souk.stop();
  }
});

/** The first start writes a key to a file in the data folder. */
function adminKey(souk: Souk): string {
  const folder = join(souk.folder, "data");
  for (const name of readdirSync(folder)) {
    if (!/key/.test(name)) continue;
    const found = /souk_[\w-]+/.exec(readFileSync(join(folder, name), "utf8"));
    if (found) return found[0];
  }
  throw new Error(`no key file in ${folder}: ${souk.log()}`);
}
