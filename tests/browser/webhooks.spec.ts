// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, go, test, undo, visit } from "./souk.ts";

interface Got {
  headers: IncomingHttpHeaders;
  body: string;
}
/** Who is told: keeps what came, and answers what it is bid. */
class Receiver {
  status = 200;
  readonly got: Got[] = [];
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }
  static async start(): Promise<Receiver> {
    const server = createServer((request, answer) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        receiver.got.push({ headers: request.headers, body });
        answer.statusCode = receiver.status;
        answer.end(receiver.status === 200 ? "thanks" : "not now");
      });
    });
    const receiver = new Receiver(server);
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return receiver;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

test.beforeAll(async ({ souk }) => {
  await souk.api("POST", "/api/v1/namespaces", { slug: "hooks" });
  await souk.api("POST", "/api/v1/namespaces/hooks/models", { name: "told" });
  await souk.cli("model", "push", "samples/digits", "hooks/told:1");
});

test("a webhook is made, its secret shown once, tested, sent again, switched off and deleted", async ({ page, souk }) => {
  const receiver = await Receiver.start();
  try {
    await visit(page, `${souk.url}/models`);
    await go(page, "w", /\/webhooks/);
    await page.goto(`${souk.url}/webhooks?namespace=hooks`);
    await expect(page.getByText("Nobody is told yet")).toBeVisible();
    await page.getByRole("button", { name: "New webhook" }).click();
    const form = page.getByRole("dialog", { name: "New webhook" });
    await form.getByLabel("Name", { exact: true }).fill("ci");
    await form.getByLabel("URL").fill("nowhere");
    await expect(form.getByText("An address that begins with")).toBeVisible();
    await form.getByLabel("URL").fill(receiver.url);
    await form.getByRole("button", { name: "alias.*" }).click();
    await expect(form.getByLabel("Told of")).toHaveValue("alias.*");
    await form.getByRole("button", { name: "Create" }).click();
    const secret = page.getByRole("dialog", { name: "The secret of ci" });
    await expect(secret).toContainText(/whsec_[\w+/=]+/);
    await secret.getByRole("button", { name: "I have it" }).click();

    await expect(page).toHaveURL(/\/webhooks\/hooks\/ci/);
    await expect(page.getByText("whsec_")).toHaveCount(0);
    const deliveries = page.getByRole("table", { name: "Deliveries" });
    await page.getByRole("button", { name: "Send a test" }).click();
    await expect(deliveries.getByRole("row", { name: /webhook\.ping.*Delivered.*200/ })).toBeVisible();
    await souk.api("PUT", "/api/v1/namespaces/hooks/models/told/aliases/told", { version: 1 });
    const moved = deliveries.getByRole("row", { name: /alias\.(created|moved).*Delivered/ }).first();
    await expect(moved).toBeVisible();
    expect(receiver.got.every((one) => one.headers["webhook-signature"]?.toString().startsWith("v1,"))).toBe(true);

    await moved.getByRole("button").click();
    await expect(page).toHaveURL(/delivery=\d+/);
    await expect(page.getByText("thanks")).toBeVisible();
    const before = receiver.got.length;
    await page.getByRole("button", { name: "Send again" }).click();
    await expect.poll(() => receiver.got.length).toBeGreaterThan(before);
    await expect(deliveries.getByText(/again of/)).toBeVisible();

    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Switch off" }).click();
    await expect(page.getByLabel("State", { exact: true })).toContainText("Off");
    await (await undo(page)).click();
    await expect(page.getByLabel("State", { exact: true })).toContainText("Active");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Another secret" }).click();
    await page.getByRole("dialog", { name: "Another secret for ci" }).getByRole("button", { name: "Make it" }).click();
    await page.getByRole("dialog", { name: "The secret of ci" }).getByRole("button", { name: "I have it" }).click();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete ci?" }).getByRole("button", { name: "Delete webhook" }).click();
    await expect(page).toHaveURL(/\/webhooks$/);
    await expect(page.getByRole("row", { name: /ci hooks/ })).toHaveCount(0);
  } finally {
    await receiver.stop();
  }
});

test("a receiver that fails is shown, with what it answered, and replay tells it again", async ({ page, souk }) => {
  const receiver = await Receiver.start();
  try {
    receiver.status = 503;
    await souk.api("POST", "/api/v1/namespaces/hooks/webhooks", { name: "sick", url: receiver.url, events: ["alias.*"] });
    await visit(page, `${souk.url}/webhooks/hooks/sick`);
    await souk.api("PUT", "/api/v1/namespaces/hooks/models/told/aliases/replayed", { version: 1 });
    const row = page.getByRole("table", { name: "Deliveries" }).getByRole("row", { name: /alias\./ }).first();
    await expect(row).toContainText("503");
    await row.getByRole("button").click();
    await expect(page.getByText("not now")).toBeVisible();
    receiver.status = 200;
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByRole("dialog", { name: "Tell sick again" }).getByRole("button", { name: "Replay" }).click();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await page.getByRole("button", { name: "Delivered" }).click();
    await expect(page).toHaveURL(/state=DELIVERED/);
    await expect(page.getByRole("table", { name: "Deliveries" }).getByRole("row", { name: /alias\..*200/ }).first()).toBeVisible();
  } finally {
    await receiver.stop();
  }
});
