// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, root, sampleWith, test, undo, visit } from "./souk.ts";

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
  await expect(page.getByRole("complementary").getByRole("listitem").filter({ hasText: "Stopped by anonymous" })).toBeVisible();
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

test("charts are drawn from what is asked, with what happened in them and one cursor; zoom stands in the address", async ({ page, souk }) => {
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
  const memory = charts.getByRole("figure", { name: /^Memory/ });
  await expect(memory).toHaveAccessibleName(/MB/);
  await expect(charts.getByRole("figure", { name: /^Errors/ })).toBeVisible();
  await expect(charts.getByRole("figure", { name: /^Queue/ })).toHaveAccessibleName(/wait .*s/);
  await expect(charts.getByRole("figure", { name: /^Batch/ })).toHaveAccessibleName(/rows [1-9]/);
  await souk.cli("deploy", "default/digits:1", "--name", "digits");
  await expect(requests).toHaveAccessibleName(/Marked: .*begins/);
  // One cursor over all of them: before anything was measured there was no memory either.
  await expect(async () => {
    const box = (await requests.locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.9, box.y + 40);
    await page.mouse.move(box.x + 3, box.y + 40, { steps: 4 });
    await expect(page.locator(".u-cursor-x").filter({ visible: true })).toHaveCount(await page.locator(".u-over").count(), { timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
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

test("the log is followed while its end is in sight, searched, and stays where somebody reads", async ({ page, souk }) => {
  await souk.cli("deploy", "default/digits:1", "--name", "chatty");
  const turn = async (times: number) => {
    for (let i = 0; i < times; i++) await souk.api("PATCH", "/api/v1/namespaces/default/deployments/chatty", { capacity: { pinned: i % 2 === 0 } });
  };
  await turn(12);
  await visit(page, `${souk.url}/deployments/default/chatty`);
  const panel = page.getByRole("region", { name: "Log", exact: true });
  const lines = panel.getByRole("log");
  const away = () => lines.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
  await expect(lines).toContainText("revision 1 runs version 1");
  await expect(lines).toContainText("changed by anonymous: capacity");
  await expect.poll(away).toBeLessThan(12);
  await turn(8);
  await expect(panel).toContainText(/\d\d lines/);
  await expect.poll(away).toBeLessThan(12);

  await lines.focus();
  await page.keyboard.press("Home");
  await expect.poll(() => lines.evaluate((node) => node.scrollTop)).toBe(0);
  await turn(3);
  await expect(panel.getByRole("button", { name: "3 new, go to the end" })).toBeVisible();
  expect(await lines.evaluate((node) => node.scrollTop)).toBe(0);
  await panel.getByRole("button", { name: /go to the end/ }).click();
  await expect.poll(away).toBeLessThan(12);

  await panel.getByLabel("Search the log").fill("runs version");
  await expect(page).toHaveURL(/line=runs\+version/);
  await expect(lines.locator("p")).toHaveCount(1);
  await page.reload();
  await expect(lines.locator("p")).toHaveCount(1);
  await panel.getByRole("button", { name: "Errors" }).click();
  await expect(panel).toContainText("No line fits.");
  await souk.cli("undeploy", "chatty");
});

test("a revision says what its configuration has that the one before had not", async ({ page, souk }) => {
  const declared = readFileSync(join(root, "samples/digits/souk.yaml"), "utf8");
  await souk.cli("model", "push", "samples/digits", "default/tuned:1"); // of its own
  await souk.cli("model", "push", sampleWith(souk, "tuned-2", "souk.yaml", declared.replace("max_batch_size: 64", "max_batch_size: 16")), "default/tuned:2");
  await souk.cli("deploy", "default/tuned:1", "--name", "tuned");
  await souk.cli("deploy", "default/tuned:2", "--name", "tuned");
  await visit(page, `${souk.url}/deployments/default/tuned`);
  await page.getByRole("link", { name: "what differs from v1" }).click();
  await expect(page).toHaveURL(/show=differs/);
  const table = page.getByRole("dialog").getByRole("table", { name: "What differs" });
  await expect(table.getByRole("row", { name: /^batching\.max_batch_size/ })).toContainText("6416");
  await expect(table.getByRole("row", { name: /^Digest/ })).toBeVisible();
  await expect(table.getByRole("row", { name: /^task/ })).toHaveCount(0); // the same in both
  await page.getByRole("dialog").getByRole("button", { name: /^Before/ }).click();
  await page.getByRole("menuitemradio", { name: /r2/ }).click();
  await expect(page.getByRole("dialog")).toContainText("Both run v2");
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/show=/);
  await souk.cli("undeploy", "tuned");
});

test("capacity is shown and changed live: pinned, asleep after a while, awake by a request", async ({ page, souk }) => {
  await souk.cli("deploy", "default/digits:1", "--name", "sleepy");
  await visit(page, `${souk.url}/deployments/default/sleepy`);
  const capacity = page.getByRole("region", { name: "Capacity" });
  await expect(capacity).toContainText(/all models .*B of .*B/);
  await expect(capacity).toContainText(/v1.*Ready.*B.*not asked yet/);
  const said = capacity.getByRole("status", { name: "When it is unloaded" });
  await capacity.getByRole("button", { name: "Pin" }).click();
  await expect(said).toContainText("Pinned");
  await expect(capacity.getByRole("button", { name: "Unpin" })).toBeVisible();
  await (await undo(page)).click();
  await expect(said).toContainText("Unloaded when others need room");

  await capacity.getByRole("button", { name: "Sleep" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("After how long without a request").fill("soon");
  await expect(dialog.getByRole("button", { name: "Set" })).toBeDisabled();
  await dialog.getByLabel("After how long without a request").fill("1s");
  await dialog.getByRole("button", { name: "Set" }).click();
  await expect(said).toContainText("after 1 s without a request");
  await expect(capacity).toContainText("Asleep");
  await expect(capacity).toContainText("not in memory");
  await expect(capacity).toContainText("The next request loads it again");
  await souk.cli("deployment", "set", "sleepy", "--scale-to-zero", "never");
  await expect(said).not.toContainText("without a request");
  await souk.cli("infer", "sleepy", "--image", "samples/digits/images/7.png");
  await expect(capacity).toContainText(/v1.*Ready/);
  await souk.cli("undeploy", "sleepy");
});

test("batching says what holds and whose word it is, and changes for the next batch", async ({ page, souk }) => {
  await souk.cli("deploy", "default/digits:1", "--name", "joined");
  await visit(page, `${souk.url}/deployments/default/joined`);
  const batching = page.getByRole("region", { name: "Batching" });
  await expect(batching.getByRole("row", { name: /Rows of a batch/ })).toContainText("64of the version");
  await batching.getByRole("button", { name: "Change" }).click();
  await expect(page).toHaveURL(/show=batching/);
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Held for a fuller batch").fill("later");
  await expect(dialog.getByText("A duration, such as 500us")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Set" })).toBeDisabled();
  await dialog.getByLabel("Held for a fuller batch").fill("500us");
  await dialog.getByLabel("Rows of a batch").fill("8");
  await dialog.getByRole("button", { name: "Set" }).click();
  await expect(batching.getByRole("row", { name: /Rows of a batch/ })).toContainText("8set here");
  await expect(batching.getByRole("row", { name: /Held for/ })).toContainText("500usset here");
  const config = await souk.api<{ max_batch_size: number; dynamic_batching: { max_queue_delay_microseconds: number } }>("GET", "/v2/models/joined/config");
  expect([config.max_batch_size, config.dynamic_batching.max_queue_delay_microseconds]).toEqual([8, 500]);
  // The command line's word shows here too, and what the server refuses is said in its words.
  await souk.cli("deployment", "set", "joined", "--max-batch-size", "16");
  await expect(batching.getByRole("row", { name: /Rows of a batch/ })).toContainText("16set here");
  await batching.getByRole("button", { name: "Change" }).click();
  await dialog.getByLabel("Rows of a batch").fill("999999999");
  await dialog.getByRole("button", { name: "Set" }).click();
  await expect(dialog.getByRole("alert")).toContainText("max_batch_size");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await batching.getByRole("button", { name: "As the version says" }).click();
  await expect(batching.getByRole("row", { name: /Rows of a batch/ })).toContainText("64of the version");
  await souk.cli("undeploy", "joined");
});
