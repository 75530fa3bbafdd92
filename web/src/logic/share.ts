// SPDX-License-Identifier: Apache-2.0
//
// An input in a link: packed into the part of the address after the #, which a browser never sends to a server.

export type Shared = { kind: "strokes"; strokes: { width: number; points: [number, number][] }[] } | { kind: "image"; base64: string } | { kind: "tensors"; body: string };

/** Longer addresses are cut by chat programs and mail. */
export const linkLimit = 12_000;
const unpackedLimit = 4 << 20;

async function through(bytes: Uint8Array<ArrayBuffer>, by: CompressionStream | DecompressionStream, limit: number): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(by).getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    total += value.length;
    if (total > limit) {
      await reader.cancel();
      throw new Error("What the link holds is too large");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export async function pack(shared: Shared): Promise<string> {
  const plain = shared.kind === "strokes" ? { s: shared.strokes.map(({ width, points }) => [width, ...points.flat().map(Math.round)]) } : shared.kind === "image" ? { i: shared.base64 } : { t: shared.body };
  const bytes = await through(new TextEncoder().encode(JSON.stringify(plain)), new CompressionStream("deflate-raw"), unpackedLimit);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Undefined for a link that was cut or is not ours; nothing in it is believed. */
export async function unpack(text: string): Promise<Shared | undefined> {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = await through(Uint8Array.from(binary, (sign) => sign.charCodeAt(0)), new DecompressionStream("deflate-raw"), unpackedLimit);
    const found = JSON.parse(new TextDecoder().decode(bytes)) as { s?: unknown; i?: unknown; t?: unknown };
    if (typeof found.t === "string") return { kind: "tensors", body: found.t };
    if (typeof found.i === "string" && /^[A-Za-z0-9+/]+=*$/.test(found.i)) return { kind: "image", base64: found.i };
    if (!Array.isArray(found.s) || found.s.length === 0 || found.s.length > 2000) return undefined;
    const strokes = found.s.map((raw: unknown) => {
      if (!Array.isArray(raw) || raw.length < 3 || raw.length % 2 === 0 || !raw.every((one) => typeof one === "number" && Number.isFinite(one))) throw new Error("no stroke");
      const [width, ...flat] = raw as number[];
      return { width: Math.min(60, Math.max(1, width!)), points: Array.from({ length: flat.length / 2 }, (_, i): [number, number] => [flat[2 * i]!, flat[2 * i + 1]!]) };
    });
    return { kind: "strokes", strokes };
  } catch {
    return undefined;
  }
}
