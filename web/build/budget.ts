// SPDX-License-Identifier: Apache-2.0
//
// The budget of the first page, which fails the build when it is exceeded.
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Counts what the browser loads before the models list stands, as the server sends it: entry, style sheet, that page, its font. */
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
          if (part.type !== "chunk") return;
          part.imports.forEach(follow);
          part.viteMetadata?.importedCss.forEach(follow);
        };
        for (const [name, part] of Object.entries(bundle)) {
          const entry = part.type === "chunk" && (part.isEntry || /\/(app\/main|pages\/models\/list)\.tsx$/.test(part.facadeModuleId ?? ""));
          if (entry || /geist-latin-wght-normal.*\.woff2$/.test(name)) follow(name);
        }
        let total = 0;
        for (const name of wanted) {
          const part = bundle[name]!;
          const bytes = Buffer.from(part.type === "chunk" ? part.code : part.source);
          total += name.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
        }
        const said = `first page ${(total / 1024).toFixed(1)} KiB of ${limits.firstPage / 1024} KiB compressed, ${wanted.size} files`;
        if (total > limits.firstPage) this.error(`${said}: too much. Split by page, or drop a dependency`);
        this.info(said);
      },
    },
  };
}
