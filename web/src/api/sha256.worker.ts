// SPDX-License-Identifier: Apache-2.0
// Hashes files off the page's thread. In: a Blob. Out: {done: bytes so far} …, then {digest} or {error}.
import { hex, Sha256 } from "../logic/sha256.ts";

const part = 4 << 20;

self.onmessage = async (message: MessageEvent<Blob>) => {
  const file = message.data;
  const hash = new Sha256();
  try {
    for (let at = 0; at < file.size; at += part) {
      hash.update(new Uint8Array(await file.slice(at, at + part).arrayBuffer()));
      self.postMessage({ done: Math.min(at + part, file.size) });
    }
    self.postMessage({ digest: `sha256:${hex(hash.digest())}` });
  } catch (cause) {
    self.postMessage({ error: cause instanceof Error ? cause.message : String(cause) });
  }
};
