// SPDX-License-Identifier: Apache-2.0
import type { Page } from "@playwright/test";
import { expect, sampleWith, type Souk, test, undo, visit } from "./souk.ts";

const zeros = { inputs: [{ name: "pixels", datatype: "FP32", shape: [1, 1, 16, 16], data: Array<number>(256).fill(0) }] };
const ask = (souk: Souk, name: string) => Promise.all(Array.from({ length: 20 }, () => souk.api("POST", `/v2/models/${name}/infer`, zeros)));

test.beforeAll(async ({ souk }) => {
  await souk.cli("model", "push", "samples/digits", "default/steady:1");
  await souk.cli("model", "push", sampleWith(souk, "steady-next", "NOTES.md", "Two\n"), "default/steady:2");
});

/** A deployment of v1, shown, with the dialog for v2 open. */
async function begin(page: Page, souk: Souk, name: string) {
  await souk.cli("deploy", "default/steady:1", "--name", name);
  await visit(page, `${souk.url}/deployments/default/${name}`);
  await expect(page.getByLabel("State", { exact: true })).toContainText("Serving");
  await page.getByRole("button", { name: "Deploy another version" }).click();
  const dialog = page.getByRole("dialog", { name: `Deploy another version to ${name}` });
  await expect(dialog.getByRole("button", { name: "Version" })).toContainText(":2");
  return dialog;
}

test("a canary begins on the page, is judged, paused, promoted and rolled back there", async ({ page, souk }) => {
  const dialog = await begin(page, souk, "canary");
  await dialog.getByRole("button", { name: "Canary" }).click();
  await dialog.getByLabel("Steps").fill("10:soon");
  await expect(dialog.getByText("“soon” is no duration")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Deploy", exact: true })).toBeDisabled();
  await dialog.getByLabel("Steps").fill("10:1h, 50");
  await dialog.getByLabel("Checks, one a line").fill("error_rate<=50%\np99<=60s");
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();

  const rollout = page.getByRole("region", { name: "Roll-out", exact: true });
  const state = rollout.getByLabel("Roll-out state");
  await expect(state).toContainText("Rolling out");
  await expect(rollout.getByRole("group", { name: "Traffic: v1 before 90 %, v2 new 10 %" })).toBeVisible();
  await expect(rollout.getByRole("list", { name: "Steps" }).getByRole("listitem")).toHaveCount(3);
  const against = rollout.getByRole("table", { name: "Against the revision before" });
  await expect(async () => {
    await ask(souk, "canary");
    await expect(against.getByRole("row", { name: /v2 new [1-9]/ })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  const checks = rollout.getByRole("list", { name: "Checks" });
  await expect(checks.getByRole("listitem").filter({ hasText: "Errors" })).toContainText("Holds");
  await expect(checks.getByRole("listitem").filter({ hasText: "Latency p99" })).toContainText("Holds");
  await rollout.getByRole("button", { name: "Step 2: 50 %" }).click();
  await expect(page).toHaveURL(/step=2/);
  await expect(rollout).toContainText("Step 2 has not begun.");

  await rollout.getByRole("button", { name: "Pause" }).click();
  await expect(state).toContainText("Paused");
  await (await undo(page)).click();
  await expect(state).toContainText("Rolling out");
  await rollout.getByRole("button", { name: "Promote" }).click();
  await page.getByRole("dialog", { name: "Give v2 all requests?" }).getByRole("button", { name: "Promote" }).click();
  await expect(state).toContainText("Took over, the one before is kept");
  await rollout.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog", { name: "Roll back to v1?" }).getByRole("button", { name: "Roll back" }).click();
  await expect(rollout).toHaveCount(0);
  const over = page.getByRole("region", { name: "Roll-outs that are over" });
  await expect(over).toContainText("Taken back");
  await over.getByRole("button", { name: /v1 → v2/ }).click();
  await expect(page).toHaveURL(/rollout=1/);
  await expect(over.getByRole("list", { name: "Steps" })).toBeVisible();
  await expect(page.getByRole("complementary")).toContainText("v2 to 10 %");
  await expect(page.getByRole("region", { name: "Revisions" }).getByRole("row", { name: /r1/ }).first()).toContainText("100 %");
});

test("a check that fails takes all back, and the page says which", async ({ page, souk }) => {
  const dialog = await begin(page, souk, "strict");
  await dialog.getByRole("button", { name: "Canary" }).click();
  await dialog.getByLabel("Steps").fill("50:1h");
  await dialog.getByLabel("Checks, one a line").fill("p50<=0.0001ms");
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  const over = page.getByRole("region", { name: "Roll-outs that are over" });
  await expect(async () => {
    await ask(souk, "strict");
    await expect(over).toContainText("Rolled back", { timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await over.getByRole("button", { name: /v1 → v2/ }).click();
  await expect(over.getByRole("list", { name: "Checks" })).toContainText("Does not hold");
  await expect(over).toContainText("LATENCY_P50");
});

test("traffic by hand is moved with the keyboard, given, and undone; an old version comes back by one press", async ({ page, souk }) => {
  const dialog = await begin(page, souk, "shared");
  await dialog.getByRole("button", { name: "By hand" }).click();
  await dialog.getByLabel("Percent of the requests").fill("20");
  await dialog.getByRole("button", { name: "Deploy", exact: true }).click();
  const traffic = page.getByRole("region", { name: "Traffic" });
  await expect(traffic.getByRole("group", { name: "Traffic: v1 80 %, v2 20 %" })).toBeVisible();
  const share = traffic.getByRole("slider", { name: "Share of v2" });
  await expect(share).toHaveAttribute("aria-valuetext", "20 % to v2");
  await share.focus();
  await page.keyboard.press("PageUp");
  await expect(share).not.toHaveValue("20");
  const value = await share.inputValue();
  await traffic.getByRole("button", { name: `Give v2 ${value} %` }).click();
  await expect(traffic.getByRole("group", { name: `v2 ${value} %` })).toBeVisible();
  await expect(traffic.getByRole("button", { name: /^Give/ })).toHaveCount(0);
  await (await undo(page)).click();
  await expect(traffic.getByRole("group", { name: "Traffic: v1 80 %, v2 20 %" })).toBeVisible();
  await traffic.getByRole("button", { name: "All to v2" }).click();
  await expect(traffic).toHaveCount(0);
  await page.getByRole("link", { name: "Deploy v1 again" }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Version" })).toContainText(":1");
});
