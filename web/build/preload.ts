// SPDX-License-Identifier: Apache-2.0
//
// src/app/boot.ts waits for the first paint before it runs the page's code; the code is fetched from the beginning on.
import type { Plugin } from "vite";

export function preload(module: string): Plugin {
  return {
    name: "souk-preload",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const wanted = new Set<string>();
        const follow = (name: string) => {
          const part = bundle[name];
          if (part?.type !== "chunk" || wanted.has(name)) return;
          wanted.add(name);
          part.imports.forEach(follow);
        };
        for (const [name, part] of Object.entries(bundle)) if (part.type === "chunk" && part.facadeModuleId?.endsWith(module)) follow(name);
        if (wanted.size === 0) throw new Error(`no chunk is made of ${module}`);
        return [...wanted].filter((name) => !html.includes(name)).map((name) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${name}` }, injectTo: "head" as const }));
      },
    },
  };
}
