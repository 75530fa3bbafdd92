// SPDX-License-Identifier: Apache-2.0
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, live, setUpLink, Souk, test, visit } from "./souk.ts";

async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
    expect(violations.map(({ id, nodes }) => `${id} at ${nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual([]);
  }
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("an administrator invites, ends sessions, reads the audit log and changes the password", async ({ page, browser }) => {
  test.setTimeout(300_000);
  const souk = await Souk.start({ dev: false });
  try {
    await page.goto(await setUpLink(souk));
    await expect(page.getByRole("heading", { name: "Set up souk" })).toBeVisible();
    await page.getByLabel("Name", { exact: true }).fill("chief");
    await page.getByLabel("Password", { exact: true }).fill("a long and quiet sentence");
    await page.getByLabel("Password again").fill("a long and quiet sentence");
    await page.getByRole("button", { name: "Save and sign in" }).click();
    await expect(page.getByRole("heading", { name: /Push a model/ })).toBeVisible();
    await live(page);

    // By a cookie: a change carries the session's token.
    await visit(page, `${souk.url}/access/users?show=new`);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("anna");
    await dialog.getByRole("button", { name: "Create" }).click();
    await dialog.getByRole("button", { name: "Link that sets a password" }).click();
    await expect(dialog).toContainText("not shown again");
    const invited = new URL((await dialog.locator("pre").first().textContent())!.trim());
    await dialog.getByRole("button", { name: "I have it" }).click();

    const other = await (await browser.newContext()).newPage();
    await other.goto(souk.url + invited.pathname + invited.hash);
    await expect(other.getByRole("heading", { name: "Set your password" })).toBeVisible();
    await other.getByLabel("Password", { exact: true }).fill("another long sentence");
    await other.getByLabel("Password again").fill("another long sentence");
    await other.getByRole("button", { name: "Save and sign in" }).click();
    await live(other);
    await other.goto(souk.url + invited.pathname + invited.hash);
    await expect(other.getByRole("heading", { name: "This link does not work" })).toBeVisible();

    // The administrator ends anna's session; her page asks her to sign in again.
    await visit(page, `${souk.url}/access/sessions?user=anna`);
    await expect(page.getByRole("table", { name: "Sessions" }).getByRole("row")).toHaveCount(2);
    await page.getByRole("button", { name: "End all" }).click();
    await expect(page.getByText("anna is signed in nowhere.")).toBeVisible();
    await other.goto(`${souk.url}/models`);
    await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await signIn(other, "anna", "not her sentence");
    await expect(other.getByLabel("Password", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await other.context().close();

    await visit(page, `${souk.url}/access/audit?outcome=REFUSED`);
    await expect(page.getByRole("table", { name: "Audit log" }).getByRole("row").nth(1)).toBeVisible({ timeout: 60_000 });
    await visit(page, `${souk.url}/access/audit?q=user.created`);
    await page.getByRole("row", { name: /user\.created/ }).first().click();
    await expect(page).toHaveURL(/event=\d+/);
    await expect(dialog).toContainText("chief");
    await accessible(page);
    await page.keyboard.press("Escape");

    await visit(page, `${souk.url}/access/sessions?show=password`);
    await dialog.getByLabel("Password now").fill("a long and quiet sentence");
    await dialog.getByLabel("New password").fill("a longer and louder sentence");
    await dialog.getByLabel("The same again").fill("a longer and louder sentence");
    await dialog.getByRole("button", { name: "Change", exact: true }).click();
    await expect(dialog).toHaveCount(0);
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await signIn(page, "chief", "a longer and louder sentence");
    await expect(page.getByRole("heading", { name: "Sign in" })).toHaveCount(0);
    await live(page);
  } finally {
    await souk.stop();
  }
});
