// SPDX-License-Identifier: Apache-2.0
//
// Not a test: makes the pictures of the documentation (scripts/update-pictures): some told stories for the README and the
// how-tos, and every page there is, in both themes at 1440 and 390 pixels. Of those the light wide one and the dark narrow
// one stay in docs/images/pages; all four lie in build/pictures to be looked at.
import type { Page } from "@playwright/test";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fill, images, views } from "./pages.ts";
import { live, root, Souk, test } from "./souk.ts";
import { digits, ways } from "./strokes.ts";

/** Runs as somebody has them who looks for a net that reads meters. */
async function train(souk: Souk): Promise<void> {
  const runs = "/api/v1/namespaces/default/experiments/meter-digits/runs";
  await souk.api("POST", "/api/v1/namespaces/default/experiments", { name: "meter digits", description: "Which net reads the meter best", tags: { team: "vision" } });
  let state = 7;
  const random = () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  for (let i = 0; i < 12; i++) {
    const lr = Number((10 ** (-1 - 3 * random())).toPrecision(3));
    const parameters = { lr, optimizer: ["adam", "sgd"][i % 2], width: [32, 64, 128][i % 3], dropout: Math.round(random() * 50) / 100, epochs: 20 };
    const { id } = await souk.api<{ id: number }>("POST", runs, { name: `net-${i + 1}` });
    const metrics = Array.from({ length: 300 }, (_, step) => {
      const loss = 0.05 + parameters.dropout / 9 + 2 * Math.exp((-step / 300) * (4.5 + Math.log10(lr))) + 0.1 * (random() - 0.5) * (1 - step / 500);
      return [{ name: "loss", value: Math.max(0.01, loss), step }, { name: "accuracy", value: Math.min(0.998, 1 - Math.max(0.01, loss) / 5), step }];
    }).flat();
    const artifacts = [{ kind: "DATASET", name: "meters", source: "s3://data/meters" }, { kind: "MODEL", name: `net-${i + 1}.onnx`, uri: `s3://models/net-${i + 1}.onnx` }];
    await souk.api("POST", `${runs}/${id}:log`, { parameters, artifacts, metrics });
    if (i < 11) await souk.api("PATCH", `${runs}/${id}`, { status: i === 7 ? "FAILED" : "FINISHED" });
  }
}

test("pictures", async ({ page, souk }) => {
  const folder = join(souk.folder, "digits-2");
  cpSync(join(root, "samples/digits"), folder, { recursive: true });
  writeFileSync(join(folder, "NOTES.md"), "How to use it in the meter pipeline.\n");
  await souk.cli("model", "push", folder, "default/digits:2", "--alias", "challenger");
  const model = "/api/v1/namespaces/default/models/digits";
  await souk.api("PATCH", model, { description: "Tells which digit, 0 to 9, a picture shows" });
  await souk.api("PATCH", `${model}/versions/1`, { description: "The sample as it comes", custom_properties: { accuracy: 0.9917 } });
  await souk.api("PATCH", `${model}/versions/2`, { description: "Notes added", custom_properties: { accuracy: 0.9917 } });
  for (let i = 0; i < 40; i++) await souk.cli("infer", "digits", "--image", `samples/digits/images/${i % 10}.png`);

  const take = async (name: string, path: string, act?: () => Promise<void>) => {
    await page.goto(souk.url + path);
    await live(page);
    await page.evaluate(() => document.fonts.ready);
    await act?.();
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(images, `${name}.png`) });
  };
  const draw = async () => {
    const box = (await page.locator("[data-pad]").boundingBox())!;
    for (const stroke of ways.large(digits[3]!)) {
      for (const [i, [x, y]] of stroke.entries()) {
        await page.mouse.move(box.x + (x / 280) * box.width, box.y + (y / 280) * box.height);
        if (i === 0) await page.mouse.down();
      }
      await page.mouse.up();
    }
    await page.locator("[data-answer]").waitFor();
  };
  await page.emulateMedia({ colorScheme: "light" });
  await take("model", "/models/default/digits");
  await souk.cli("deploy", "default/digits:2", "--name", "digits", "--canary", "10:30m,50:1h", "--keep", "30m", "--check", "error_rate<=1%", "--check", "p99<=800ms");
  await take("deployment", "/deployments/default/digits", async () => {
    await load(page, souk, "digits", 24);
  });
  await souk.api("POST", "/api/v1/namespaces/default/deployments/digits/rollouts/latest:abort");
  await train(souk);
  await take("curves", "/experiments/default/meter-digits/curves?smooth=0.6");
  await page.emulateMedia({ colorScheme: "dark" });
  await take("playground", "/playground/default/digits", draw);
});

