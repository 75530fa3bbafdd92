// SPDX-License-Identifier: Apache-2.0
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budget } from "./build/budget.ts";
import { themeScript } from "./build/theme-script.ts";

const server = process.env.SOUK_URL ?? "http://127.0.0.1:8080";
const doors = ["/api", "/v1", "/v1alpha", "/v2", "/healthz", "/readyz", "/metrics", "/openapi.json"];

export default defineConfig({
  plugins: [react(), tailwindcss(), themeScript(), budget({ firstPage: 180 * 1024 })],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What every list shares goes as one file: it compresses better than a dozen small ones.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /src\/(ui\/(state|chip|panel|use-rows|use-changed|time|drop|skeleton)|logic\/(search|metrics|format)|app\/loaded)\.tsx?$|query-core|react-query|lucide-react\/dist\/esm\/(createLucideIcon|Icon|defaultAttributes|context)/ }] } } },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(doors.map((door) => [`^${door}(/|$|\\?)`, { target: server, changeOrigin: true }])),
  },
  test: { include: ["src/tests/**/*.test.ts"], environment: "node" },
});
