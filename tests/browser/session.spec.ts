// SPDX-License-Identifier: Apache-2.0
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, live, setUpLink, Souk, test, visit } from "./souk.ts";

const password = "correct horse battery";

async function clean(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  expect(violations.map((violation) => `${violation.id} at ${violation.nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual([]);
}

async function setUp(page: Page, souk: Souk): Promise<void> {
  await page.goto(await setUpLink(souk));
  await page.getByRole("textbox", { name: "Name" }).fill("chief");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("Password again").fill(password);
  await page.getByRole("button", { name: "Save and sign in" }).click();
  await expect(page.getByRole("heading", { name: /Push a model/ })).toBeVisible();
}

test("the printed link sets the first administrator up, once; signing out and in again works", async ({ page }) => {
  test.setTimeout(300_000);
  const souk = await Souk.start({ dev: false });
  try {
    const link = await setUpLink(souk);
    await page.goto(link);
    await expect(page.getByRole("heading", { name: "Set up souk" })).toBeVisible();
    await clean(page);
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByLabel("Password again").fill("shor");
    await expect(page.getByText("The two differ.")).toBeVisible();
    await page.getByLabel("Password again").fill("short");
    await page.getByRole("button", { name: "Save and sign in" }).click();
    await expect(page.getByText(/needs at least 10 characters/)).toBeVisible();
    await setUp(page, souk);
    await expect(page).not.toHaveURL(/#/);
    await live(page);

    const cookie = (await page.context().cookies()).find((one) => one.name === "souk_session");
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    expect(await page.evaluate(() => document.cookie)).toBe("");

    // A change goes through by the cookie and its token; a reload keeps the session.
    await page.reload();
    await live(page);
    await page.getByRole("button", { name: /^Account/ }).click();
    await expect(page.getByRole("menu")).toContainText("chief");
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await clean(page);
    await expect.poll(async () => (await page.context().cookies()).some((one) => one.name === "souk_session")).toBe(false);

    await page.getByRole("textbox", { name: "Name" }).fill("chief");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByText("the name or the password is wrong")).toBeVisible();
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { name: /Push a model/ })).toBeVisible();

    await page.goto("about:blank");
    await page.goto(link);
    await expect(page.getByRole("heading", { name: "This link does not work" })).toBeVisible();
  } finally {
    await souk.stop();
  }
});

test("a signed-in page pushes a model by the cookie, and another tab's sign-in does not stop it", async ({ page, context }) => {
  test.setTimeout(300_000);
  const souk = await Souk.start({ dev: false });
  try {
    await setUp(page, souk);
    await live(page);
    const made = (name: string) =>
      page.evaluate(async (model) => {
        const session = (await (await fetch("/api/v1/session")).json()) as { csrf_token: string };
        const send = (headers: Record<string, string>) => fetch("/api/v1/namespaces/default/models", { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify({ name: model }) });
        return [(await send({})).status, (await send({ "X-Souk-CSRF": session.csrf_token })).status];
      }, name);
    expect(await made("first")).toEqual([403, 201]);
    await expect(page.getByRole("row", { name: /first/ })).toBeVisible();
    const other = await context.newPage();
    await visit(other, `${souk.url}/models`);
    await expect(other.getByRole("row", { name: /first/ })).toBeVisible();
    expect(await made("second")).toEqual([403, 201]);
    await expect(other.getByRole("row", { name: /second/ })).toBeVisible();
  } finally {
    await souk.stop();
  }
});
