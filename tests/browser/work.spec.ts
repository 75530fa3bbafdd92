// SPDX-License-Identifier: Apache-2.0
import type { Page, Request } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { environment, expect, filter, go, sampleWith, Souk, test, visit } from "./souk.ts";

/** Items as a queue leaves them whose work fails for good; no queue of a server alone does that when asked. */
async function failForGood(souk: Souk, queue: string, errors: string[]): Promise<void> {
  const script = `
import json, sqlite3, sys, time
path, queue, errors = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
database = sqlite3.connect(path, timeout=30)
now = int(time.time() * 1000)
for number, error in enumerate(errors):
    database.execute("INSERT INTO work_items (queue, namespace_id, state, priority, key, payload, checkpoint, attempts, error, node_id, token, cancel,"
        " create_time, update_time) VALUES (?, 1, 'DEAD', 0, NULL, ?, '{}', 8, ?, 0, 0, 0, ?, ?)", (queue, json.dumps({"number": number}), error, now, now))
database.commit()`;
  execFileSync("python3", ["-c", script, join(souk.folder, "data/souk.db"), queue, JSON.stringify(errors)]);
  // Readers keep their snapshot until the server itself commits.
  await souk.api("POST", "/api/v1/namespaces", { slug: `after-${queue}` });
}

