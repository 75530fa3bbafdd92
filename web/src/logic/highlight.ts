// SPDX-License-Identifier: Apache-2.0
//
// Colours for short code: enough to read JSON and a shell line, nothing that parses.

export interface Piece {
  text: string;
  kind?: "key" | "str" | "num" | "dim";
}

const patterns: Record<string, RegExp> = {
  json: /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b|\b(?:true|false|null)\b)|(….*?more)/g,
  shell: /("(?:[^"\\]|\\.)*"|'[^']*')()|((?<![\w./:@-])\d+(?:\.\d+)?\b(?![\w./:-]))|(^#.*$|….*?more)/gm,
  python: /("(?:[^"\\]|\\.)*")()|(\b\d+(?:\.\d+)?\b)|(#.*$|….*?more)|\b(import|from|with|as|for|in|open|print)\b/gm,
};

export function highlight(code: string, language: "json" | "shell" | "python" | "text"): Piece[] {
  const pattern = patterns[language];
  if (!pattern || code.length > 100_000) return [{ text: code }];
  const pieces: Piece[] = [];
  let last = 0;
  for (const match of code.matchAll(pattern)) {
    if (match.index > last) pieces.push({ text: code.slice(last, match.index) });
    const [all, string, colon, number, dim] = match;
    if (string !== undefined) {
      pieces.push({ text: string, kind: colon ? "key" : "str" });
      if (colon) pieces.push({ text: colon });
    } else {
      pieces.push({ text: all, kind: number !== undefined ? "num" : dim !== undefined ? "dim" : "key" });
    }
    last = match.index + all.length;
  }
  if (last < code.length) pieces.push({ text: code.slice(last) });
  return pieces;
}

/** What a file can be shown as, by its name. */
export function shownAs(path: string): "image" | "text" | undefined {
  if (/\.(png|jpe?g)$/i.test(path)) return "image";
  return /\.(txt|md|rst|json|jsonl|ya?ml|toml|cfg|ini|csv|tsv|py|sh|xml|html|js|ts|c|cc|cpp|h|hpp|rs|go|r|lua|jinja|ipynb)$|(^|\/)(license|licence|readme|notice|copying|changelog|makefile|dockerfile)$/i.test(path) ? "text" : undefined;
}

export function languageOf(path: string): "json" | "shell" | "python" | "text" {
  if (/\.(json|ipynb)$/i.test(path)) return "json";
  if (/\.py$/i.test(path)) return "python";
  if (/\.sh$/i.test(path)) return "shell";
  return "text";
}