/** As WebP, which Chromium writes a third as large as PNG. */
async function save(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  writeFileSync(path, Buffer.from(data, "base64"));
  await session.detach();
}

/** The charts draw what happens while one looks. */
async function load(page: Page, souk: Souk, deployment: string, seconds: number): Promise<void> {
  const body = { inputs: [{ name: "pixels", datatype: "FP32", shape: [1, 1, 16, 16], data: Array<number>(256).fill(0) }] };
  for (let second = 0; second < seconds; second++) {
    for (let i = 0; i < 20 + 12 * ((second >> 1) % 5); i++) await souk.api("POST", `/v2/models/${deployment}/infer`, body);
    await page.waitForTimeout(900);
  }
}
/** Views with charts, and whose they are. */
const asked: Record<string, string> = { deployment: "digits", rollout: "ramp" };

/** Moments that differ from one making to the next: nothing is measured while they are taken. */
async function settled(page: Page): Promise<void> {
  await page.locator("main h1, [role=dialog]").first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(700);
}

test("every page", async ({ page }) => {
  test.setTimeout(1_200_000);
  // Its paths are in the pictures: the same ones each time.
  const place = join(tmpdir(), "souk-pictures");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  const souk = await Souk.start({ dev: true, folder: place });
  const kept = join(images, "pages");
  const all = join(root, "build/pictures");
  try {
    await souk.cli("model", "push", "samples/digits", "default/digits:1");
    await souk.api("PUT", "/api/v1/namespaces/default/models/digits/aliases/champion", { version: 1 });
    await souk.cli("deploy", "default/digits@champion", "--name", "digits");
    await fill(souk);
    const only = process.env.PAGES?.split(",");
    for (const folder of only ? [] : [kept, all]) rmSync(folder, { recursive: true, force: true });
    for (const folder of [kept, all]) mkdirSync(folder, { recursive: true });
    await page.emulateMedia({ reducedMotion: "reduce" });
    for (const [name, path] of Object.entries(views)) {
      if (only && !only.includes(name)) continue;
      for (const [width, height] of [[1440, 900], [390, 844]] as const) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme: "light" });
        await page.goto(souk.url + path);
        await live(page);
        if (asked[name]) await load(page, souk, asked[name], 20);
        for (const theme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme: theme });
          await settled(page);
          await save(page, join(all, `${name}-${width}-${theme}.webp`));
          if ((width === 1440) === (theme === "light")) await save(page, join(kept, `${name}-${width}.webp`));
        }
      }
    }
    const row = ([name, path]: [string, string]) => `| [\`${path.replace("|", "%7C")}\`](images/pages/${name}-1440.webp) | ![](images/pages/${name}-1440.webp) | <img src="images/pages/${name}-390.webp" width="130" alt=""> |`;
    writeFileSync(join(root, "docs/pages.md"), `# Every page\n\nMade by \`scripts/update-pictures\` from the real binary, light at 1440 pixels and dark at 390.\n\n| address | | |\n|---|---|---|\n${Object.entries(views).map(row).join("\n")}\n`);
  } finally {
    await souk.stop();
  }
});
