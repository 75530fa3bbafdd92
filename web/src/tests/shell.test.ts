// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (name: string) => readFileSync(new URL(`../app/${name}`, import.meta.url), "utf8");
const block = (css: string, selector: string) => css.slice(css.indexOf(`${selector} {`), css.indexOf("}", css.indexOf(`${selector} {`)));
const value = (css: string, name: string) => new RegExp(`${name}:\\s*([^;]+);`).exec(css)?.[1];

it("the frame is painted in the colours of the page", () => {
  for (const selector of [":root", '[data-theme="dark"]']) {
    const early = block(read("shell.css"), selector);
    const tokens = block(read("tokens.css"), selector);
    const names = [...early.matchAll(/(--[\w-]+):/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) expect(value(early, name), `${selector} ${name}`).toBe(value(tokens, name));
  }
});
