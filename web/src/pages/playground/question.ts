// SPDX-License-Identifier: Apache-2.0
import type { Stroke } from "../../ui/capture/pad.tsx";

/** What is asked: an image for the typed task, or tensors. */
export type Question = { kind: "image"; base64: string; url: string; strokes?: Stroke[] } | { kind: "tensors"; body: string };
