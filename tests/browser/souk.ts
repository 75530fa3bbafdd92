// SPDX-License-Identifier: Apache-2.0
//
// A server of the real binary on a free port and a temporary folder, with the sample pushed and deployed, and its
// command line. Every test fails on an error in the browser's console, a breach of the content security policy included.
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

export const root = resolve(import.meta.dirname, "../..");
const binary = resolve(process.env.SOUK_BINARY ?? join(root, "build/release/souk"));

/** The machine's own settings of souk are not the tests'. */
export const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SOUK_"))),
  PATH: `${dirname(binary)}:${process.env.PATH ?? ""}`, // as where souk is installed
};

export class Souk {
  readonly url: string;
  readonly folder: string;
  private readonly child: ChildProcess;
  private readonly said: string[];

  private constructor(child: ChildProcess, url: string, folder: string, said: string[]) {
    this.child = child;
    this.url = url;
    this.folder = folder;
    this.said = said;
  }

  static async start(options: { dev: boolean; folder?: string; listen?: string; args?: string[] } = { dev: true }): Promise<Souk> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "souk-browser-"));
    const args = ["serve", "--data", join(folder, "data"), "--listen", options.listen ?? "127.0.0.1:0", ...(options.dev ? ["--dev"] : []), ...(options.args ?? [])];
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
    const said: string[] = [];
    child.stderr!.on("data", (text: Buffer) => said.push(text.toString()));
    const url = await new Promise<string>((ready, failed) => {
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`souk ended with ${code} before it was ready:\n${said.join("")}`)));
      createInterface({ input: child.stdout! }).once("line", (line) => ready((JSON.parse(line) as { url: string }).url));
    });
    return new Souk(child, url, folder, said);
  }

  log(): string {
    return this.said.join("");
  }

  async stop(keep = false): Promise<void> {
    const ended = new Promise((done) => this.child.once("exit", done));
    this.child.kill("SIGTERM");
    await ended;
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs `souk …` against this server. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(binary, args, { cwd: root, env: { ...environment, SOUK_URL: this.url } });
    return stdout;
  }

  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }
}

/** What the console may say: the browser reports every refused request, also those a test makes on purpose. */
const expected = /Failed to load resource/;

export const test = base.extend<{ quiet: void }, { souk: Souk }>({
  souk: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      // Receivers of the tests are on this machine.
      const souk = await Souk.start({ dev: true, args: ["--webhooks-allow", "127.0.0.0/8"] });
      await souk.cli("model", "push", "samples/digits", "default/digits:1");
      await souk.api("PUT", "/api/v1/namespaces/default/models/digits/aliases/champion", { version: 1 });
      await souk.cli("deploy", "default/digits@champion", "--name", "digits");
      await use(souk);
      await souk.stop();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  quiet: [
    async ({ page }, use) => {
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(`${error.message}\n${error.stack ?? ""}`));
      page.on("console", (message) => {
        if (message.type() === "error" && !expected.test(message.text())) faults.push(message.text());
      });
      await use();
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

/** Waits until the page follows the server's events, so that what happens from now on is seen. */
export async function live(page: Page): Promise<void> {
  await expect(page.locator("[data-live=live]")).toBeVisible({ timeout: 60_000 });
}

/** Goes to a page and waits until it lives: it listens to keys and follows the server's events. */
export async function visit(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await live(page);
}

/** Goes by two keys; the second counts for a moment only, which a slow machine may let pass. */
export async function go(page: Page, key: string, address: RegExp): Promise<void> {
  await expect(async () => {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect(page).toHaveURL(address, { timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
}

/** Types into the filter of a list by the key that leads there. */
export async function filter(page: Page, label: string, text: string): Promise<void> {
  const field = page.getByLabel(label);
  await field.waitFor(); // before it is there, the key opens the palette
  await page.keyboard.press("/");
  await expect(field).toBeFocused();
  await page.keyboard.type(text);
  await expect(field).toHaveValue(text);
}

/** Runs an entry of the palette: what is found comes while one types, so the wanted one is waited for. */
export async function palette(page: Page, text: string, wanted: RegExp): Promise<void> {
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search or run a command" })).toBeFocused();
  await page.keyboard.type(text);
  await expect(page.getByRole("option", { selected: true })).toContainText(wanted);
  await page.keyboard.press("Enter");
}

/** The undo of a notification; it stays while the pointer is over it, however long the checks take. */
export async function undo(page: Page): Promise<Locator> {
  const button = page.getByRole("region", { name: "Notifications" }).getByRole("button", { name: "Undo" }).last();
  await button.hover();
  return button;
}

/** The link that each start prints while nobody can sign in. */
export async function setUpLink(souk: Souk): Promise<string> {
  let found: string | undefined;
  await expect(() => {
    found = /https?:\/\/[^\s"]+\/set-up#\w+/.exec(souk.log())?.[0];
    expect(found, souk.log()).toBeTruthy();
  }).toPass({ timeout: 60_000 });
  const link = new URL(found!);
  return souk.url + link.pathname + link.hash;
}

/** A version's folder that differs from the sample by one more file. */
export function sampleWith(souk: Souk, name: string, file: string, text: string): string {
  const folder = join(souk.folder, name);
  cpSync(join(root, "samples/digits"), folder, { recursive: true });
  writeFileSync(join(folder, file), text);
  return folder;
}

export { expect };
