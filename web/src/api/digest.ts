// SPDX-License-Identifier: Apache-2.0
import { Problem } from "./client.ts";
import HashWorker from "./sha256.worker.ts?worker";

/** The digest of a file, in parts and off the page's thread. */
export function digestOf(file: Blob, onProgress: (done: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new HashWorker();
    const end = () => worker.terminate();
    const fail = (why: string) => {
      end();
      reject(new Problem({ status: 0, code: "FAILED_PRECONDITION", title: "File not readable", detail: `The file could not be read: ${why}`, hint: "Was it moved or changed since it was chosen? Choose it again." }));
    };
    signal.addEventListener("abort", () => (end(), reject(signal.reason as Error)), { once: true });
    worker.onerror = (event) => fail(event.message);
    worker.onmessage = (message: MessageEvent<{ done?: number; digest?: string; error?: string }>) => {
      if (message.data.done !== undefined) onProgress(message.data.done);
      if (message.data.error !== undefined) fail(message.data.error);
      if (message.data.digest !== undefined) {
        end();
        resolve(message.data.digest);
      }
    };
    worker.postMessage(file);
  });
}
