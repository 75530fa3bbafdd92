// SPDX-License-Identifier: Apache-2.0
import { Ban, CircleCheck, CirclePause, CircleX, Hourglass, type LucideIcon, TriangleAlert } from "lucide-react";
import type { Delivery, Webhook } from "../../api/types.ts";

type Word = [icon: LucideIcon, word: string, colour: string];
const hooks: Record<Webhook["state"], Word> = {
  ACTIVE: [CircleCheck, "Active", "text-ok"],
  FAILING: [TriangleAlert, "Failing", "text-bad"],
  PAUSED: [CirclePause, "Paused", "text-warn"],
  DISABLED: [Ban, "Off", "text-idle"],
};
const deliveries: Record<Delivery["state"], Word> = {
  PENDING: [Hourglass, "To be sent", "text-info"],
  DELIVERED: [CircleCheck, "Delivered", "text-ok"],
  FAILED: [CircleX, "Given up", "text-bad"],
};

function Mark({ word: [Icon, word, colour], state }: { word: Word; state: string }) {
  return <span data-state={state} className={`inline-flex items-center gap-1.5 whitespace-nowrap ${colour}`}><Icon aria-hidden size={14} strokeWidth={1.75} /><span className={colour === "text-ok" || colour === "text-info" ? "text-fg" : undefined}>{word}</span></span>;
}
export const HookMark = ({ state }: { state: Webhook["state"] }) => <Mark word={hooks[state]} state={state} />;
export const DeliveryMark = ({ state }: { state: Delivery["state"] }) => <Mark word={deliveries[state]} state={state} />;
