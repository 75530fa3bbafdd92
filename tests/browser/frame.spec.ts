// SPDX-License-Identifier: Apache-2.0
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fill, views } from "./pages.ts";
import { expect, filter, live, palette, Souk, test, visit } from "./souk.ts";

/** What does not depend on colour is the same in both themes and looked at in one. */
async function clean(page: Page, what: string, all: boolean): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (all ? axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]) : axe.withRules(["color-contrast", "link-in-text-block"])).analyze();
  expect(violations.map((violation) => `${what}: ${violation.id} at ${violation.nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual([]);
}

test.beforeAll(({ souk }) => fill(souk));

/** In both themes, and as wide as a phone: each page is loaded once. */
async function inspect(page: Page, name: string): Promise<void> {
  await clean(page, name, true);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await clean(page, `${name}, dark`, false);
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(390);
  // A phone shows every column there is, but of tables whose columns are what somebody chose or compares.
  const aside = await page.evaluate(() => [...document.querySelectorAll("main table, [role=dialog] table")].flatMap((table) => {
    const box = table.closest(".overflow-x-auto");
    return box && box.scrollWidth > box.clientWidth + 1 ? [table.getAttribute("aria-label") ?? table.textContent!.slice(0, 40)] : [];
  }));
  expect(aside.filter((label) => !chosenColumns.has(label)), `${name}: columns out of sight on a phone`).toEqual([]);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}
const chosenColumns = new Set(["Compared versions", "Compared runs", "Runs"]);

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

test("the sample comes in one click, and is the version that the command pushes", async ({ page }) => {
  const souk = await Souk.start();
  try {
    await visit(page, `${souk.url}/models`);
    await page.getByRole("button", { name: "Add the sample" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "digits" })).toBeVisible();
    await expect(page).toHaveURL(/\/models\/default\/digits/);
    await souk.cli("model", "push", "samples/digits", "default/again:1");
    const digest = async (model: string) => (await souk.api<{ digest: string }>("GET", `/api/v1/namespaces/default/models/${model}/versions/1`)).digest;
    expect(await digest("digits")).toBe(await digest("again"));
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
