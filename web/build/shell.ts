// SPDX-License-Identifier: Apache-2.0
//
// What is painted first needs no second file: the theme (src/app/early.js) and the looks of the frame (src/app/shell.css)
// stand in index.html itself, which the content security policy allows by their hashes (cmake/embed.py).
// The style sheet comes behind the frame, so that it does not hold the frame up; the page's code waits for it.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const read = (name: string) => readFileSync(new URL(`../src/app/${name}`, import.meta.url), "utf8");
const script = () => read("early.js").replace(/^\/\/.*\n/gm, "").replace(/\n\s*/g, "\n").trim();
const styles = () => read("shell.css").replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ").replace(/ ?([{};,>]) ?/g, "$1").trim();

export function shell(): Plugin {
  return {
    name: "souk-shell",
    transformIndexHtml: {
      order: "post",
      handler(html) {
        const sheets: string[] = [];
        const rest = html.replace(/\s*<link rel="stylesheet"[^>]*>/g, (sheet) => (sheets.push(sheet.trim()), ""));
        return rest.replace("</title>", `</title>\n    <script>${script()}</script>\n    <style>${styles()}</style>`).replace("</body>", `  ${sheets.join("\n    ")}\n  </body>`);
      },
    },
  };
}
