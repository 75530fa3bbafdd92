// SPDX-License-Identifier: Apache-2.0
import { expect, filter, go, type Souk, test, visit } from "./souk.ts";

const base = "/api/v1/namespaces/default/experiments";
interface Made {
  id: number;
}

/** A run of the experiment that logged a curve of `loss` and its parameters. */
async function logged(souk: Souk, experiment: string, name: string, parameters: Record<string, unknown>, losses: number[], more: Record<string, unknown> = {}): Promise<number> {
  const { id } = await souk.api<Made>("POST", `${base}/${experiment}/runs`, { name, ...more });
  await souk.api("POST", `${base}/${experiment}/runs/${id}:log`, { parameters, metrics: losses.flatMap((value, step) => [{ name: "loss", value, step }, { name: "accuracy", value: 1 - value, step }]) });
  return id;
}

async function sweep(souk: Souk, experiment: string): Promise<number[]> {
  await souk.api("POST", base, { name: experiment });
  const ids = [];
  for (const [i, lr] of [0.1, 0.01, 0.001].entries()) ids.push(await logged(souk, experiment, `try-${i + 1}`, { lr, optimizer: i === 2 ? "sgd" : "adam", epochs: 5 }, [0.9, 0.5, 0.4 - i / 10]));
  await souk.api("PATCH", `${base}/${experiment}/runs/${ids[2]}`, { status: "FAILED" });
  return ids;
}

test("an experiment is made by hand, teaches, and shows a run as soon as it logs", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await go(page, "e", /\/experiments$/);
  await page.getByRole("button", { name: "New experiment" }).click();
  const dialog = page.getByRole("dialog", { name: "New experiment" });
  await dialog.getByLabel("Name", { exact: true }).fill("By hand");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page).toHaveURL(/\/experiments\/default\/by-hand$/);
  await expect(page.getByText("souk run start default/by-hand")).toBeVisible();
  const id = await logged(souk, "by-hand", "first", { lr: 0.1 }, [0.75]);
  const row = page.getByRole("row", { name: /first/ });
  await expect(row).toContainText("Running");
  await expect(row).toContainText("0.75");
  await souk.api("POST", `${base}/by-hand/runs/${id}:log`, { metrics: [{ name: "loss", value: 0.25, step: 1 }] });
  await expect(row).toContainText("0.25");
  await souk.cli("run", "finish", `default/by-hand/${id}`);
  await expect(row).toContainText("Finished");
});

test("runs are narrowed in the server's words, ordered and given columns; all of it stands in the address", async ({ page, souk }) => {
  await sweep(souk, "table");
  await visit(page, `${souk.url}/experiments/default/table`);
  const table = page.getByRole("table", { name: "Runs" });
  await expect(table.getByRole("row")).toHaveCount(4);
  await expect(table.getByRole("columnheader", { name: "epochs" })).toHaveCount(0); // the same in all
  await filter(page, "Filter runs", "metrics.loss < 0.35 AND parameters.optimizer = 'adam'");
  await expect(table.getByRole("row")).toHaveCount(2);
  await expect(table.getByRole("row").last()).toContainText("try-2");
  await expect(page).toHaveURL(/filter=metrics\.loss/);
  await page.getByLabel("Filter runs").fill("metrics.loss <");
  await expect(page.getByRole("alert")).toContainText("filter");
  await page.getByRole("button", { name: "Drop the filter" }).click();
  await expect(table.getByRole("row")).toHaveCount(4);

  await table.getByRole("button", { name: "loss" }).click();
  await expect(page).toHaveURL(/sort=-m%3Aloss/);
  await expect(table.getByRole("row").nth(1)).toContainText("try-1");
  await table.getByRole("button", { name: "loss" }).click();
  await expect(table.getByRole("row").nth(1)).toContainText("try-3");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemcheckbox", { name: /epochs/ }).click();
  await page.keyboard.press("Escape");
  await expect(table.getByRole("columnheader", { name: "epochs" })).toBeVisible();
  await page.reload();
  await expect(table.getByRole("columnheader", { name: "epochs" })).toBeVisible();
  await expect(table.getByRole("row").nth(1)).toContainText("try-3");
  await page.getByRole("group", { name: "Status" }).getByRole("button", { name: "Failed" }).click();
  await expect(table.getByRole("row")).toHaveCount(2);
});

