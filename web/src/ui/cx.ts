// SPDX-License-Identifier: Apache-2.0
export function cx(...parts: (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(" ");
}
