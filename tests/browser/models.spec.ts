// SPDX-License-Identifier: Apache-2.0
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, live, root, test } from "./souk.ts";

test("the list answers what there is and where it runs", async ({ page, souk }) => {
  await page.goto(souk.url);
  await expect(page).toHaveURL(/\/models$/);
  const row = page.getByRole("row", { name: /digits/ }).first();
  await expect(row).toContainText("v1");
  await expect(row).toContainText("champion");
  await expect(row).toContainText("Serving");
  await expect(row).toContainText("Classification");
  await expect(page).toHaveTitle("Models · souk");
});

test("the filter lives in the address, and back works", async ({ page, souk }) => {
  await page.goto(`${souk.url}/models`);
  await page.getByRole("row", { name: /digits/ }).first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("no such thing");
  await expect(page.getByText(/No model has/)).toBeVisible();
  await expect(page).toHaveURL(/q=no\+such\+thing/);
  await page.reload();
  await expect(page.getByText(/No model has/)).toBeVisible();
  await page.getByRole("button", { name: /Drop the text/ }).click();
  await expect(page.getByRole("row", { name: /digits/ }).first()).toBeVisible();
});

test("the keyboard is enough to get from the list to the model and around", async ({ page, souk }) => {
  await page.goto(`${souk.url}/models?q=digits`);
  await page.getByRole("row", { name: /digits/ }).first().waitFor();
  await page.keyboard.press("j");
  await expect(page.locator("[data-row]:focus")).toContainText("digits");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/models\/default\/digits/);
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await expect(page).toHaveURL(/\/deployments$/);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("try digits");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/playground\/default\/digits/);
});

test("the model page shows version, digest, signature, card and who uses it", async ({ page, souk }) => {
  await page.goto(`${souk.url}/models/default/digits`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("digits");
  const signature = page.getByRole("region", { name: "Signature" });
  await expect(signature).toContainText("pixels");
  await expect(signature).toContainText("[batch, 1, 16, 16]");
  await expect(signature).toContainText("probabilities");
  await expect(page.getByRole("region", { name: "Model card" })).toContainText("What it takes and gives");
  const rail = page.getByRole("complementary");
  await expect(rail).toContainText(/sha256:[0-9a-f]{9}…[0-9a-f]{6}/);
  await expect(rail).toContainText("ONNX");
  await expect(rail).toContainText("Sealed");
  await expect(rail).toContainText("Serving");
  await expect(rail).toContainText("souk model pull default/digits:1");
});

test("files are listed and looked into", async ({ page, souk }) => {
  await page.goto(`${souk.url}/models/default/digits`);
  await page.getByRole("link", { name: /^Files/ }).click();
  await page.getByRole("row", { name: /souk\.yaml/ }).click();
  await expect(page).toHaveURL(/file=souk\.yaml/);
  await expect(page.locator("pre")).toContainText("task: CLASSIFICATION");
  await page.getByRole("row", { name: /images\/7\.png/ }).click();
  await expect(page.getByRole("img", { name: "images/7.png" })).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download labels.txt" }).click();
  expect((await download).suggestedFilename()).toBe("labels.txt");
});

test("what the command line changes is seen at once, and an alias moves by menu and back", async ({ page, souk }) => {
  await page.goto(`${souk.url}/models/default/digits/versions`);
  await live(page);
  const folder = join(souk.folder, "digits-2");
  cpSync(join(root, "samples/digits"), folder, { recursive: true });
  writeFileSync(join(folder, "NOTES.md"), "The second version.\n");
  await souk.cli("model", "push", folder, "default/digits:2");
  await expect(page.getByRole("row", { name: /^v2/ })).toBeVisible();

  await page.getByRole("button", { name: "Actions on v2" }).click();
  await page.getByRole("menuitem", { name: /^champion/ }).click();
  await expect(page.getByRole("row", { name: /^v2/ })).toContainText("champion");
  await expect(page.getByRole("row", { name: /^v1/ })).not.toContainText("champion");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("row", { name: /^v1/ })).toContainText("champion");
  const { aliases } = await souk.api<{ aliases: { name: string; version: number }[] }>("GET", "/api/v1/namespaces/default/models/digits/aliases");
  expect(aliases.find((alias) => alias.name === "champion")?.version).toBe(1);
});

test("what is not there says so", async ({ page, souk }) => {
  await page.goto(`${souk.url}/models/default/nothing`);
  await expect(page.getByRole("heading", { name: /is not here/ })).toBeVisible();
  await page.goto(`${souk.url}/models/default/a.model.with.dots`);
  await expect(page.getByRole("heading", { name: /is not here/ })).toBeVisible();
  await page.goto(`${souk.url}/no/such/page`);
  await expect(page.getByRole("heading", { name: /No page has this address/ })).toBeVisible();
});

test("names that are markup, right to left or long are only text", async ({ page, souk }) => {
  const names = [`<img src=x onerror="document.title='owned'">`, "שלום עולם", "🜚".repeat(62)];
  for (const [i, name] of names.entries()) await souk.api("POST", "/api/v1/namespaces/default/models", { name, slug: `odd-${i}`, description: name, readme: `# ${name}\n\n<script>document.title="owned"</script>` });
  await page.goto(`${souk.url}/models?q=odd-`);
  await expect(page.getByText(names[0]!, { exact: true }).first()).toBeVisible();
  for (const i of [0, 1, 2]) {
    await page.goto(`${souk.url}/models/default/odd-${i}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  }
  await expect(page).not.toHaveTitle("owned");
  for (const i of [0, 1, 2]) await souk.api("DELETE", `/api/v1/namespaces/default/models/odd-${i}`);
});
