// SPDX-License-Identifier: Apache-2.0
import { expect, palette, test, visit } from "./souk.ts";

const base = "/api/v1/namespaces/default/experiments";

test("the palette finds in the server what no list here holds, and forgives a slip", async ({ page, souk }) => {
  await souk.api("POST", base, { name: "Harbour cranes", slug: "cranes", description: "Which crane is idle" });
  const { id } = await souk.api<{ id: number }>("POST", `${base}/cranes/runs`, { name: "northern quay" });
  await visit(page, `${souk.url}/models`);
  await palette(page, "northern", /northern quay/);
  await expect(page).toHaveURL(new RegExp(`/experiments/default/cranes/runs/${id}$`));
  await palette(page, "harbuor", /Harbour cranes/);
  await expect(page).toHaveURL(/\/experiments\/default\/cranes$/);
});

test("search has filters by hand and in words, says what it corrected, and its address says all", async ({ page, souk }) => {
  await souk.api("POST", "/api/v1/namespaces/default/models", { name: "lighthouse", description: "Sees ships", tags: { team: "harbour watch" } });
  await souk.api("POST", base, { name: "lighthouse lamps" });
  const { id } = await souk.api<{ id: number }>("POST", `${base}/lighthouse-lamps/runs`, { name: "lighthouse bulb" });
  await souk.api("POST", `${base}/lighthouse-lamps/runs/${id}:log`, { metrics: [{ name: "glare", value: 0.25, step: 1 }] });
  await visit(page, `${souk.url}/search?q=lighthouse`);
  const hits = page.getByRole("list", { name: "Hits" }).getByRole("listitem");
  await expect(async () => {
    // The index follows the events by a moment, and an answer stands while its words do.
    await page.reload();
    await expect(hits).toHaveCount(3, { timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await page.getByRole("group", { name: "Kind" }).getByRole("button", { name: "Models" }).click();
  await expect(page).toHaveURL(/kind%3Amodel/);
  await expect(hits).toHaveCount(1);
  await page.getByRole("button", { name: "Tag", exact: true }).click();
  await page.getByRole("menuitemradio", { name: "team: harbour watch" }).click();
  await expect(page.getByLabel("Search everything")).toHaveValue('lighthouse kind:model tag:"team=harbour watch"');
  await expect(hits).toHaveCount(1);
  await page.getByLabel("Search everything").fill("lighthose kind:run metric.glare<0.5");
  await expect(page.getByText(/lighthose → lighthouse/)).toBeVisible();
  await expect(hits).toHaveCount(1);
  await page.getByLabel("Search everything").fill("metric.glare");
  await expect(page.getByRole("alert")).toContainText("metric.glare");
  await page.getByLabel("Search everything").fill("lighthouse kind:run");
  await hits.first().click();
  await expect(page).toHaveURL(new RegExp(`/runs/${id}$`));
  await souk.api("DELETE", "/api/v1/namespaces/default/models/lighthouse");
});
