// SPDX-License-Identifier: Apache-2.0

/** "3,2" of the address; the first is what the others are measured by. */
export function pickedOf(text: string | undefined): number[] {
  return [...new Set((text ?? "").split(",").map(Number).filter((number) => Number.isInteger(number) && number > 0))].slice(0, 6);
}
