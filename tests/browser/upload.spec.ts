// SPDX-License-Identifier: Apache-2.0
import type { Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, root, test, visit } from "./souk.ts";

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
