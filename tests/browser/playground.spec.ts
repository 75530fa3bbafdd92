// SPDX-License-Identifier: Apache-2.0
import type { Page } from "@playwright/test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, root, sampleWith, type Souk, test, visit } from "./souk.ts";
import { digits, type Drawing, ways } from "./strokes.ts";

const pad = (page: Page) => page.locator("[data-pad]");

/** Draws with the pointer, and gives what the page says it is. */
async function draw(page: Page, drawing: Drawing): Promise<string> {
  if (await page.getByRole("button", { name: "Clear" }).isEnabled()) await page.getByRole("button", { name: "Clear" }).click();
  await expect(page.locator("[data-answer]")).toHaveCount(0);
  const box = (await pad(page).boundingBox())!;
  const at = ([x, y]: [number, number]) => [box.x + (x / 280) * box.width, box.y + (y / 280) * box.height] as const;
  for (const stroke of drawing) {
    await page.mouse.move(...at(stroke[0]!));
    await page.mouse.down();
    for (const point of stroke.slice(1)) await page.mouse.move(...at(point), { steps: 2 });
    await page.mouse.up();
  }
  await expect(pad(page)).toHaveAccessibleName(new RegExp(`${drawing.length} stroke`));
  await expect(page.getByRole("region", { name: "Answer" })).toHaveAttribute("aria-busy", "false");
  return (await page.locator("[data-answer]").getAttribute("data-answer"))!;
}

async function open(page: Page, souk: Souk, input = ""): Promise<void> {
  await visit(page, `${souk.url}/playground/default/digits${input ? `?input=${input}` : ""}`);
  await page.getByRole("region", { name: "Input" }).waitFor();
}

test("a digit drawn on the pad is told, with the scores of all ten", async ({ page, souk }) => {
  await open(page, souk);
  expect(await draw(page, ways.large(digits[7]!))).toBe("7");
  const bars = page.getByRole("list", { name: "Probability of each category" }).getByRole("listitem");
  await expect(bars).toHaveCount(10);
  expect((await bars.locator(":scope > :first-child").allTextContents()).join("")).toBe("0123456789");
  const shares = await bars.locator(":scope > :last-child").allTextContents();
  const sum = shares.reduce((total, text) => total + Number(text.replace(/[^\d.]/g, "")), 0);
  expect(sum).toBeGreaterThan(99);
  expect(sum).toBeLessThan(101);
  await expect(page.getByRole("region", { name: "Latency" })).toContainText(/v1\s*sha256:/);
  await expect(page.getByRole("tabpanel")).toContainText("/v1alpha/namespaces/default/models/digits/trigger");
  await page.getByRole("tab", { name: "souk" }).click();
  await expect(page.getByRole("tabpanel")).toContainText("souk infer digits --image");
});

test("ten digits drawn in three ways: at least 27 of 30 are told right", async ({ page, souk }) => {
  test.setTimeout(600_000);
  await open(page, souk);
  const wrong: string[] = [];
  for (const [way, place] of Object.entries(ways)) {
    for (const [digit, drawing] of digits.entries()) {
      const told = await draw(page, place(drawing, digit));
      if (told !== String(digit)) wrong.push(`${digit} ${way}: told ${told}`);
    }
  }
  test.info().annotations.push({ type: "told right", description: `${30 - wrong.length} of 30${wrong.length ? `; ${wrong.join(", ")}` : ""}` });
  console.log(`told right: ${30 - wrong.length} of 30${wrong.length ? ` (${wrong.join(", ")})` : ""}`);
  expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(3);
});

test("undo takes a stroke back, clear empties the pad, and a try can be asked again", async ({ page, souk }) => {
  await open(page, souk);
  const first = await draw(page, ways.large(digits[5]!));
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(pad(page)).toHaveAccessibleName(/1 stroke/);
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(pad(page)).toHaveAccessibleName(/empty/);
  await expect(page.locator("[data-answer]")).toHaveCount(0);
  await draw(page, ways.large(digits[1]!));
  await page.getByRole("region", { name: "Tried here" }).getByRole("button").last().click();
  await expect(page.locator("[data-answer]")).toHaveText(first);
});