test("marked runs are compared: what differs, from what, and which is best", async ({ page, souk }) => {
  await sweep(souk, "compared");
  await visit(page, `${souk.url}/experiments/default/compared?sort=m:loss`);
  await page.getByRole("row", { name: /try-3/ }).waitFor();
  await page.keyboard.press("j");
  await expect(page.locator("[data-row]:focus")).toContainText("try-3");
  await page.keyboard.press("x");
  await expect(page).toHaveURL(/pick=\d+/);
  await page.getByLabel("Mark try-1").click();
  await page.getByRole("link", { name: "Compare 2 runs" }).click();
  const table = page.getByRole("table", { name: "Compared runs" });
  await expect(table.getByRole("columnheader", { name: /try-3/ })).toContainText("baseline");
  await expect(table.getByRole("row", { name: /^optimizer/ })).toContainText("sgd");
  const loss = table.getByRole("row", { name: /^loss/ });
  await expect(loss).toContainText("best");
  await expect(loss).toContainText("+0.2 worse");
  await expect(table.getByRole("row", { name: /^epochs/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Everything" }).click();
  await expect(table.getByRole("row", { name: /^epochs/ })).toBeVisible();
});

test("curves are drawn of the marked runs, smoothed, on a log scale, over a range; and follow a run", async ({ page, souk }) => {
  const [first, second] = await sweep(souk, "drawn");
  await visit(page, `${souk.url}/experiments/default/drawn/curves?pick=${first},${second}`);
  const curves = page.getByRole("region", { name: "Curves" });
  const loss = curves.getByRole("figure", { name: /^loss/ });
  await expect(loss).toHaveAccessibleName("loss: try-2 0.3, try-1 0.4");
  await souk.api("POST", `${base}/drawn/runs/${first}:log`, { metrics: [{ name: "loss", value: 0.125, step: 3 }] });
  await expect(loss).toHaveAccessibleName(/try-1 0.125/);
  // One cursor over all charts: each says what it has there.
  const accuracy = curves.getByRole("figure", { name: /^accuracy/ });
  await expect(accuracy).toHaveAccessibleName(/try-2 0\.7/);
  await expect(async () => {
    const box = (await loss.locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + 40);
    await page.mouse.move(box.x + 2, box.y + 40, { steps: 4 });
    await expect(accuracy).toHaveAccessibleName(/try-2 0\.1/, { timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await expect(loss).toHaveAccessibleName(/try-2 0\.9/);
  await page.mouse.move(0, 0);
  await page.getByRole("group", { name: "Scale" }).getByRole("button", { name: "Log" }).click();
  await expect(page).toHaveURL(/log=1/);
  await curves.getByRole("slider", { name: /Smoothing/ }).fill("0.9");
  await expect(page).toHaveURL(/smooth=0\.9/);
  await expect(loss).not.toHaveAccessibleName(/try-1 0.125/);
  await expect(async () => {
    const box = (await loss.locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await expect(page).toHaveURL(/range=[\d.]+/, { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  await curves.getByRole("button", { name: "Show all again" }).click();
  await expect(page).not.toHaveURL(/range=/);
});

test("a long history has a band; parallel coordinates are brushed and what is left is marked", async ({ page, souk }) => {
  await sweep(souk, "long");
  await logged(souk, "long", "endless", { lr: 0.5, optimizer: "adam", epochs: 5 }, Array.from({ length: 4000 }, (_, i) => 0.5 + Math.sin(i) / 4));
  await visit(page, `${souk.url}/experiments/default/long/curves`);
  await expect(page.getByText(/4 000 points; the band is/).first()).toBeVisible();
  await page.getByRole("link", { name: "Parallel coordinates" }).click();
  await expect(page).toHaveURL(/\/parallel/);
  const chart = page.getByRole("img", { name: /Parallel coordinates of 4 runs over lr, optimizer, accuracy, loss/ });
  await chart.waitFor();
  await expect(async () => {
    const box = (await chart.boundingBox())!;
    await page.mouse.move(box.x + 58, box.y + box.height - 10);
    await page.mouse.down();
    await page.mouse.move(box.x + 58, box.y + box.height * 0.55, { steps: 4 });
    await page.mouse.up();
    await expect(page).toHaveURL(/brush=p%3Alr/, { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByRole("status").filter({ hasText: "2 of 4 runs" })).toBeVisible();
  await page.getByRole("button", { name: "Mark these 2" }).click();
  await expect(page).toHaveURL(/pick=\d+%2C\d+/);
});

test("a run says what it was given, what it made, its parts and where it led", async ({ page, souk }) => {
  await souk.api("POST", base, { name: "whole" });
  const id = await logged(souk, "whole", "parent", { lr: 0.1, note: "<b>not bold</b>" }, [0.5, 0.25]);
  await souk.api("POST", `${base}/whole/runs/${id}:log`, { artifacts: [{ kind: "DATASET", name: "meters", source: "s3://data/meters" }, { kind: "MODEL", name: "net", uri: "s3://models/net.onnx" }] });
  await logged(souk, "whole", "fold-1", {}, [0.3], { parent_run_id: id });
  await visit(page, `${souk.url}/experiments/default/whole/runs/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("parent");
  await expect(page.getByRole("region", { name: "Parameters" })).toContainText("<b>not bold</b>");
  await expect(page.getByRole("region", { name: "Inputs" })).toContainText("s3://data/meters");
  await expect(page.getByRole("region", { name: "Artifacts" })).toContainText("net");
  const lineage = page.getByRole("region", { name: "Lineage" });
  await expect(lineage.getByRole("listitem").filter({ hasText: "meters" })).toBeVisible();
  await expect(lineage.getByRole("listitem")).toHaveCount(3);
  await page.getByRole("region", { name: "Nested runs" }).getByRole("link", { name: "fold-1" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("fold-1");
  await page.getByRole("complementary").getByRole("link", { name: `run ${id}` }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("parent");
  await souk.cli("run", "finish", `default/whole/${id}`);
  await expect(page.locator("main [data-state=FINISHED]").first()).toBeVisible();
});
