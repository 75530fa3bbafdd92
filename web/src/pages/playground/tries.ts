// SPDX-License-Identifier: Apache-2.0
//
// What was tried on a deployment, kept in this browser.
import type { Question } from "./question.ts";

export interface Try {
  question: Question;
  /** What the answer was, in a word. */
  answer: string;
  score?: number;
  time: number;
}
const most = 12;
const largest = 300_000;
const place = (deployment: string) => `souk.tried ${deployment}`;

/** Newest first. A drawing that only grew by a stroke takes the place of what it grew from. */
export function remember(tries: readonly Try[], next: Try): Try[] {
  const grown = ({ question: older }: Try) => {
    if (older.kind === "tensors" || next.question.kind === "tensors") return older.kind === next.question.kind && "body" in older && "body" in next.question && older.body === next.question.body;
    if (older.base64 === next.question.base64) return true;
    const strokes = next.question.strokes;
    return older.strokes !== undefined && strokes !== undefined && older.strokes.every((stroke, i) => JSON.stringify(strokes[i]) === JSON.stringify(stroke));
  };
  return [next, ...tries.filter((one) => !grown(one))].slice(0, most);
}

export function recall(deployment: string): Try[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place(deployment)) ?? "[]");
    if (!Array.isArray(kept)) return [];
    return (kept as Partial<Try>[]).flatMap((one) => {
      const question = one?.question;
      if (typeof one?.answer !== "string" || typeof one.time !== "number" || !question) return [];
      const sound = question.kind === "tensors" ? typeof question.body === "string" : question.kind === "image" && typeof question.base64 === "string" && /^data:image\//.test(question.url);
      return sound ? [one as Try] : [];
    });
  } catch {
    return [];
  }
}

/** What is too large to be kept lasts as long as the page. */
export function keep(deployment: string, tries: readonly Try[]): void {
  try {
    const small = tries.filter(({ question }) => (question.kind === "image" ? question.url.length : question.body.length) < largest);
    if (small.length > 0) localStorage.setItem(place(deployment), JSON.stringify(small));
    else localStorage.removeItem(place(deployment));
  } catch {
    /* the browser keeps nothing for this page, or no more */
  }
}
