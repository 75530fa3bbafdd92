// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: resolve(import.meta.dirname, "../bench"),
  base: "/bench/",
  plugins: [react(), tailwindcss()],
  build: { outDir: resolve(import.meta.dirname, "../../build/chart-bench"), emptyOutDir: true, reportCompressedSize: false },
});
