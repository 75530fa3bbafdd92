// SPDX-License-Identifier: Apache-2.0
//
// The sample model, whose files lie beside the page's own: pushed from here it is the version that the command pushes.
import { push } from "./upload.ts";

const folder = "../../../samples/digits/";
const files = import.meta.glob<string>("../../../samples/digits/**/*", { query: "?url", import: "default" });

export async function pushSample(ns: string): Promise<void> {
  const paths = Object.keys(files).sort();
  const parts = await Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(await files[path]!());
      if (!answer.ok) throw new Error(`The page's own file ${path.slice(folder.length)} was not there: ${answer.status}.`);
      return { path: path.slice(folder.length), file: await answer.blob() };
    }),
  );
  await push(ns, "digits", "1", parts, () => undefined, new AbortController().signal);
}
