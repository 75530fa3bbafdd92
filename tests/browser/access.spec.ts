// SPDX-License-Identifier: Apache-2.0
import { expect, test, undo, visit } from "./souk.ts";

test("a user is made, given a role, disabled and let in again; the list follows others too", async ({ page, souk }, info) => {
  const name = `anna-${info.repeatEachIndex}`;
  await visit(page, `${souk.url}/access/users`);
  await page.getByRole("button", { name: "New user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Not A Name");
  await expect(dialog.getByRole("button", { name: "Create" })).toBeDisabled();
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Shown as").fill("Anna Author");
  await dialog.getByRole("button", { name: "Create" }).click();
  // The new user's own dialog opens by itself, for the link that sets the password; until then the row can be seen.
  await expect(page).toHaveURL(new RegExp(`user=${name}`));
  await expect(page.getByRole("dialog", { name })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  const row = page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toContainText("Anna Author");
  await expect(row).toContainText("own namespace");

  await row.click();
  await expect(page).toHaveURL(new RegExp(`user=${name}`));
  await dialog.getByRole("button", { name: /^On the whole server/ }).click();
  await page.getByRole("menuitemradio", { name: /Reader/ }).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row).toContainText("Reader");

  await row.click();
  await dialog.getByRole("button", { name: "Disable" }).click();
  const back = await undo(page);
  await expect(row).toContainText("Disabled");
  await back.click();
  await expect(row).toContainText("Active");

  await souk.api("POST", "/api/v1/users", { name: `by-api-${info.repeatEachIndex}` });
  await expect(page.getByRole("row", { name: new RegExp(`by-api-${info.repeatEachIndex}`) })).toBeVisible();
  await page.getByLabel("Filter users").fill("nobody-such");
  await expect(page).toHaveURL(/q=nobody-such/);
  await expect(page.getByText("No user is called")).toBeVisible();
});

test("a user that is taken already is refused in the server's words, and what was typed stays", async ({ page, souk }) => {
  await visit(page, `${souk.url}/access/users?show=new`);
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("admin");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByRole("alert")).toContainText("admin");
  await expect(dialog.getByLabel("Name", { exact: true })).toHaveValue("admin");
});

test("a team gets members, and a namespace is shared with it and taken back", async ({ page, souk }) => {
  await souk.api("POST", "/api/v1/users", { name: "boris" });
  await visit(page, `${souk.url}/access/teams?show=new`);
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("vision");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page).toHaveURL(/team=vision/);
  await dialog.getByLabel("Add a member").fill("nobody-such");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("nobody-such");
  await dialog.getByLabel("Add a member").fill("boris");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  const members = dialog.getByRole("list", { name: "Members" });
  await expect(members.getByRole("listitem").filter({ hasText: "boris" })).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).click();

  await visit(page, `${souk.url}/access/grants?namespace=default&show=share`);
  await dialog.getByLabel("Who", { exact: true }).fill("vision");
  await dialog.getByRole("button", { name: /^Role/ }).click();
  await page.getByRole("menuitemradio", { name: /Writer/ }).click();
  await dialog.getByRole("button", { name: "Share" }).click();
  const granted = page.getByRole("region", { name: "Granted here" });
  await expect(granted.getByRole("row", { name: /vision/ })).toContainText("Writer");
  const why = page.getByRole("region", { name: "Who may" }).getByRole("row", { name: /boris/ });
  await expect(why).toContainText("the team vision");
  await granted.getByRole("button", { name: "Take back writer from vision" }).click();
  const back = await undo(page);
  await expect(granted.getByRole("row", { name: /vision/ })).toHaveCount(0);
  await expect(why).toHaveCount(0);
  await back.click();
  await expect(granted.getByRole("row", { name: /vision/ })).toBeVisible();
});

test("a model says who can see it; a deployment who may ask it", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models/default/digits`);
  await page.getByRole("navigation", { name: "Parts of the model" }).getByRole("link", { name: "Access" }).click();
  await expect(page).toHaveURL(/digits\/access$/);
  await expect(page.getByRole("region", { name: "Who may" }).getByRole("row", { name: /admin/ })).toContainText("everywhere");
  await page.getByRole("button", { name: "Share" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Everyone with a key" }).click();
  await dialog.getByRole("button", { name: "Share" }).click();
  await expect(page.getByRole("region", { name: "Who may" }).getByRole("row", { name: /everyone/ })).toContainText("Reader");

  await visit(page, `${souk.url}/deployments/default/digits?show=access`);
  await expect(dialog.getByRole("region", { name: "Who may" }).getByRole("row", { name: /admin/ })).toBeVisible();
});

test("a key is made and shown once, works, is replaced and revoked", async ({ page, souk }) => {
  await souk.api("POST", "/api/v1/namespaces/default/service_accounts", { name: "trainer", role: "WRITER" });
  await visit(page, `${souk.url}/access/accounts`);
  await page.getByRole("button", { name: "Actions on default/trainer" }).click();
  await page.getByRole("menuitem", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("default/trainer");
  await dialog.getByLabel("Name", { exact: true }).fill("nightly");
  await dialog.getByRole("button", { name: "Only chosen actions" }).click();
  await dialog.getByLabel("Ask models").check();
  await dialog.getByRole("button", { name: /^On: / }).click();
  await page.getByRole("menuitemradio", { name: "a deployment" }).click();
  await dialog.getByLabel("Which").fill("default/digits");
  await dialog.getByRole("button", { name: "Make the key" }).click();
  await expect(dialog).toContainText("not shown again");
  const key = (await dialog.locator("pre").first().textContent())!.trim();
  const asked = (secret: string) => fetch(`${souk.url}/v2/models/digits`, { headers: { Authorization: `Bearer ${secret}` } }).then((answer) => answer.status);
  await expect.poll(() => asked(key)).toBe(200);
  await dialog.getByRole("button", { name: "I have it" }).click();
  const row = page.getByRole("row", { name: /nightly/ }).first();
  await expect(row).toContainText("Read, Ask models on default/digits");

  await row.getByRole("button", { name: "Actions on nightly" }).click();
  await page.getByRole("menuitem", { name: "Replace its secret" }).click();
  await dialog.getByRole("button", { name: "Replace", exact: true }).click();
  await expect(dialog).toContainText("not shown again");
  const next = (await dialog.locator("pre").first().textContent())!.trim();
  expect(next).not.toBe(key);
  await dialog.getByRole("button", { name: "I have it" }).click();

  await page.getByRole("row", { name: new RegExp(next.slice(0, 11)) }).getByRole("button", { name: /^Actions/ }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await dialog.getByRole("button", { name: "Revoke key" }).click();
  await expect(page.getByRole("row", { name: new RegExp(next.slice(0, 11)) })).toContainText("Revoked");
  await expect.poll(() => asked(next)).toBe(401);
});
