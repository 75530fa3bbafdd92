// SPDX-License-Identifier: Apache-2.0
import { expect, test, visit } from "./souk.ts";

test("a deployment says its state, its replicas and what happened", async ({ page, souk }) => {
  await visit(page, `${souk.url}/deployments`);
  const row = page.getByRole("row", { name: /digits/ }).first();
  await expect(row).toContainText("Serving");
  await row.getByRole("link", { name: "digits" }).first().click();
  await expect(page).toHaveURL(/\/deployments\/default\/digits/);
  await expect(page.locator("main [data-state=READY]").first()).toBeVisible();
  const revisions = page.getByRole("region", { name: "Revisions" });
  await expect(revisions).toContainText("v1");
  await expect(revisions).toContainText("100 %");
  await expect(revisions).toContainText("Ready");
  await expect(page.getByRole("complementary")).toContainText("What happened");
  await expect(page.getByRole("complementary").getByRole("listitem").first()).toBeVisible();
});

test("deploy, stop, start and undeploy by hand; the page follows", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models/default/digits`);
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Deploy a model" });
  await dialog.getByLabel("Name", { exact: true }).fill("second");
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  await expect(page).toHaveURL(/\/deployments\/default\/second/);
  await expect(page.locator("main [data-state=READY]").first()).toContainText("Serving");

  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Stop" }).click();
  await expect(page.getByLabel("State", { exact: true })).toContainText("Stopped");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Start" }).click();
  await expect(page.getByLabel("State", { exact: true })).toContainText("Serving");

  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Undeploy" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Undeploy" }).click();
  await expect(page).toHaveURL(/\/deployments$/);
  await expect(page.getByRole("row", { name: /second/ })).toHaveCount(0);
  await expect(page.getByRole("row", { name: /digits/ }).first()).toBeVisible();
});

test("what the command line deploys appears by itself, and goes", async ({ page, souk }) => {
  await visit(page, `${souk.url}/deployments`);
  await souk.cli("deploy", "default/digits:1", "--name", "by-hand");
  const row = page.getByRole("row", { name: /by-hand/ });
  await expect(row).toContainText("Serving");
  await souk.cli("undeploy", "by-hand");
  await expect(row).toHaveCount(0);
});

test("charts are drawn from what is asked, zoom stands in the address, and a revision says what differs", async ({ page, souk }) => {
  await visit(page, `${souk.url}/deployments/default/digits?span=15`);
  const charts = page.getByRole("region", { name: "Charts" });
  const requests = charts.getByRole("figure", { name: /^Requests/ });
  await requests.waitFor();
  const ask = () => souk.api("POST", "/v2/models/digits/infer", { inputs: [{ name: "pixels", datatype: "FP32", shape: [1, 1, 16, 16], data: Array<number>(256).fill(0) }] });
  await expect(async () => {
    await Promise.all(Array.from({ length: 10 }, ask));
    await expect(requests).toHaveAccessibleName(/requests [1-9]/, { timeout: 2_000 });
  }).toPass({ timeout: 90_000 });
  await expect(charts.getByRole("figure", { name: /^Latency/ })).toHaveAccessibleName(/p50 .*s, p90 .*s, p99 .*s/);
  await expect(charts.getByRole("figure", { name: /^Memory/ })).toHaveAccessibleName(/MB/);
  await expect(async () => {
    // What stands above a chart may still grow, and move it under the pointer.
    const box = (await requests.locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await expect(page).toHaveURL(/zoom=\d+-\d+/, { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  await page.getByRole("button", { name: "Show all again" }).click();
  await expect(page).not.toHaveURL(/zoom/);
});
