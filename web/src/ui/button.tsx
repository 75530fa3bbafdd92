// SPDX-License-Identifier: Apache-2.0
import { createLink } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import { cx } from "./cx.ts";

interface Look {
  look?: "plain" | "primary" | "quiet" | "danger";
  small?: boolean;
  /** Square, for an icon alone; needs an aria-label. */
  icon?: boolean;
}

export function buttonClass({ look = "plain", small = false, icon = false }: Look): string {
  return cx(
    "inline-flex flex-none items-center justify-center gap-1.5 whitespace-nowrap font-medium transition-colors duration-(--fast)",
    "focus-visible:shadow-focus disabled:text-fg-3 aria-disabled:text-fg-3",
    small ? "h-6 rounded-[5px] text-12 max-phone:h-8 [&>svg]:size-[13px]" : "h-[30px] rounded-control text-13 max-phone:h-9 [&>svg]:size-[15px]",
    icon ? (small ? "w-6 max-phone:w-8" : "w-[30px] max-phone:w-9") : small ? "px-2" : "px-[11px]",
    look === "plain" && "border border-line-strong bg-surface shadow-control hover:border-line-field hover:bg-hover [&>svg]:text-fg-3",
    look === "danger" && "border border-line-strong bg-surface text-bad shadow-control hover:border-bad hover:bg-bad-soft",
    look === "quiet" && "text-fg-2 hover:bg-hover hover:text-fg [&>svg]:text-fg-3",
    look === "primary" && "border border-accent bg-accent text-on-accent hover:border-accent-hover hover:bg-accent-hover disabled:border-line-strong disabled:bg-idle-soft",
  );
}

export function Button({ look, small, icon, className, type = "button", ...rest }: ComponentProps<"button"> & Look) {
  return <button type={type} className={cx(buttonClass({ ...(look && { look }), ...(small && { small }), ...(icon && { icon }) }), className)} {...rest} />;
}

function Anchor({ look, small, icon, className, ...rest }: ComponentProps<"a"> & Look) {
  return <a className={cx(buttonClass({ ...(look && { look }), ...(small && { small }), ...(icon && { icon }) }), className)} {...rest} />;
}
/** A button that goes somewhere. */
export const ButtonLink = createLink(Anchor);
