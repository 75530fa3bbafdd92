// SPDX-License-Identifier: Apache-2.0
//
// Not a test: measures the pages (scripts/bench-web). Each figure stands beside its target, in the units of both.
import type { CDPSession } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, live, root, Souk, test } from "./souk.ts";

const rows = Number(process.env.ROWS ?? 100_000);
const minutes = Number(process.env.MINUTES ?? 1);
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

function say(what: string, value: number, unit: string, target: number, digits = 1): void {
  console.log(`${value <= target ? "ok  " : "MISS"} ${what.padEnd(66)} ${value.toFixed(digits).padStart(9)} ${unit}, target ${target} ${unit}`);
  expect.soft(value, what).toBeLessThanOrEqual(target);
}

async function heap(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "JSHeapUsedSize")!.value;
}

test("first page: bytes over the wire", async ({ page, souk }) => {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const files = new Map<string, string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, response }) => files.set(requestId, new URL(response.url).pathname));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const path = files.get(requestId) ?? "";
    if (path === "/models" || path.startsWith("/assets/")) bytes += encodedDataLength;
  });
  await page.goto(`${souk.url}/models`);
  await page.getByRole("row", { name: /digits/ }).first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  say("first page, all files with their heads", bytes / 1024, "KiB", 200);
});

test("model page: first paint with a CPU four times slower", async ({ page, souk }) => {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const paints: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < 7; round++) {
    await page.goto(`${souk.url}/models/default/digits`);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    whole.push(await page.evaluate(() => performance.now()));
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]!.startTime));
  }
  console.log(`     the model stands after ${median(whole).toFixed(0)} ms, median of 7`);
  say("first contentful paint of a model page, median of 7", median(paints), "ms", 300, 0);
});

test("lists: interaction to next paint with many rows", async ({ page }) => {
  test.setTimeout(1_200_000);
  const souk = await Souk.start();
  try {
    const begin = Date.now();
    for (let made = 0; made < rows; made += 1000) {
      const models = Array.from({ length: Math.min(1000, rows - made) }, (_, i) => ({ name: `model-${made + i}`, description: `Number ${made + i}`, tags: { team: `team-${(made + i) % 20}` } }));
      await souk.api("POST", "/api/v1/namespaces/default/models:batch", { models });
    }
    console.log(`     ${rows} models made in ${((Date.now() - begin) / 1000).toFixed(0)} s`);
    const read = Date.now();
    await page.goto(`${souk.url}/models?state=LIVE`);
    await expect(page.getByText(new RegExp(`of ${rows}$`))).toBeVisible({ timeout: 600_000 });
    console.log(`     all read by the page in ${((Date.now() - read) / 1000).toFixed(0)} s`);
    await page.evaluate(() => {
      const kept: number[] = ((globalThis as unknown as { kept: number[] }).kept = []);
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => kept.push(entry.duration))).observe({ type: "event", durationThreshold: 16, buffered: false } as PerformanceObserverInit);
    });
    const longest = async (act: () => Promise<void>) => {
      await page.evaluate(() => ((globalThis as unknown as { kept: number[] }).kept.length = 0));
      await act();
      await page.waitForTimeout(700);
      return page.evaluate(() => Math.max(16, ...(globalThis as unknown as { kept: number[] }).kept));
    };
    await page.keyboard.press("j");
    say("j, forty times", await longest(async () => { for (let i = 0; i < 40; i++) await page.keyboard.press("j"); }), "ms", 100, 0);
    say("End and Home", await longest(async () => { await page.keyboard.press("End"); await page.waitForTimeout(300); await page.keyboard.press("Home"); }), "ms", 100, 0);
    say("typing in the filter", await longest(async () => { await page.keyboard.press("/"); await page.keyboard.type("model-77", { delay: 80 }); }), "ms", 100, 0);
    say("choosing a facet", await longest(async () => { await page.getByRole("button", { name: "Tag" }).click(); await page.getByRole("menuitemradio", { name: /team-7/ }).first().click(); }), "ms", 100, 0);
  } finally {
    await souk.stop();
  }
});

test("a chart of 20 series of 10,000 points: scripting a frame while it is panned", async ({ page, souk }) => {
  const folder = join(root, "build/chart-bench");
  await page.route("**/bench/**", (route) => {
    const path = new URL(route.request().url()).pathname.replace(/^\/bench\//, "") || "index.html";
    const type = path.endsWith(".js") ? "text/javascript" : path.endsWith(".css") ? "text/css" : path.endsWith(".html") ? "text/html" : "font/woff2";
    return route.fulfill({ body: readFileSync(join(folder, path)), contentType: type });
  });
  await page.goto(`${souk.url}/bench/index.html`);
  const over = page.locator(".u-over");
  await over.waitFor();
  const box = (await over.boundingBox())!;
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const script = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ScriptDuration")!.value;
  await page.evaluate(() => {
    const counter = globalThis as unknown as { frames: number };
    counter.frames = 0;
    const tick = () => (counter.frames++, requestAnimationFrame(tick));
    requestAnimationFrame(tick);
  });
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + 700, box.y + 100);
  await page.mouse.down();
  const before = await script();
  const from = await page.evaluate(() => (globalThis as unknown as { frames: number }).frames);
  for (let i = 0; i < 120; i++) {
    await page.mouse.move(box.x + 700 - i * 4, box.y + 100);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  const frames = (await page.evaluate(() => (globalThis as unknown as { frames: number }).frames)) - from;
  const spent = (await script()) - before;
  await page.mouse.up();
  await page.keyboard.up("Shift");
  console.log(`     ${frames} frames`);
  say("scripting a frame", (spent * 1000) / frames, "ms", 8, 2);
});

test("memory under live updates", async ({ page, souk }) => {
  test.setTimeout((minutes + 3) * 60_000);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  await page.goto(`${souk.url}/deployments/default/digits`);
  await live(page);
  const model = "/api/v1/namespaces/default/models/digits";
  const run = async (seconds: number) => {
    for (const end = Date.now() + seconds * 1000, n = { at: 0 }; Date.now() < end; n.at++) {
      await souk.api("PATCH", model, { description: `Change ${n.at}` });
      await souk.api("POST", "/v2/models/digits/infer", { inputs: [{ name: "pixels", datatype: "FP32", shape: [1, 1, 16, 16], data: Array(256).fill(0) }] });
      await page.waitForTimeout(100);
    }
  };
  await run(20);
  const first = await heap(session);
  await run(minutes * 60);
  const last = await heap(session);
  console.log(`     ${(first / 1e6).toFixed(1)} MB, then ${(last / 1e6).toFixed(1)} MB after ${minutes} min`);
  say("growth of the heap after collection", (last - first) / 1e6, "MB", 2, 2);
});
