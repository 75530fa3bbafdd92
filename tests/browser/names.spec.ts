// SPDX-License-Identifier: Apache-2.0
//
// Whatever a thing is called, its name is text: on every page that shows it, and no wider than a phone.
import { expect, Souk, test, visit } from "./souk.ts";

const names = {
  markup: `<img src=x onerror="window.broken=1"><script>window.broken=1</script>{{7*7}}`,
  rtl: "נמודל שלום, عالم.onnx",
  long: "\u{1F600}".repeat(62), // 248 bytes
};

test("names that are markup, right to left or long are text on every page", async ({ page }) => {
  test.setTimeout(600_000);
  const souk = await Souk.start();
  try {
    const ns = "/api/v1/namespaces/default";
    const pages: [path: string, shows: string][] = [];
    for (const [slug, name] of Object.entries(names)) {
      await souk.api("POST", `${ns}/models`, { name, slug, description: name, readme: `# ${name}\n\n<script>window.broken=1</script> [go](javascript:window.broken=1)`, tags: { [slug]: name } });
      const { slug: experiment } = await souk.api<{ slug: string }>("POST", `${ns}/experiments`, { name, slug: `e-${slug}`, description: name, tags: { [slug]: name } });
      const { id } = await souk.api<{ id: number }>("POST", `${ns}/experiments/${experiment}/runs`, { name });
      await souk.api("POST", `${ns}/experiments/${experiment}/runs/${id}:log`, { parameters: { [slug]: name }, metrics: [{ name: slug, value: 1, step: 1 }, { name: slug, value: 2, step: 2 }] });
      await souk.api("POST", "/api/v1/users", { name: `u-${slug}`, display_name: name });
      await souk.api("POST", "/api/v1/teams", { name: `t-${slug}`, display_name: name });
      await souk.api("POST", `${ns}/service_accounts`, { name: `s-${slug}`, display_name: name, role: "READER" });
      await souk.api("POST", "/api/v1/api_keys", { name, role: "READER" });
      pages.push([`/models/default/${slug}`, name], [`/experiments/default/${experiment}`, name], [`/experiments/default/${experiment}/runs/${id}`, name], [`/experiments/default/${experiment}/curves`, name]);
      pages.push([`/access/users?user=u-${slug}`, ""], [`/access/teams?team=t-${slug}`, ""]);
    }
    for (const list of ["/models", "/experiments", "/access/users", "/access/teams", "/access/accounts?namespace=default", "/access/keys"]) for (const name of Object.values(names)) pages.push([list, name]);
    pages.push([`/search?q=${encodeURIComponent("שלום")}`, names.rtl], ["/access/audit", ""], [`/models?q=${encodeURIComponent(names.markup)}`, names.markup]);
    await page.setViewportSize({ width: 390, height: 844 });
    let at = "";
    for (const [path, shows] of pages) {
      if (path !== at) await visit(page, souk.url + path);
      at = path;
      await page.locator("main h1").first().waitFor({ state: "attached" });
      if (shows) await expect(page.locator("main").getByText(shows).first(), `${path} shows it as text`).toBeAttached();
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390);
      expect(await page.evaluate(() => (globalThis as { broken?: number }).broken), path).toBeUndefined();
      await expect(page.locator("main img[src=x], main a[href^=javascript]")).toHaveCount(0);
    }
    // What lies over a page, and what is told in passing.
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search or run a command" }).fill("script window.broken");
    await expect(page.getByRole("option").filter({ hasText: names.markup }).first()).toBeVisible();
    await page.keyboard.press("Escape");
    expect(await page.evaluate(() => (globalThis as { broken?: number }).broken)).toBeUndefined();
  } finally {
    await souk.stop();
  }
});
