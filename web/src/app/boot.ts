// SPDX-License-Identifier: Apache-2.0
//
// The frame of the page stands in index.html and is painted first; then the page's code, which was fetched meanwhile,
// is run. A tab in the background paints nothing and does not wait for it.
let begun = false;
function begin(): void {
  if (begun) return;
  begun = true;
  import("./main.tsx").catch(() => {
    document.getElementById("root")!.textContent = "This page of souk could not be loaded. Load it again.";
  });
}
if (document.visibilityState === "hidden") begin();
else {
  requestAnimationFrame(() => setTimeout(begin));
  document.addEventListener("visibilitychange", begin, { once: true });
  setTimeout(begin, 2000);
}
