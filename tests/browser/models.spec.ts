// SPDX-License-Identifier: Apache-2.0
import { expect, filter, go, palette, sampleWith, test, undo, visit } from "./souk.ts";

test("the list answers what there is and where it runs", async ({ page, souk }) => {
  await visit(page, souk.url);
  await expect(page).toHaveURL(/\/models$/);
  const row = page.getByRole("row").filter({ has: page.locator('a[href="/models/default/digits"]') });
  await expect(row).toContainText("v1");
  await expect(row).toContainText("champion");
  await expect(row).toContainText("Serving");
  await expect(row).toContainText("Classification");
  await expect(page).toHaveTitle("Models · souk");
});

test("the filter lives in the address, and back works", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await filter(page, "Filter models", "no such thing");
  await expect(page.getByText(/No model has/)).toBeVisible();
  await expect(page).toHaveURL(/q=no\+such\+thing/);
  await page.reload();
  await expect(page.getByText(/No model has/)).toBeVisible();
  await page.getByRole("button", { name: /Drop the text/ }).click();
  await expect(page.getByRole("row", { name: /digits/ }).first()).toBeVisible();
});

test("the keyboard is enough to get from the list to the model and around", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models?q=digits`);
  await page.getByRole("row", { name: /digits/ }).first().waitFor();
  await page.keyboard.press("j");
  await expect(page.locator("[data-row]:focus")).toContainText("digits");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/models\/default\/digits/);
  await go(page, "d", /\/deployments$/);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await palette(page, "try digits", /Try digits/);
  await expect(page).toHaveURL(/\/playground\/default\/digits/);
});

test("the model page shows version, digest, signature, card and who uses it", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models/default/digits?version=1`); // others push more
  await expect(page.getByRole("heading", { level: 1 }).first()).toContainText("digits");
  const signature = page.getByRole("region", { name: "Signature" });
  await expect(signature).toContainText("pixels");
  await expect(signature).toContainText("[batch, 1, 16, 16]");
  await expect(signature).toContainText("probabilities");
  await expect(page.getByRole("region", { name: "Model card" })).toContainText("What it takes and gives");
  const rail = page.getByRole("complementary");
  await expect(rail).toContainText(/sha256:[0-9a-f]{9}…[0-9a-f]{6}/);
  await expect(rail).toContainText("ONNX");
  await expect(rail).toContainText("Sealed");
  await expect(rail).toContainText("Serving");
  await expect(rail).toContainText("souk model pull default/digits:1");
});

test("files are listed and looked into", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models/default/digits`);
  await page.getByRole("link", { name: /^Files/ }).click();
  await page.getByRole("row", { name: /souk\.yaml/ }).click();
  await expect(page).toHaveURL(/file=souk\.yaml/);
  await expect(page.locator("pre")).toContainText("task: CLASSIFICATION");
  await page.getByRole("row", { name: /images\/7\.png/ }).click();
  await expect(page.getByRole("img", { name: "images/7.png" })).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download labels.txt" }).click();
  expect((await download).suggestedFilename()).toBe("labels.txt");
});

test("what the command line changes is seen at once, and an alias moves by menu and back", async ({ page, souk }) => {
  await souk.cli("model", "push", "samples/digits", "default/watched:1"); // of its own: others push and move those of digits
  await souk.cli("alias", "set", "champion", "default/watched:1");
  await visit(page, `${souk.url}/models/default/watched/versions`);
  await souk.cli("model", "push", sampleWith(souk, "watched-2", "NOTES.md", "The second version.\n"), "default/watched:2");
  await expect(page.getByRole("row", { name: /^(Mark )?v2/ })).toBeVisible();

  await page.getByRole("button", { name: "Actions on v2" }).click();
  await page.getByRole("menuitem", { name: /^champion/ }).click();
  const back = await undo(page);
  await expect(page.getByRole("row", { name: /^(Mark )?v2/ })).toContainText("champion");
  await expect(page.getByRole("row", { name: /^(Mark )?v1/ })).not.toContainText("champion");
  await back.click();
  await expect(page.getByRole("row", { name: /^(Mark )?v1/ })).toContainText("champion");
  const { aliases } = await souk.api<{ aliases: { name: string; version: number }[] }>("GET", "/api/v1/namespaces/default/models/watched/aliases");
  expect(aliases.find((alias) => alias.name === "champion")?.version).toBe(1);
});

test("what is not there says so", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models/default/nothing`);
  await expect(page.getByRole("heading", { name: /is not here/ })).toBeVisible();
  await visit(page, `${souk.url}/models/default/a.model.with.dots`);
  await expect(page.getByRole("heading", { name: /is not here/ })).toBeVisible();
  await visit(page, `${souk.url}/no/such/page`);
  await expect(page.getByRole("heading", { name: /No page has this address/ })).toBeVisible();
});

