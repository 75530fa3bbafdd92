// SPDX-License-Identifier: Apache-2.0
import { CSPProvider } from "@base-ui/react/csp-provider";
import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "../api/client.ts";
import { startLive } from "../api/live.ts";
import { makeRouter } from "./routes.tsx";
import { startTheme } from "./theme.ts";

startTheme();
// What is under way shows before the next press of a button can come: a double click sends once.
notifyManager.setScheduler(queueMicrotask);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something is old; until one comes, what was read is what is.
      staleTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: (failures, cause) => cause instanceof Problem && cause.status >= 502 && failures < 2,
    },
    mutations: { networkMode: "always" },
  },
});
startLive(queries);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <RouterProvider router={makeRouter(queries)} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
