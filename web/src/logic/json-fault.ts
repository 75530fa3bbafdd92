// SPDX-License-Identifier: Apache-2.0
//
// Where a JSON text is broken, in words. Browsers differ in what they say, and often leave out where.

class Fault extends Error {}

/** Undefined where the text is sound (RFC 8259). */
export function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    /* found below */
  }
  let at = 0;
  const fail = (wanted: string): never => {
    const before = text.slice(0, at).split("\n");
    const found = at >= text.length ? "the text ends" : `${JSON.stringify([...text.slice(at)][0])} stands`;
    throw new Fault(`${wanted} is wanted in line ${before.length}, column ${before.at(-1)!.length + 1}, where ${found}`);
  };
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const hit = pattern.exec(text);
    if (hit) at += hit[0].length;
    return hit !== null;
  };
  const space = () => match(/[ \t\r\n]*/y);
  const string = () => match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
  const list = (end: string, entry: () => void) => {
    at++;
    space();
    if (text[at] === end) return void at++;
    for (;;) {
      entry();
      space();
      if (text[at] === end) return void at++;
      if (text[at] !== ",") fail(`"," or "${end}"`);
      at++;
      space();
    }
  };
  const value = (depth: number): void => {
    if (depth > 500) fail("Less nesting");
    space();
    if (text[at] === "[") return list("]", () => value(depth + 1));
    if (text[at] === "{") {
      return list("}", () => {
        if (!string()) fail("A name in double quotes");
        space();
        if (text[at] !== ":") fail(`":"`);
        at++;
        value(depth + 1);
      });
    }
    if (!string() && !match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y) && !match(/true|false|null/y)) fail(text[at] === '"' ? "The end of this text, or no control character in it," : "A value");
  };
  try {
    value(0);
    space();
    if (at < text.length) fail("The end");
  } catch (cause) {
    if (cause instanceof Fault) return cause.message;
    throw cause;
  }
  return "This is not JSON";
}
