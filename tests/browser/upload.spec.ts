// SPDX-License-Identifier: Apache-2.0
import type { Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, root, Souk, test, visit } from "./souk.ts";

/** Drops files on an element as a hand does from a file manager. */
async function drop(page: Page, target: string, files: { name: string; bytes: Buffer }[]): Promise<void> {
  const transfer = await page.evaluateHandle(
    (given) => {
      const made = new DataTransfer();
      for (const { name, base64 } of given) made.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name));
      return made;
    },
    files.map(({ name, bytes }) => ({ name, base64: bytes.toString("base64") })),
  );
  for (const type of ["dragenter", "dragover", "drop"]) await page.locator(target).first().dispatchEvent(type, { dataTransfer: transfer });
}

const onnx = readFileSync(join(root, "samples/digits/digits.onnx"));

test("a model file dropped on the page becomes a sealed version", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await page.getByRole("row", { name: /digits/ }).first().waitFor();
  await drop(page, "main", [{ name: "Dropped Digits.onnx", bytes: onnx }]);
  const dialog = page.getByRole("dialog", { name: "New model" });
  await expect(dialog).toContainText("Dropped Digits.onnx");
  await expect(dialog.getByLabel("Model", { exact: true })).toHaveValue("dropped-digits");
  await dialog.getByRole("button", { name: "Push" }).click();
  await expect(page).toHaveURL(/\/models\/default\/dropped-digits/);
  await expect(page.getByRole("region", { name: "Signature" })).toContainText("pixels");

  const { files } = await souk.api<{ files: { path: string; digest: string }[] }>("GET", "/api/v1/namespaces/default/models/dropped-digits/versions/1/files");
  expect(files.map((file) => [file.path, file.digest])).toEqual([["Dropped Digits.onnx", `sha256:${createHash("sha256").update(onnx).digest("hex")}`]]);
});

test("a folder pushed here and by the command line is the same version", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await page.getByRole("button", { name: "New model" }).click();
  await page.locator("input[type=file]").nth(1).setInputFiles(join(root, "samples/digits"));
  await expect(page.getByLabel("Model", { exact: true })).toHaveValue("digits");
  await page.getByLabel("Model", { exact: true }).fill("twin");
  await page.getByRole("button", { name: "Push" }).click();
  await expect(page).toHaveURL(/\/models\/default\/twin/);
  const digest = async (model: string) => (await souk.api<{ digest: string }>("GET", `/api/v1/namespaces/default/models/${model}/versions/1`)).digest;
  expect(await digest("twin")).toBe(await digest("digits"));
});

test("a file that is no model is refused in the server's words, and the form keeps what was typed", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await page.getByRole("button", { name: "New model" }).click();
  await drop(page, "[role=dialog] [data-drop]", [{ name: "broken.onnx", bytes: Buffer.from("this is no model") }]);
  await expect(page.getByLabel("Model", { exact: true })).toHaveValue("broken");
  await page.getByLabel("Model", { exact: true }).fill("kept-name");
  await page.getByRole("button", { name: "Push" }).click();
  await expect(page.getByRole("alert")).toContainText("broken.onnx");
  await expect(page.getByLabel("Model", { exact: true })).toHaveValue("kept-name");
});

test("several parts arrive whole, and what is there already is not sent again", async ({ page, souk }) => {
  const large = Buffer.alloc(20 * 1024 * 1024, "souk ");
  await visit(page, `${souk.url}/models/default/digits/versions`);
  const push = async (name: string) => {
    await page.getByRole("button", { name: "New version" }).click();
    await page.locator("input[type=file]").first().setInputFiles([{ name: "notes.bin", mimeType: "application/octet-stream", buffer: large }, { name: basename("README.md"), mimeType: "text/markdown", buffer: Buffer.from(`# ${name}`) }]);
    await page.getByLabel("Version name").fill(name);
    await page.getByRole("button", { name: "Push" }).click();
  };
  await push("big-1");
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: 90_000 });
  let patches = 0;
  page.on("request", (request) => (patches += request.method() === "PATCH" ? 1 : 0));
  await visit(page, `${souk.url}/models/default/digits/versions`);
  await push("big-2");
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: 90_000 });
  expect(patches).toBe(2); // the card and the configuration are new, the 20 MiB are not
});

