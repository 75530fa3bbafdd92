// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, root, test, visit } from "./souk.ts";

test("a namespace is exported, downloaded, and taken in elsewhere; twice changes nothing", async ({ page, souk }) => {
  await visit(page, `${souk.url}/transfers?namespace=default`);
  const exports = page.getByRole("region", { name: "Exports" });
  await exports.getByRole("button", { name: "Export default" }).click();
  await expect(exports.getByRole("listitem").first()).toContainText("Succeeded");
  const downloading = page.waitForEvent("download");
  await exports.getByRole("link", { name: "Download" }).first().click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("default.souk.tar.zst");
  const archive = join(souk.folder, "default.souk.tar.zst");
  await download.saveAs(archive);

  await souk.api("POST", "/api/v1/namespaces", { slug: "copy" });
  await page.getByRole("button", { name: "Namespace: default" }).click();
  await page.getByRole("menuitemradio", { name: "copy" }).click();
  await expect(page).toHaveURL(/namespace=copy/);
  const imports = page.getByRole("region", { name: "Imports" });
  await imports.getByLabel("Archive").setInputFiles(archive);
  const first = imports.getByRole("listitem").first();
  await expect(first).toContainText("Succeeded");
  await expect(first).toContainText(/objects? made/);
  await expect(first).toContainText("of default");
  await imports.getByLabel("Archive").setInputFiles(archive);
  await expect(imports.getByRole("listitem")).toHaveCount(2);
  await expect(first).toContainText("the same already");
  await page.goto(`${souk.url}/models/copy/digits`);
  await expect(page.getByRole("heading", { level: 1, name: "digits" })).toBeVisible();
});

test("what is no archive is refused in the server's words", async ({ page, souk }) => {
  await visit(page, `${souk.url}/transfers?namespace=default`);
  const imports = page.getByRole("region", { name: "Imports" });
  await imports.getByLabel("Archive").setInputFiles({ name: "nothing.tar.zst", mimeType: "application/octet-stream", buffer: Buffer.from("not an archive") });
  await expect(imports.getByRole("listitem").first()).toContainText("Failed");
  await expect(imports.getByRole("listitem").first().locator(".text-bad").last()).not.toBeEmpty();
});

test("what is under way is cancelled, and says so", async ({ page, souk }) => {
  const bulky = join(souk.folder, "bulky");
  mkdirSync(bulky);
  cpSync(join(root, "samples/digits"), bulky, { recursive: true });
  writeFileSync(join(bulky, "noise.bin"), randomBytes(16 << 20)); // does not compress, so an archive takes a while
  await souk.api("POST", "/api/v1/namespaces", { slug: "many" });
  await souk.cli("model", "push", bulky, "many/digits:1");
  await visit(page, `${souk.url}/transfers?namespace=many`);
  const jobs = page.getByRole("region", { name: "Exports" }).getByRole("listitem");
  await expect(async () => {
    // One is done at a time: the last of them waits for the others.
    for (let i = 0; i < 3; i++) await souk.api("POST", "/api/v1/namespaces/many/exports", {});
    await jobs.first().getByRole("button", { name: "Cancel" }).click({ timeout: 5_000 });
    await expect(jobs.filter({ hasText: "Cancelled" }).first()).toBeVisible({ timeout: 30_000 });
  }).toPass({ timeout: 150_000 });
  await expect(jobs.filter({ hasText: "Cancelled" }).first().getByRole("link", { name: "Download" })).toHaveCount(0);
});
