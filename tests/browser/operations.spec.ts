// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, root, test, visit } from "./souk.ts";

test("what is asked for asynchronously appears by itself, and shows what went in and came out", async ({ page, souk }) => {
  await visit(page, `${souk.url}/operations`);
  await expect(page.getByRole("heading", { name: /Nothing was asked for/ })).toBeVisible();
  const image = readFileSync(join(root, "samples/digits/images/3.png")).toString("base64");
  await souk.api("POST", "/api/v1/operations", { model: "default/digits", task_inputs: [{ data: { type: "image-base64", "image-base64": image } }] });
  const row = page.getByRole("table", { name: "Operations" }).getByRole("row", { name: /digits/ });
  await expect(row).toContainText("Succeeded", { timeout: 30_000 });
  await row.click();
  await expect(page).toHaveURL(/\/operations\/.+/);
  await expect(page.getByRole("status", { name: "State" })).toContainText("Succeeded");
  await expect(page.getByText("asynchronously, by the queue")).toBeVisible();
  await expect(page.locator("pre").filter({ hasText: "characters)" })).toBeVisible();
  await expect(page.locator("pre").filter({ hasText: "category" })).toBeVisible();

  await visit(page, `${souk.url}/operations?state=FAILED`);
  await expect(page.getByText("None is in this state.")).toBeVisible();
  await page.getByRole("button", { name: "All invocations" }).click();
  await expect(page).toHaveURL(/of=runs/);
  await page.getByRole("group", { name: "State" }).getByRole("button", { name: "All", exact: true }).click();
  await expect(page.getByRole("table", { name: "Operations" })).toContainText("digits");
});