test("a large file goes on where it was, after a reload and a restart of the server", async ({ page }) => {
  let souk = await Souk.start();
  try {
    await souk.cli("model", "push", "samples/digits", "default/digits:1");
    const large = join(souk.folder, "weights.bin");
    const bytes = Buffer.alloc(70 << 20);
    for (let at = 0; at < bytes.length; at += 4096) bytes.writeUInt32LE(at, at); // no two parts alike
    writeFileSync(large, bytes);
    const uploads = "/api/v1/namespaces/default/models/digits/uploads";
    const underWay = async () => (await souk.api<{ uploads: { id: string; part_count: number; received_parts: number }[] }>("GET", uploads)).uploads[0];
    const push = async () => {
      await visit(page, `${souk.url}/models/default/digits/versions`);
      await page.getByRole("button", { name: "New version" }).click();
      await page.locator("input[type=file]").first().setInputFiles(large);
      await page.getByRole("button", { name: "Push" }).click();
    };
    // The line breaks after the second part.
    await page.route(/\/parts\/\d+$/, (route) => (Number(/\d+$/.exec(new URL(route.request().url()).pathname)![0]) > 2 ? route.abort("connectionreset") : route.continue()));
    await push();
    await expect(page.getByText(/Connection lost/)).toBeVisible({ timeout: 90_000 });
    await expect.poll(async () => (await underWay())?.received_parts, { timeout: 90_000 }).toBe(2);
    const { id, part_count } = (await underWay())!;
    await page.goto("about:blank");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await souk.stop(true);
    souk = await Souk.start({ dev: true, folder: souk.folder, listen: new URL(souk.url).host });
    const sent: string[] = [];
    page.on("request", (request) => request.method() === "PUT" && /\/parts\/\d+$/.test(request.url()) && sent.push(new URL(request.url()).pathname));
    await push();
    // It is said while it lasts, which may be short.
    await page.waitForFunction(() => document.body.innerText.includes("went on from"), undefined, { polling: "raf", timeout: 90_000 });
    await expect(page.getByRole("dialog")).toBeHidden({ timeout: 120_000 });
    expect(sent.length).toBe(part_count - 2);
    expect(sent.every((path) => path.includes(`/uploads/${id}/`))).toBe(true);
    const { files } = await souk.api<{ files: { path: string; digest: string }[] }>("GET", "/api/v1/namespaces/default/models/digits/versions/2/files");
    expect(files.find((file) => file.path === "weights.bin")?.digest).toBe(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
  } finally {
    await souk.stop();
  }
});

test("a file of 10 GiB is begun, the page goes on answering, and it can be stopped", async ({ page, souk }) => {
  const large = join(souk.folder, "large");
  mkdirSync(large);
  const file = openSync(join(large, "huge.onnx"), "w");
  ftruncateSync(file, 10 * 2 ** 30); // takes no room on the disk
  closeSync(file);
  await visit(page, `${souk.url}/models?show=upload`);
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Files", { exact: true }).setInputFiles(join(large, "huge.onnx"));
  await expect(dialog.getByRole("list", { name: "Chosen files" })).toContainText("10.7 GB");
  await dialog.getByLabel("Model", { exact: true }).fill("huge");
  await dialog.getByRole("button", { name: /^Push/ }).click();
  await expect(dialog.getByRole("status", { name: "Progress" })).toContainText(/reading, [1-9]\S* .*of 10\.7 GB/, { timeout: 120_000 });
  // The page still lives, and holds parts of the file only.
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  expect(metrics.find(({ name }) => name === "JSHeapUsedSize")!.value).toBeLessThan(300e6);
  await souk.api("POST", "/api/v1/namespaces/default/models", { name: "meanwhile" });
  await expect(page.locator("main").getByText("meanwhile")).toBeAttached();
  await dialog.getByRole("button", { name: "Stop" }).click();
  await expect(dialog).toHaveCount(0);
  const models = await souk.api<{ models: { slug: string }[] }>("GET", "/api/v1/namespaces/default/models");
  expect(models.models.map((one) => one.slug)).not.toContain("huge");
});
