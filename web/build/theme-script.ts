// SPDX-License-Identifier: Apache-2.0
//
// The theme must stand before the first paint, and the content security policy forbids inline scripts. So
// src/app/theme-early.js becomes a small hashed asset that the head loads before the style sheet.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const source = new URL("../src/app/theme-early.js", import.meta.url);

export function themeScript(): Plugin {
  let building = false;
  let name = "/src/app/theme-early.js";
  return {
    name: "souk-theme-script",
    configResolved(config) {
      building = config.command === "build";
    },
    buildStart() {
      if (!building) return;
      const code = readFileSync(source, "utf8").replace(/^\/\/.*\n/gm, "").trim();
      const hash = createHash("sha256").update(code).digest("base64url").slice(0, 8);
      name = `/assets/theme-${hash}.js`;
      this.emitFile({ type: "asset", fileName: name.slice(1), source: code });
    },
    transformIndexHtml: () => [{ tag: "script", attrs: { src: name }, injectTo: "head-prepend" }],
  };
}
