// SPDX-License-Identifier: Apache-2.0
//
// Not a test: makes the pictures of the documentation (scripts/update-pictures), with the sample and two versions of it.
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { live, root, test } from "./souk.ts";
import { digits, ways } from "./strokes.ts";

const images = join(root, "docs/images");

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
  await take("models", "/models");
  await take("model", "/models/default/digits");
  await take("deployment", "/deployments/default/digits", async () => {
    // The charts draw what happens while one looks.
    const body = { inputs: [{ name: "pixels", datatype: "FP32", shape: [1, 1, 16, 16], data: Array<number>(256).fill(0) }] };
    for (let second = 0; second < 14; second++) {
      for (let i = 0; i < 20 + 12 * (second % 5); i++) await souk.api("POST", "/v2/models/digits/infer", body);
      await page.waitForTimeout(900);
    }
  });
  await souk.api("POST", "/api/v1/users", { name: "anna", display_name: "Anna Author" });
  await souk.api("POST", "/api/v1/users", { name: "ben", display_name: "Ben Builder" });
  await souk.api("POST", "/api/v1/teams", { name: "vision", display_name: "Vision team" });
  await souk.api("PUT", "/api/v1/teams/vision/members/anna", { role: "WRITER" });
  await souk.api("POST", "/api/v1/namespaces/default/service_accounts", { name: "trainer", display_name: "Nightly training", role: "WRITER" });
  await souk.api("POST", "/api/v1/namespaces/default/grants", { to: "vision", role: "ADMIN" });
  await souk.api("POST", "/api/v1/namespaces/default/grants", { to: "ben", role: "READER" });
  await take("access", "/access/grants?namespace=default");
  await page.emulateMedia({ colorScheme: "dark" });
  await take("playground", "/playground/default/digits", draw);
});
