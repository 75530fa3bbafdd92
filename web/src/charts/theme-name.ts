// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "react";

/** What is drawn on a canvas has to be drawn anew where the theme changes. */
export function useThemeName(): string {
  const [name, setName] = useState(() => document.documentElement.dataset.theme ?? "light");
  useEffect(() => {
    const watch = new MutationObserver(() => setName(document.documentElement.dataset.theme ?? "light"));
    watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => watch.disconnect();
  }, []);
  return name;
}