test("each deployment of a model is asked itself", async ({ page, souk }) => {
  await souk.cli("model", "push", sampleWith(souk, "digits-other", "OTHER.md", "Another version.\n"), "default/digits:other");
  await souk.cli("deploy", "default/digits:other", "--name", "other");
  const { version } = await souk.api<{ version: number }>("GET", "/api/v1/namespaces/default/deployments/other");
  await visit(page, `${souk.url}/playground/default/other`);
  await page.getByRole("region", { name: "Input" }).waitFor();
  expect(await draw(page, ways.large(digits[2]!))).toBe("2");
  await expect(page.getByRole("region", { name: "Latency" })).toContainText(new RegExp(`v${version}\\s*sha256:`));
  await souk.cli("undeploy", "other");
});

test("an image file is told, and one that is none is refused with the input kept", async ({ page, souk }) => {
  await open(page, souk, "image");
  await page.locator("input[type=file][accept='image/*']").setInputFiles(join(root, "samples/digits/images/7.png"));
  await expect(page.locator("[data-answer]")).toHaveText("7");
  await page.locator("input[type=file][accept='image/*']").setInputFiles({ name: "fake.png", mimeType: "image/png", buffer: Buffer.from("not an image") });
  await expect(page.getByRole("alert")).toContainText("No answer");
  await expect(page.getByRole("img", { name: "fake.png" })).toBeVisible();
});

test("numbers and JSON go by the tensor door; errors keep the input", async ({ page, souk }) => {
  await open(page, souk, "numbers");
  await page.getByRole("button", { name: "Random" }).click();
  await page.getByRole("region", { name: "Input" }).getByRole("button", { name: "Send" }).filter({ visible: true }).click();
  await expect(page.getByRole("region", { name: "Answer" })).toContainText("probabilities");
  await page.getByLabel("pixels 3", { exact: true }).fill("abc");
  await page.getByRole("region", { name: "Input" }).getByRole("button", { name: "Send" }).filter({ visible: true }).click();
  await expect(page.getByRole("alert")).toContainText("abc is not a number");

  await page.getByRole("button", { name: "JSON" }).click();
  await expect(page).toHaveURL(/input=json/);
  const body = page.getByLabel("Request body");
  await body.fill(`{"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]}`);
  await body.press("Control+Enter");
  await expect(page.getByRole("alert")).toContainText("No answer");
  await expect(page.getByRole("alert")).toContainText(/pixels/);
  await expect(body).toHaveValue(/"shape": \[1, 3\]/);
  await body.fill(`{"inputs": ]`);
  await expect(page.getByText(/A value is wanted in line 1/)).toBeVisible();
});

test("the copied curl gives the same answer in a shell", async ({ page, souk, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, souk);
  const told = await draw(page, ways.large(digits[3]!));
  await page.getByRole("tab", { name: "curl" }).click();
  await page.getByRole("button", { name: "Copy the curl call" }).click();
  await expect(page.getByText("Copied", { exact: true })).toBeAttached();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const { execFileSync } = await import("node:child_process");
  const answer = JSON.parse(execFileSync("sh", ["-c", command]).toString()) as { task_outputs: { data: { category: string } }[] };
  expect(answer.task_outputs[0]!.data.category).toBe(told);
});

test("an image is cropped by keyboard and asked; a camera that is not there says so", async ({ page, souk }) => {
  await open(page, souk, "image");
  await page.locator("input[type=file][accept='image/*']").setInputFiles(join(root, "samples/digits/images/7.png"));
  await expect(page.locator("[data-answer]")).toHaveText("7");
  await page.getByRole("button", { name: "Crop" }).click();
  const frame = page.getByRole("application");
  await frame.focus();
  await page.keyboard.press("Shift+ArrowRight");
  await expect(frame).toHaveAccessibleName(/82 by 80 percent/);
  const asked = page.waitForRequest(/trigger$/);
  await page.getByRole("button", { name: "Use this part" }).click();
  await asked;
  await expect(page.locator("[data-answer]")).toBeVisible();
  await page.getByRole("button", { name: "Camera" }).click();
  await expect(page.getByRole("alert").or(page.getByRole("button", { name: "Take the picture" })).first()).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Crop" })).toBeVisible();
});

