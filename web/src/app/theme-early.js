// SPDX-License-Identifier: Apache-2.0
// Runs before the first paint: see build/theme-script.ts. The rest of the theme is in theme.ts.
(() => {
  let wanted = "system";
  try {
    wanted = localStorage.getItem("souk.theme") || "system";
  } catch {}
  const dark = wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
