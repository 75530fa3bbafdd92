// SPDX-License-Identifier: Apache-2.0
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budget } from "./build/budget.ts";
import { preload } from "./build/preload.ts";
import { shell } from "./build/shell.ts";

const server = process.env.SOUK_URL ?? "http://127.0.0.1:8080";
const doors = ["/api", "/v1", "/v1alpha", "/v2", "/healthz", "/readyz", "/metrics", "/openapi.json"];

export default defineConfig({
  plugins: [react(), tailwindcss(), preload("/app/main.tsx"), shell(), budget({ firstPage: 180 * 1024 })],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What the frame and every list share goes as one file: it compresses better than a dozen small ones.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@tanstack\/(react-router|router-core|history|store|react-store|query-core|react-query))\/(?!.*\/(useQueries|queriesObserver|useMutation|mutationObserver)\.js)|src\/(ui\/(state|chip|panel|use-rows|use-changed|use-typed|time|capture\/drop|skeleton|field|button|cx|drawn\/identicon|menu|note|toast)|logic\/(search|metrics|format|identicon|sha256)|api\/(client|session|queries|live|events|runs-live)|app\/(loaded|frame|sidebar|topbar|crumbs|live-mark|keys|routes|theme|broken))\.tsx?$|lucide-react\/dist\/esm\/(createLucideIcon|Icon|defaultAttributes|context)/ }] } } },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(doors.map((door) => [`^${door}(/|$|\\?)`, { target: server, changeOrigin: true }])),
  },
  test: { include: ["src/tests/**/*.test.ts"], environment: "node" },
});