test("queues, and what failed for good: looked at, tried again, forgotten", async ({ page, souk }) => {
  await visit(page, `${souk.url}/queues`);
  await expect(page.getByRole("region", { name: "Nodes" }).getByRole("row")).toHaveCount(2);
  await expect(page.getByRole("region", { name: "Done by one node" })).toContainText("housekeeping");

  await failForGood(souk, "unserved", ["the bucket answered 403", "the bucket answered 404", "the disk is full"]);
  const row = page.getByRole("row", { name: /unserved/ });
  await expect(row).toContainText("3");
  await page.getByRole("link", { name: "unserved" }).click();
  await expect(page).toHaveURL(/\/queues\/unserved$/);
  await page.getByRole("row", { name: /403/ }).click();
  await expect(page).toHaveURL(/item=\d+/);
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("the bucket answered 403");
  await expect(dialog).toContainText('"number": 0');
  await dialog.getByRole("button", { name: "Try again" }).click();
  await expect(dialog.getByRole("button", { name: "Cancel it" })).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Waiting", exact: true }).click();
  await expect(page).toHaveURL(/state=WAITING/);
  await expect(page.getByRole("table", { name: "Items" }).getByRole("row")).toHaveCount(2);

  await page.getByRole("button", { name: "Failed for good", exact: true }).click();
  await page.getByRole("row", { name: /404/ }).click();
  await dialog.getByRole("button", { name: "Forget it" }).click();
  await expect(page.getByRole("row", { name: /404/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Forget them" }).click();
  await dialog.getByRole("button", { name: "Forget them" }).click();
  await expect(page.getByText("No item is in this state now.")).toBeVisible();
});

test("settings say what the doctor finds and what to do, when all was saved last, and who takes the room", async ({ page }) => {
  const souk = await Souk.start(); // what is stored and saved is of the whole server
  await souk.cli("model", "push", sampleWith(souk, "more", "MORE.bin", "x".repeat(300_000)), "default/bulky:1");
  await souk.cli("model", "push", "samples/digits", "default/digits:1");
  await visit(page, `${souk.url}/settings`);
  const doctor = page.getByRole("region", { name: "Doctor" });
  await expect(doctor).toContainText(/Everything is well|found nothing wrong/);
  await doctor.getByText(/^Show \d+ checks/).click();
  await expect(doctor.getByRole("list", { name: "Well" })).toContainText("every page is well");
  const storage = page.getByRole("region", { name: "Storage" });
  await expect(storage.getByRole("row").nth(1)).toContainText("default/bulky");
  await expect(storage.getByRole("row", { name: /default\/bulky/ })).toContainText("301 kB"); // without it so much would be free

  // What a backup notes shows by itself, and so do its reading back and its damage.
  const backups = page.getByRole("region", { name: "Backups" });
  await expect(backups.getByRole("status")).toHaveText("No backup is known");
  const place = join(souk.folder, "saved");
  const data = ["--data", join(souk.folder, "data")];
  await souk.cli("backup", place, ...data);
  await expect(backups.getByRole("status")).toContainText("Saved");
  await expect(backups.getByRole("row").nth(1)).toContainText(place);
  await expect(backups.getByRole("row").nth(1)).toContainText("not yet");
  // The command that is shown works as it is pasted, in any folder.
  const verify = await backups.getByRole("code").filter({ hasText: "--verify" }).innerText();
  expect(verify).toContain(join(souk.folder, "data"));
  execFileSync("sh", ["-c", verify], { cwd: "/", stdio: "pipe", env: environment });
  await expect(backups.getByRole("status")).toContainText("read back whole");
  const look = await page.getByRole("region", { name: "Look after it" }).getByRole("code").filter({ hasText: " doctor " }).innerText();
  expect(execFileSync("sh", ["-c", `${look} -o json || true`], { cwd: "/", stdio: "pipe", env: environment }).toString()).toContain(join(souk.folder, "data"));

  // A blob that rots away is found, with who uses it and what to do. Its bytes are put back.
  const { files } = await souk.api<{ files: { path: string; digest: string }[] }>("GET", "/api/v1/namespaces/default/models/bulky/versions/1/files");
  const hexes = files.find((file) => file.path === "MORE.bin")!.digest.slice(7);
  const blob = join(souk.folder, "data/blobs/sha256", hexes.slice(0, 2), hexes);
  renameSync(blob, `${blob}.away`);
  try {
    await doctor.getByRole("button", { name: "Look again" }).click();
    const findings = doctor.getByRole("list", { name: "Findings" });
    await expect(findings).toContainText(hexes);
    await expect(findings).toContainText("used by default/bulky:1");
    await expect(findings).toContainText("To do: copy it from a backup");
  } finally {
    renameSync(`${blob}.away`, blob);
    await souk.stop();
  }
});

test("settings say whether the server is well, what it is and what it keeps", async ({ page, souk }) => {
  await visit(page, `${souk.url}/models`);
  await go(page, "s", /\/settings$/);
  await expect(page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Server" })).toContainText("SQLite");
  await expect(page.getByRole("region", { name: "Storage" }).getByRole("link", { name: "default/digits" })).toBeVisible();
  await expect(page.getByText("Disk free")).toBeVisible();
  // What it was started with, and where that was said.
  const set = page.getByRole("region", { name: "What is set" });
  await expect(set.getByRole("row", { name: /^listen.*flag/ })).toContainText("127.0.0.1:0");
  await expect(set.getByRole("row", { name: /rollout_window/ })).toHaveCount(0);
  await filter(page, "Search the settings", "rollout_window");
  await expect(page).toHaveURL(/q=rollout_window/);
  await expect(set.getByRole("row", { name: /serving\.rollout_window.*1s.*default/ })).toBeVisible();
});

test("nothing asks again by itself: what changes is told", async ({ page, souk }) => {
  const asked: string[] = [];
  for (const [place, shown] of [["settings", "Disk free"], ["queues", "Waiting"], ["deployments/default/digits", "Figures"], ["access/audit", "Audit"], ["operations?of=model_runs", "Operations"]] as const) {
    await visit(page, `${souk.url}/${place}`);
    await expect(page.getByText(shown).first()).toBeVisible();
    await expect.poll(() => quietFor(page, 1500), { timeout: 60_000 }).toEqual([]); // what was told first is read
    asked.push(...(await quietFor(page, 4500)));
  }
  expect(asked).toEqual([]);
});

/** The paths that the page asks for within so long. */
async function quietFor(page: Page, ms: number): Promise<string[]> {
  const asked: string[] = [];
  const note = (request: Request) => void asked.push(request.url());
  page.on("request", note);
  await page.waitForTimeout(ms);
  page.off("request", note);
  return asked;
}
