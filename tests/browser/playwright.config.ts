// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "@playwright/test";

// A browser and a server of the real binary for each worker: `npm run test:browser` in web/.
export default defineConfig({
  testDir: ".",
  testMatch: process.env.PICTURES ? "pictures.ts" : process.env.BENCH ? "bench.ts" : "*.spec.ts",
  outputDir: "../../build/browser-results",
  // Pictures and measurements are made alone.
  workers: process.env.PICTURES || process.env.BENCH ? 1 : 2,
  // A slow machine is no fault: what is waited for is given long, and what passes the second time is said to be flaky.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  retries: process.env.PICTURES || process.env.BENCH ? 0 : 1,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    viewport: { width: 1440, height: 900 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
});
