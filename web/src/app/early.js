// SPDX-License-Identifier: Apache-2.0
// Stands in index.html itself (build/shell.ts): the theme before the first paint, and what the page will ask for first,
// so that the answer is there when the page's code is. api/client.ts takes it.
(() => {
  const kept = (place, name) => {
    try {
      return window[place].getItem(name) || "";
    } catch {
      return "";
    }
  };
  const wanted = kept("localStorage", "souk.theme");
  const dark = wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";

  const one = /^\/(models|deployments)\/([^/]+)\/([^/]+)/.exec(location.pathname);
  if (!one) return;
  const key = kept("sessionStorage", "souk.key");
  const path = `/api/v1/namespaces/${one[2]}/${one[1]}/${one[3]}`;
  const answer = fetch(path, { headers: { Accept: "application/json", ...(key && { Authorization: `Bearer ${key}` }) }, credentials: key ? "omit" : "same-origin" });
  answer.catch(() => {});
  window.soukEarly = { path, answer, until: Date.now() + 10000 };
})();
