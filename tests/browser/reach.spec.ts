// SPDX-License-Identifier: Apache-2.0
//
// By keyboard alone, at twice the size, without motion; and what the browser is allowed to run.
import type { Locator, Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { expect, test, visit } from "./souk.ts";

/** Goes there as somebody does who has no pointer, and sees where one is all the way. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor();
  for (let i = 0; i < 150; i++) {
    if (await wanted.evaluate((node) => node === document.activeElement || node.contains(document.activeElement))) {
      const seen = await page.evaluate(() => {
        const look = (node: Element) => {
          const style = getComputedStyle(node);
          return style.boxShadow !== "none" || (style.outlineStyle !== "none" && style.outlineWidth !== "0px");
        };
        const at = document.activeElement!;
        return look(at) || (at.parentElement !== null && look(at.parentElement));
      });
      expect(seen, `the focus is seen on ${String(wanted)}`).toBe(true);
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`${String(wanted)} was not reached in 150 steps`);
}

test("from the list to an answer, and away again, without a pointer", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await page.getByRole("row", { name: /digits/ }).first().waitFor();
  await page.keyboard.press("j");
  await expect(page.locator("[data-row]").first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await visit(page, `${souk.url}/models/default/digits`);
  await tabTo(page, page.getByRole("button", { name: "Deploy", exact: true }));
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Deploy a model" });
  await dialog.waitFor();
  await tabTo(page, dialog.getByLabel("Name", { exact: true }));
  await page.keyboard.press("Control+a");
  await page.keyboard.type("by-keys");
  await tabTo(page, dialog.getByRole("button", { name: "Deploy", exact: true }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/deployments\/default\/by-keys/);
  await expect(page.locator("main [data-state=READY]").first()).toBeVisible();

  await tabTo(page, page.getByRole("link", { name: "Try it" }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/playground\/default\/by-keys/);
  const json = page.getByRole("button", { name: "JSON" });
  await tabTo(page, json);
  await page.keyboard.press("Enter");
  const body = page.getByLabel("Request body");
  await tabTo(page, body);
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("region", { name: "Answer" })).toContainText("probabilities");

  await visit(page, `${souk.url}/deployments/default/by-keys`);
  await tabTo(page, page.getByRole("button", { name: "More actions" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  await expect(async () => {
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("menuitem", { name: "Undeploy" })).toBeFocused({ timeout: 500 });
  }).toPass();
  await page.keyboard.press("Enter");
  const leave = page.getByRole("dialog").getByRole("button", { name: "Undeploy" });
  await tabTo(page, leave);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/deployments$/);
  await expect(page.getByRole("row", { name: /by-keys/ })).toHaveCount(0);
});

test("the map of the keyboard says what the keys do", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await page.getByRole("row", { name: /digits/ }).first().waitFor();
  await page.keyboard.press("?");
  const map = page.getByRole("dialog", { name: "Keyboard" });
  await expect(map).toBeVisible();
  for (const said of ["Models", "Deployments", "Settings"]) await expect(map.getByText(new RegExp(said)).first()).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(map).toHaveCount(0);
});

const layers = ["/models?show=upload", "/deployments/default/digits?show=deploy", "/deployments/default/digits?show=batching", "/access/keys?show=new", "/access/users?show=new", "/webhooks?show=new", "/experiments?show=new"];
const wide = ["/models", "/models/default/digits", "/models/default/digits/files", "/experiments", "/deployments/default/digits", "/playground/default/digits", "/settings?set=all", "/queues", "/access/grants?namespace=default", "/access/audit", "/reference?call=deploy"];

test("at twice the size nothing is out of reach", async ({ page, souk }) => {
  test.setTimeout(300_000);
  // A window of 1440 by 900 at 200 % has so many pixels of the page's own.
  await page.setViewportSize({ width: 720, height: 450 });
  for (const path of wide) {
    await visit(page, souk.url + path);
    await page.locator("main h1").first().waitFor();
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(720);
  }
  for (const path of layers) {
    await visit(page, souk.url + path);
    const last = page.getByRole("dialog").getByRole("button").last();
    await last.scrollIntoViewIfNeeded();
    await expect(last, path).toBeInViewport();
    const box = (await last.boundingBox())!;
    expect(box.x >= 0 && box.x + box.width <= 720, path).toBe(true);
  }
  await visit(page, `${souk.url}/models`);
  await page.getByRole("button", { name: "Open navigation" }).or(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /Settings/ })).first().click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /Settings/ }).click();
  await expect(page).toHaveURL(/\/settings$/);
});

test("who wants no motion sees none", async ({ page, souk }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await visit(page, `${souk.url}/deployments/default/digits`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByRole("button", { name: "Deploy another version" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Theme/ }).click();
  await page.getByRole("menu").waitFor();
  const moving = await page.evaluate(() => document.getAnimations().filter((one) => Number(one.effect?.getComputedTiming().duration) > 1).map((one) => (one.effect as KeyframeEffect).target?.outerHTML.slice(0, 120)));
  expect(moving).toEqual([]);
});

test("the browser runs nothing that the page did not bring: no inline script but the one it names by hash", async ({ context, souk }) => {
  for (const path of ["/models", "/set-up", "/no/such/page"]) {
    const answer = await fetch(souk.url + path);
    const policy = Object.fromEntries(answer.headers.get("content-security-policy")!.split(";").map((part) => part.trim().split(/\s+/)).map(([name, ...values]) => [name!, values]));
    expect(policy["default-src"]).toEqual(["'self'"]);
    expect(policy["object-src"]).toEqual(["'none'"]);
    expect(policy["frame-ancestors"]).toEqual(["'none'"]);
    for (const of of ["script-src", "style-src"]) for (const value of policy[of]!) expect(value).toMatch(/^'(self|sha256-[A-Za-z0-9+/=]+)'$/);
    const html = await answer.text();
    const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => `'sha256-${createHash("sha256").update(text!).digest("base64")}'`);
    expect(policy["script-src"]).toEqual(["'self'", ...inline]);
    expect(html).not.toMatch(/<[^>]+\son\w+=/); // no handlers in attributes
  }
  const page = await context.newPage(); // its console may speak of what is refused
  await visit(page, `${souk.url}/models`);
  const refused = await page.evaluate(
    () =>
      new Promise<string>((told) => {
        addEventListener("securitypolicyviolation", (event) => told(event.violatedDirective));
        new Image().src = "https://example.invalid/spy.png";
      }),
  );
  expect(refused).toBe("img-src");
  await page.close();
});
