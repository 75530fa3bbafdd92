// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong around a page: sessions that end, servers that go, networks that are slow, files that are nothing.
import { expect, live, setUpLink, Souk, test, visit } from "./souk.ts";

const password = "correct horse battery";

test("a session that ends in the middle of a form asks for a sign-in, and keeps what was typed", async ({ page }) => {
  const souk = await Souk.start({ dev: false });
  try {
    await page.goto(await setUpLink(souk));
    await page.getByRole("textbox", { name: "Name" }).fill("chief");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByLabel("Password again").fill(password);
    await page.getByRole("button", { name: "Save and sign in" }).click();
    await expect(page.getByRole("heading", { name: /Push a model/ })).toBeVisible();
    await visit(page, `${souk.url}/experiments?show=new`);
    const form = page.getByRole("dialog", { name: "New experiment" });
    await form.getByLabel("Name", { exact: true }).fill("typed-before");
    await page.context().clearCookies();
    await form.getByRole("button", { name: "Create" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await page.getByRole("dialog", { name: "Sign in" }).getByRole("textbox", { name: "Name" }).fill("chief");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toHaveCount(0);
    await expect(form.getByLabel("Name", { exact: true })).toHaveValue("typed-before");
    await form.getByRole("button", { name: "Create" }).click();
    await expect(page).toHaveURL(/\/experiments\/chief\/typed-before/);
  } finally {
    await souk.stop();
  }
});

test("a server that goes while one types keeps the form; slow answers show bones, and then what is", async ({ page }) => {
  let souk = await Souk.start();
  await visit(page, `${souk.url}/experiments?show=new`);
  const form = page.getByRole("dialog", { name: "New experiment" });
  await form.getByLabel("Name", { exact: true }).fill("survivor");
  await souk.stop(true);
  await form.getByRole("button", { name: "Create" }).click();
  await expect(form.getByRole("alert")).toContainText("souk does not answer");
  await expect(form.getByLabel("Name", { exact: true })).toHaveValue("survivor");
  souk = await Souk.start({ dev: true, folder: souk.folder, listen: new URL(souk.url).host });
  try {
    await form.getByRole("button", { name: "Create" }).click();
    await expect(page).toHaveURL(/\/experiments\/default\/survivor/);
    await page.route("**/api/v1/namespaces/default/experiments/survivor", async (route) => {
      await new Promise((late) => setTimeout(late, 2000));
      await route.continue();
    });
    await page.reload();
    await expect(page.getByRole("status", { name: "Loading" })).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name: "survivor" })).toBeVisible();
  } finally {
    await souk.stop();
  }
});

test("over a slow line every page comes, what is shown stays, and what is typed is sent once", async ({ page }) => {
  const souk = await Souk.start(); // of its own: nothing else makes an experiment here
  try {
    await souk.cli("model", "push", "samples/digits", "default/digits:1");
    const line = await page.context().newCDPSession(page);
    await line.send("Network.enable");
    await line.send("Network.emulateNetworkConditions", { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 20_000 });
    await page.goto(`${souk.url}/models`, { waitUntil: "commit" });
    await expect(page.locator(".shell-mark, nav[aria-label=Main]").first()).toBeVisible(); // the frame, before the page's code
    await live(page);
    await expect(page.getByRole("row", { name: /digits/ })).toBeVisible();
    await page.getByRole("row", { name: /digits/ }).getByRole("link").first().click();
    await expect(page).toHaveURL(/\/models\/default\/digits/);
    await expect(page.locator("main")).not.toBeEmpty(); // the list, bones or the model: never nothing
    await expect(page.getByRole("region", { name: "Signature" })).toBeVisible();
    await visit(page, `${souk.url}/experiments?show=new`);
    const form = page.getByRole("dialog", { name: "New experiment" });
    await form.getByLabel("Name", { exact: true }).fill("patience");
    let sent = 0;
    page.on("request", (request) => (sent += request.method() === "POST" ? 1 : 0));
    const create = form.getByRole("button", { name: "Create" });
    await create.dblclick();
    await expect(page).toHaveURL(/\/experiments\/default\/patience/);
    await expect(page.getByRole("heading", { level: 1, name: "patience" })).toBeVisible();
    expect(sent).toBe(1);
  } finally {
    await souk.stop();
  }
});

test("two tabs show one truth; a file of no bytes is refused in words", async ({ page, context, souk }) => {
  await visit(page, `${souk.url}/models/default/digits/versions`);
  const other = await context.newPage();
  await visit(other, `${souk.url}/models/default/digits/versions`);
  await souk.api("PUT", "/api/v1/namespaces/default/models/digits/aliases/both", { version: 1 });
  for (const tab of [page, other]) await expect(tab.getByText("both", { exact: true }).first()).toBeVisible();
  await other.close();
  await page.goto(`${souk.url}/models?show=upload`);
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[type=file]").first().setInputFiles({ name: "empty.onnx", mimeType: "application/octet-stream", buffer: Buffer.alloc(0) });
  await dialog.getByLabel("Model", { exact: true }).fill("empty");
  await dialog.getByRole("button", { name: /^Push/ }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
});
