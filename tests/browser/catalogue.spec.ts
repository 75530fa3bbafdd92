// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, filter, go, root, Souk, test, visit } from "./souk.ts";

test("the catalogue is narrowed by what it knows, shows what is broken, and what its sources say", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "souk-catalogue-"));
  cpSync(join(root, "tests/data/catalog"), folder, { recursive: true });
  const sources = join(folder, "sources.yaml");
  const souk = await Souk.start({ dev: true, args: ["--catalog-sources", sources, "--catalog-performance", join(folder, "performance"), "--catalog-poll", "100ms"] });
  try {
    await visit(page, `${souk.url}/models`);
    await go(page, "c", /\/catalogue/);
    const models = page.getByRole("table", { name: "Models" });
    await expect(models.getByRole("row")).toHaveCount(5); // four and the head
    const aside = page.getByRole("complementary", { name: "Narrow down" });
    await expect(aside.getByRole("group", { name: "Sources" })).toContainText("leads out of the folder");
    await aside.getByRole("checkbox", { name: "llama3" }).check();
    await expect(page).toHaveURL(/where=license%3Dllama3/);
    await expect(models.getByRole("row")).toHaveCount(2);
    await page.reload();
    await expect(models.getByRole("row", { name: /meta-llama\/llama/ })).toBeVisible();
    await page.getByRole("button", { name: "Drop filters" }).click();
    await expect(models.getByRole("row")).toHaveCount(5);
    await filter(page, "Search the catalogue", "granite-8b");
    await expect(models.getByRole("row")).toHaveCount(2);
    await page.keyboard.press("Escape");
    await models.getByRole("link", { name: /granite-8b/ }).click();
    await expect(page.getByRole("heading", { level: 1, name: "ibm-granite/granite-8b" })).toBeVisible();
    await expect(page.getByRole("region", { name: "Where it is" })).toContainText("oci://registry.example.com/granite:8b");
    await expect(page.getByRole("region", { name: "Performance" })).toContainText("H100");
    await expect(page.getByRole("region", { name: "Readme" }).getByRole("heading", { name: "Granite", level: 3 })).toBeVisible();

    await page.getByRole("link", { name: "Catalogue", exact: true }).last().click();
    await page.getByRole("button", { name: "MCP servers" }).click();
    await page.getByRole("table", { name: "MCP servers" }).getByRole("link", { name: /weather/ }).click();
    await expect(page.getByRole("region", { name: "Tools" })).toContainText("get_weather");

    // What somebody writes into a source comes by itself.
    await page.goto(`${souk.url}/catalogue`);
    await expect(models.getByRole("row")).toHaveCount(5);
    writeFileSync(join(folder, "models.yaml"), "source: Somewhere\nmodels:\n  - {name: only/one, license: MIT}\n");
    writeFileSync(sources, "model_catalogs:\n  - {name: Renamed, id: files, type: yaml, properties: {yamlCatalogPath: models.yaml}}\n");
    await expect(aside).toContainText("Renamed", { timeout: 60_000 });
    await expect(models.getByRole("row")).toHaveCount(2);
  } finally {
    await souk.stop();
  }
});