test("names that are markup, right to left or long are only text", async ({ page, souk }) => {
  const names = [`<img src=x onerror="document.title='owned'">`, "שלום עולם", "🜚".repeat(62)];
  for (const [i, name] of names.entries()) await souk.api("POST", "/api/v1/namespaces/default/models", { name, slug: `odd-${i}`, description: name, readme: `# ${name}\n\n<script>document.title="owned"</script>` });
  await visit(page, `${souk.url}/models?q=odd-`);
  await expect(page.getByText(names[0]!, { exact: true }).first()).toBeVisible();
  for (const i of [0, 1, 2]) {
    await visit(page, `${souk.url}/models/default/odd-${i}`);
    await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  }
  await expect(page).not.toHaveTitle("owned");
  for (const i of [0, 1, 2]) await souk.api("DELETE", `/api/v1/namespaces/default/models/odd-${i}`);
});

test("facets stand in the address, a view keeps them, and the way out of nothing is said", async ({ page, souk }) => {
  await souk.api("POST", "/api/v1/namespaces/default/models", { name: "tagged", tags: { team: "risk" } });
  await visit(page, `${souk.url}/models`);
  await page.getByRole("button", { name: "Tag", exact: true }).click();
  await page.getByRole("menuitemradio", { name: /team: risk/ }).click();
  await expect(page).toHaveURL(/tag=team/);
  await expect(page.getByRole("row", { name: /digits/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Save what is shown" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Risk");
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.getByRole("button", { name: "Task", exact: true }).click();
  await page.getByRole("menuitemradio", { name: /Classification/ }).click();
  await expect(page.getByText("No model fits all of these.")).toBeVisible();
  await page.getByRole("button", { name: /Any tag/ }).click();
  await expect(page.getByRole("row", { name: /digits/ }).first()).toBeVisible();
  await page.reload();
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitemradio", { name: "Risk" }).click();
  await expect(page).toHaveURL(/\/models\?tag=team/);
  await expect(page.getByRole("row", { name: /tagged/ })).toBeVisible();
  await souk.api("DELETE", "/api/v1/namespaces/default/models/tagged");
});

test("versions are marked with x and compared, what differs first; text files line by line", async ({ page, souk }) => {
  await souk.cli("model", "push", "samples/digits", "default/compared:1"); // of its own
  const number = 2;
  await souk.cli("model", "push", sampleWith(souk, "digits-compared", "labels.txt", "zero\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"), `default/compared:${number}`);
  await visit(page, `${souk.url}/models/default/compared/versions`);
  await page.getByRole("row", { name: new RegExp(`v${number} `) }).waitFor();
  await page.keyboard.press("j");
  await expect(page.locator("[data-row]:focus")).toContainText(`v${number}`);
  await page.keyboard.press("x");
  await expect(page).toHaveURL(new RegExp(`pick=${number}`));
  const first = page.getByLabel("Mark v1", { exact: true });
  await first.click(); // what is marked stands in the address, so the mark comes a moment later
  await expect(first).toBeChecked();
  await page.getByRole("link", { name: `Compare v${number}, v1` }).click();
  const table = page.getByRole("table", { name: "Compared versions" });
  await expect(table.getByRole("row", { name: /Digest/ })).toBeVisible();
  await expect(table.getByRole("row", { name: /Format/ })).toHaveCount(0);
  await page.getByRole("button", { name: "labels.txt" }).click();
  const difference = page.getByRole("region", { name: "Difference of labels.txt" });
  await expect(difference).toContainText("zero");
  await page.getByRole("button", { name: "Everything" }).click();
  await expect(table.getByRole("row", { name: /Format/ })).toBeVisible();
  await expect(table.getByRole("row", { name: /numpy/ })).toBeVisible(); // of requirements.txt
});

test("an alias goes back to where it was by its history", async ({ page, souk }) => {
  await souk.cli("model", "push", "samples/digits", "default/walked:1"); // of its own
  await souk.cli("model", "push", sampleWith(souk, "walked-2", "NOTES.md", "Walked.\n"), "default/walked:2");
  const alias = "/api/v1/namespaces/default/models/walked/aliases/walked";
  await souk.api("PUT", alias, { version: 1 });
  await souk.api("PUT", alias, { version: 2 });
  await visit(page, `${souk.url}/models/default/walked/versions`);
  await page.getByRole("button", { name: /^walked/ }).click();
  await page.getByRole("button", { name: "Back to v1" }).click();
  const back = await undo(page);
  await expect(page.getByRole("row", { name: /^(Mark )?v1/ }).first()).toContainText("walked");
  await back.click();
  await expect(page.getByRole("row", { name: /^(Mark )?v2/ }).first()).toContainText("walked");
  await souk.api("DELETE", alias);
});

test("the card is written with a preview, undone, and never over somebody else's words", async ({ page, souk }) => {
  const model = "/api/v1/namespaces/default/models/digits";
  await visit(page, `${souk.url}/models/default/digits`);
  const card = page.getByRole("region", { name: "Model card" });
  await card.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Model card, Markdown").fill("# Mine\n\n<script>alert(1)</script> **bold**");
  await card.getByRole("button", { name: "Preview" }).click();
  await expect(card.getByRole("heading", { name: "Mine" })).toBeVisible();
  await souk.api("PATCH", model, { readme: "# Theirs" });
  await card.getByRole("button", { name: "Save" }).click();
  await expect(card.getByRole("alert")).toContainText("Somebody changed the model");
  await card.getByRole("button", { name: /Keep mine/ }).click();
  await expect(card).toContainText("# Theirs");
  await card.getByRole("button", { name: "Save" }).click();
  const back = await undo(page);
  await expect(card.getByRole("heading", { name: "Mine" })).toBeVisible();
  await back.click();
  await expect(card.getByRole("heading", { name: "Theirs" })).toBeVisible();
  await souk.api("PATCH", model, { readme: "" });
});

test("a graph is outlined without its weights being fetched", async ({ page, souk }) => {
  const ranges: string[] = [];
  page.on("request", (request) => request.url().includes("/blobs/") && ranges.push(request.headers().range ?? "whole"));
  await visit(page, `${souk.url}/models/default/digits/files?file=digits.onnx`);
  const graph = page.getByRole("region", { name: "Graph" });
  await expect(graph).toContainText("pixels");
  await expect(graph.getByRole("list", { name: "Operations in order" })).toContainText("Conv");
  expect(ranges.every((range) => range.startsWith("bytes="))).toBe(true);
});

test("it is used from curl, Python, the command line and containers; the copied commands work", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models/default/digits/use`);
  const pull = page.getByRole("tabpanel").filter({ hasText: "souk model pull" });
  await expect(pull).toBeVisible();
  const tabs = page.getByRole("tablist", { name: "Pull" });
  for (const [tongue, part] of [["crane", "crane pull"], ["skopeo", "skopeo copy"], ["docker", "docker run --rm"]] as const) {
    await tabs.getByRole("tab", { name: tongue }).click();
    await expect(page.getByRole("tabpanel").filter({ hasText: part })).toBeVisible();
  }
  const ask = page.getByRole("tablist", { name: "Ask with tensors" });
  for (const tongue of ["Python", "souk", "curl"]) await ask.getByRole("tab", { name: tongue }).click();
  const command = await page.getByRole("tabpanel").filter({ hasText: "/v2/models/digits/infer" }).last().textContent();
  expect(command).toContain("curl -s");
});

test("lineage is drawn from the runs that made a version to where it serves", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models/default/digits/lineage?version=1`);
  const lineage = page.getByRole("region", { name: "Lineage" });
  await expect(lineage.getByRole("listitem").filter({ hasText: "champion" }).or(lineage.getByRole("listitem").filter({ hasText: "digits" })).first()).toBeVisible();
  const count = await lineage.getByRole("listitem").count();
  expect(count).toBeGreaterThan(1);
});