test("a picture is taken by the camera, and asked", async ({ souk, playwright, launchOptions }) => {
  // Of its own: only a browser that is started so has a camera, one that shows a moving test picture.
  const browser = await playwright.chromium.launch({ ...launchOptions, args: [...(launchOptions.args ?? []), "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] });
  try {
    const page = await browser.newPage();
    await visit(page, `${souk.url}/playground/default/digits?input=image`);
    await page.getByRole("button", { name: "Camera" }).click();
    const take = page.getByRole("button", { name: "Take the picture" });
    await expect(take).toBeEnabled();
    const asked = page.waitForRequest(/trigger$/);
    await take.click();
    expect((await asked).postData()).toMatch(/iVBORw0KGgo/); // a PNG
    await expect(page.locator("[data-answer]")).toHaveText(/^\d$/);
    await expect(page.getByRole("button", { name: "Crop" })).toBeVisible();
  } finally {
    await browser.close();
  }
});

test("JSON is completed from the signature", async ({ page, souk }) => {
  await open(page, souk, "json");
  const body = page.getByLabel("Request body");
  await body.fill("");
  await body.pressSequentially('{"in');
  await expect(page.getByRole("option", { name: /inputs/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(body).toHaveValue('{"inputs": []');
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Control+Space");
  await page.getByRole("option", { name: /pixels, whole/ }).click();
  await body.press("End");
  await body.pressSequentially("}");
  await body.press("Control+Enter");
  await expect(page.getByRole("region", { name: "Answer" })).toContainText("probabilities");
});

test("a link fills the input in and sends nothing; history outlives the page", async ({ page, souk, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, souk);
  const told = await draw(page, ways.large(digits[7]!));
  await page.getByRole("button", { name: "Share this input" }).click();
  await expect(page.getByText("Link copied")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toContain("#try=");
  await page.reload();
  await expect(page.getByRole("region", { name: "Tried here" }).getByRole("button", { name: new RegExp(`^${told}`) })).toBeVisible();

  const other = await context.newPage();
  let asked = 0;
  other.on("request", (request) => (asked += /trigger$/.test(request.url()) ? 1 : 0));
  await other.goto(link);
  await expect(pad(other)).toHaveAccessibleName(/stroke/);
  await expect(other.getByText("This input came by a link")).toBeVisible();
  expect(asked).toBe(0);
  await other.getByRole("button", { name: "Ask it" }).click();
  await expect(other.locator("[data-answer]")).toHaveText(told);
  await other.goto(`${souk.url}/playground/default/digits#try=broken`);
  await expect(other.getByRole("region", { name: "Notifications" }).getByText("The link is broken")).toBeVisible();
  await other.close();
});

test("what was asked is sent a hundred times and drawn", async ({ page, souk }) => {
  await open(page, souk, "numbers");
  await page.getByRole("button", { name: "Random" }).click();
  await page.getByRole("region", { name: "Input" }).getByRole("button", { name: "Send" }).filter({ visible: true }).click();
  const sketch = page.getByRole("region", { name: "Load sketch" });
  await sketch.getByRole("button", { name: "4 at once" }).click();
  await sketch.getByRole("button", { name: "Send" }).click();
  await expect(sketch).toContainText("100 of 100 answered", { timeout: 120_000 });
  await expect(sketch.getByRole("figure")).toHaveAccessibleName(/Latency.*took/);
});

test("answers are drawn for what they are: boxes, a mask, a picture, a table, text", async ({ page, souk }) => {
  await souk.cli("model", "push", "tests/data/drawn", "default/drawn:1");
  await souk.cli("deploy", "default/drawn:1", "--name", "drawn");
  await visit(page, `${souk.url}/playground/default/drawn`);
  const side = 16;
  const all = (of: (x: number, y: number) => number) => Array.from({ length: side * side }, (_, i) => of(i % side, Math.floor(i / side)));
  const inside = (x: number, y: number) => x >= 4 && x < 12 && y >= 4 && y < 12;
  const image = [all((x) => x * 16), all((_, y) => y * 16), all(() => 128)].flat();
  const inputs = [
    { name: "given_boxes", datatype: "FP32", shape: [2, 4], data: [0.1, 0.1, 0.5, 0.5, 0.4, 0.3, 0.9, 0.8] },
    { name: "given_scores", datatype: "FP32", shape: [2], data: [0.9, 0.6] },
    { name: "given_classes", datatype: "INT64", shape: [2], data: [3, 5] },
    { name: "given_mask", datatype: "INT64", shape: [1, side, side], data: all((x, y) => (inside(x, y) ? 1 : 0)) },
    { name: "given_image", datatype: "UINT8", shape: [3, side, side], data: image },
    { name: "given_table", datatype: "FP32", shape: [2, 3], data: [1.5, 2.5, 3.5, 4.5, 5.5, 6.5] },
    { name: "given_text", datatype: "BYTES", shape: [1], data: ["<b>Grüße</b>\u{1F44B}"] },
  ];
  await page.getByRole("button", { name: "JSON" }).click(); // it opens with a table of numbers for each input
  await expect(page).toHaveURL(/input=json/);
  const body = page.getByLabel("Request body");
  await body.fill(JSON.stringify({ inputs }));
  await body.press("Control+Enter");
  const answer = page.getByRole("region", { name: "Answer" });
  const boxes = answer.getByRole("list", { name: "Boxes" }).getByRole("listitem");
  await expect(boxes).toHaveCount(2);
  await expect(boxes.first()).toContainText("0.1, 0.1, 0.5, 0.5");
  const dot = (name: string, x: number, y: number) => answer.getByRole("img", { name: new RegExp(`^${name}`) }).evaluate((canvas, [left, top]) => [...(canvas as HTMLCanvasElement).getContext("2d")!.getImageData(left, top, 1, 1).data], [x, y] as const);
  await expect(answer.getByRole("img", { name: "mask, a mask of 16 by 16" })).toBeVisible();
  expect(await dot("mask", 8, 8)).not.toEqual(await dot("mask", 0, 0));
  await expect(answer.getByRole("img", { name: "image, a picture of 16 by 16" })).toBeVisible();
  expect(await dot("image", 10, 3)).toEqual([160, 48, 128, 255]);
  await expect(answer.getByRole("group", { name: "Values of table" })).toContainText("1.52.53.54.55.56.5");
  await expect(answer.getByRole("region", { name: "text" })).toContainText("<b>Grüße</b>\u{1F44B}"); // as text, never as markup
  await expect(answer.locator("b", { hasText: "Grüße" })).toHaveCount(0);
  // The same call in the other tongues, and what was asked in the list of tries.
  for (const [tongue, part] of [["curl", "/v2/models/drawn/infer"], ["Python", "given_boxes"], ["souk", "souk infer drawn --data"]] as const) {
    await page.getByRole("tab", { name: tongue }).click();
    await expect(page.getByRole("tabpanel")).toContainText(part);
  }
  await expect(page.getByRole("region", { name: "Tried here" }).getByRole("listitem")).toHaveCount(1);
});

test("a model of text is written to, and what it says is read", async ({ page, souk }) => {
  const folder = join(souk.folder, "echo");
  mkdirSync(folder);
  copyFileSync(join(root, "tests/data/models/identity_bytes.onnx"), join(folder, "model.onnx"));
  await souk.cli("model", "push", folder, "default/echo:1");
  await souk.cli("deploy", "default/echo:1", "--name", "echo");
  await visit(page, `${souk.url}/playground/default/echo`);
  await expect(page.getByRole("button", { name: "Text", exact: true })).toHaveAttribute("aria-pressed", "true");
  await page.getByLabel("input 0", { exact: true }).fill("Grüße,\nשלום & <i>more</i>");
  await page.keyboard.press("Control+Enter");
  const answer = page.getByRole("region", { name: "Answer" });
  await expect(answer.getByRole("region", { name: "output" })).toContainText("Grüße,\nשלום & <i>more</i>");
  await expect(page.getByRole("region", { name: "Response" }).or(page.getByText("200 OK")).first()).toBeVisible();
});
