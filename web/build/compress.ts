// SPDX-License-Identifier: Apache-2.0
//
// After the bundle: a brotli copy beside each text asset (the server sends it to who accepts it), and the budget of
// the first page, which fails the build when it is exceeded.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";

const text = /\.(js|css|html|svg|json)$/;

function brotli(bytes: Uint8Array): Buffer {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
}

export function precompress(): Plugin {
  let folder = "dist";
  return {
    name: "souk-precompress",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    writeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !text.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        const packed = brotli(bytes);
        if (packed.length < bytes.length * 0.9) writeFileSync(`${path}.br`, packed);
      }
    },
  };
}

/// What the browser loads before the models list stands: entry, style sheet, that page, and the two Latin fonts.
export function budget(limits: { firstPage: number }): Plugin {
  return {
    name: "souk-budget",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const wanted = new Set<string>();
        const follow = (name: string) => {
          const part = bundle[name];
          if (!part || wanted.has(name)) return;
          wanted.add(name);
          if (part.type === "chunk") part.imports.forEach(follow);
        };
        for (const [name, part] of Object.entries(bundle)) {
          const entry = part.type === "chunk" && (part.isEntry || part.facadeModuleId?.endsWith("/pages/models/list.tsx"));
          if (entry || name.endsWith(".css") || /-latin-wght-normal.*\.woff2$/.test(name)) follow(name);
        }
        let total = 0;
        for (const name of wanted) {
          const part = bundle[name]!;
          const bytes = Buffer.from(part.type === "chunk" ? part.code : part.source);
          total += name.endsWith(".woff2") ? bytes.length : brotli(bytes).length;
        }
        const said = `first page ${(total / 1024).toFixed(1)} KiB of ${limits.firstPage / 1024} KiB compressed, ${wanted.size} files`;
        if (total > limits.firstPage) this.error(`${said}: too much. Split by page, or drop a dependency`);
        this.info(said);
      },
    },
  };
}
