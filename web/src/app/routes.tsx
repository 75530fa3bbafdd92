// SPDX-License-Identifier: Apache-2.0
//
// Every view has its address. Pages are loaded when first wanted; hovering a link loads its page.
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Frame } from "./frame.tsx";
import { Broken, NoSuchPage } from "./broken.tsx";

interface Context {
  queries: QueryClient;
}

type Raw = Record<string, unknown>;
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined);
/** Keeps the wanted text parameters and drops what is empty or unknown. */
function texts<K extends string>(...names: K[]): (raw: Raw) => { [key in K]?: string } {
  return (raw) => Object.fromEntries(names.flatMap((name) => (text(raw[name]) === undefined ? [] : [[name, text(raw[name])]]))) as { [key in K]?: string };
}

const root = createRootRouteWithContext<Context>()({ component: Frame, notFoundComponent: NoSuchPage, errorComponent: Broken });

const home = createRoute({ getParentRoute: () => root, path: "/", beforeLoad: () => { throw redirect({ to: "/models", replace: true }); } });

const models = createRoute({
  getParentRoute: () => root, path: "/models", validateSearch: texts("namespace", "q", "show", "task", "format", "alias", "tag", "state"),
  component: lazyRouteComponent(() => import("../pages/models/list.tsx"), "ModelsPage"),
});
const model = createRoute({
  getParentRoute: () => root, path: "/models/$namespace/$model", validateSearch: texts("version", "show"),
  component: lazyRouteComponent(() => import("../pages/models/model.tsx"), "ModelPage"),
});
const overview = createRoute({ getParentRoute: () => model, path: "/", component: lazyRouteComponent(() => import("../pages/models/overview.tsx"), "Overview") });
const versions = createRoute({ getParentRoute: () => model, path: "/versions", validateSearch: texts("pick"), component: lazyRouteComponent(() => import("../pages/models/versions.tsx"), "Versions") });
const compare = createRoute({ getParentRoute: () => model, path: "/compare", validateSearch: texts("versions", "facts", "file"), component: lazyRouteComponent(() => import("../pages/models/compare.tsx"), "Compare") });
const files = createRoute({ getParentRoute: () => model, path: "/files", validateSearch: texts("file"), component: lazyRouteComponent(() => import("../pages/models/files.tsx"), "Files") });
const modelLineage = createRoute({ getParentRoute: () => model, path: "/lineage", component: lazyRouteComponent(() => import("../pages/models/lineage.tsx"), "ModelLineage") });
const use = createRoute({ getParentRoute: () => model, path: "/use", component: lazyRouteComponent(() => import("../pages/models/use.tsx"), "Use") });
const modelAccess = createRoute({ getParentRoute: () => model, path: "/access", component: lazyRouteComponent(() => import("../pages/models/access.tsx"), "ModelAccess") });

const experiments = createRoute({
  getParentRoute: () => root, path: "/experiments", validateSearch: texts("namespace", "q", "show"),
  component: lazyRouteComponent(() => import("../pages/experiments/list.tsx"), "ExperimentsPage"),
});
const experiment = createRoute({
  getParentRoute: () => root, path: "/experiments/$namespace/$experiment", validateSearch: texts("filter", "status", "sort", "columns", "pick", "show"),
  component: lazyRouteComponent(() => import("../pages/experiments/experiment.tsx"), "ExperimentPage"),
});
const runs = createRoute({ getParentRoute: () => experiment, path: "/", component: lazyRouteComponent(() => import("../pages/experiments/runs.tsx"), "Runs") });
const drawing = texts("metrics", "x", "log", "smooth", "range");
const curves = createRoute({ getParentRoute: () => experiment, path: "/curves", validateSearch: drawing, component: lazyRouteComponent(() => import("../pages/experiments/curves.tsx"), "Curves") });
const parallel = createRoute({ getParentRoute: () => experiment, path: "/parallel", validateSearch: texts("axes", "brush"), component: lazyRouteComponent(() => import("../pages/experiments/parallel.tsx"), "Parallel") });
const compareRuns = createRoute({ getParentRoute: () => experiment, path: "/compare", validateSearch: texts("facts"), component: lazyRouteComponent(() => import("../pages/experiments/compare.tsx"), "CompareRuns") });
const run = createRoute({
  getParentRoute: () => root, path: "/experiments/$namespace/$experiment/runs/$run", validateSearch: drawing,
  component: lazyRouteComponent(() => import("../pages/experiments/run.tsx"), "RunPage"),
});

const deployments = createRoute({
  getParentRoute: () => root, path: "/deployments", validateSearch: texts("namespace", "q", "state", "show"),
  component: lazyRouteComponent(() => import("../pages/deployments/list.tsx"), "DeploymentsPage"),
});
const deployment = createRoute({
  getParentRoute: () => root, path: "/deployments/$namespace/$deployment", validateSearch: texts("span", "zoom", "show", "step", "rollout", "to", "from", "line", "level"),
  component: lazyRouteComponent(() => import("../pages/deployments/deployment.tsx"), "DeploymentPage"),
});
const playgrounds = createRoute({
  getParentRoute: () => root, path: "/playground", validateSearch: texts("namespace"),
  component: lazyRouteComponent(() => import("../pages/playground/choose.tsx"), "ChoosePage"),
});
const playground = createRoute({
  getParentRoute: () => root, path: "/playground/$namespace/$deployment", validateSearch: texts("input"),
  component: lazyRouteComponent(() => import("../pages/playground/playground.tsx"), "PlaygroundPage"),
});

const operations = createRoute({ getParentRoute: () => root, path: "/operations", validateSearch: texts("of", "state"), component: lazyRouteComponent(() => import("../pages/operations/list.tsx"), "OperationsPage") });
const operation = createRoute({ getParentRoute: () => root, path: "/operations/$operation", component: lazyRouteComponent(() => import("../pages/operations/operation.tsx"), "OperationPage") });
const queues = createRoute({ getParentRoute: () => root, path: "/queues", component: lazyRouteComponent(() => import("../pages/work/queues.tsx"), "QueuesPage") });
const queue = createRoute({
  getParentRoute: () => root, path: "/queues/$queue", validateSearch: texts("state", "item"),
  component: lazyRouteComponent(() => import("../pages/work/queue.tsx"), "QueuePage"),
});

const catalogue = createRoute({ getParentRoute: () => root, path: "/catalogue", validateSearch: texts("of", "q", "from", "where", "order"), component: lazyRouteComponent(() => import("../pages/catalogue/list.tsx"), "CataloguePage") });
const entry = createRoute({ getParentRoute: () => root, path: "/catalogue/entry", validateSearch: texts("source", "name", "server"), component: lazyRouteComponent(() => import("../pages/catalogue/entry.tsx"), "EntryPage") });
const transfers = createRoute({ getParentRoute: () => root, path: "/transfers", validateSearch: texts("namespace"), component: lazyRouteComponent(() => import("../pages/transfers/transfers.tsx"), "TransfersPage") });
const webhooks = createRoute({ getParentRoute: () => root, path: "/webhooks", validateSearch: texts("namespace", "show"), component: lazyRouteComponent(() => import("../pages/webhooks/list.tsx"), "WebhooksPage") });
const webhook = createRoute({
  getParentRoute: () => root, path: "/webhooks/$namespace/$webhook", validateSearch: texts("show", "state", "delivery"),
  component: lazyRouteComponent(() => import("../pages/webhooks/webhook.tsx"), "WebhookPage"),
});

const access = createRoute({ getParentRoute: () => root, path: "/access", component: lazyRouteComponent(() => import("../pages/access/access.tsx"), "AccessPage") });
const accessHome = createRoute({ getParentRoute: () => access, path: "/", beforeLoad: () => { throw redirect({ to: "/access/users", replace: true }); } });
const users = createRoute({ getParentRoute: () => access, path: "/users", validateSearch: texts("q", "show", "user"), component: lazyRouteComponent(() => import("../pages/access/users.tsx"), "UsersPage") });
const teams = createRoute({ getParentRoute: () => access, path: "/teams", validateSearch: texts("show", "team"), component: lazyRouteComponent(() => import("../pages/access/teams.tsx"), "TeamsPage") });
const accounts = createRoute({ getParentRoute: () => access, path: "/accounts", validateSearch: texts("namespace", "show"), component: lazyRouteComponent(() => import("../pages/access/accounts.tsx"), "AccountsPage") });
const grants = createRoute({ getParentRoute: () => access, path: "/grants", validateSearch: texts("namespace", "show"), component: lazyRouteComponent(() => import("../pages/access/grants-page.tsx"), "GrantsPage") });
const keys = createRoute({ getParentRoute: () => access, path: "/keys", validateSearch: texts("show", "account"), component: lazyRouteComponent(() => import("../pages/access/keys.tsx"), "KeysPage") });
const sessions = createRoute({ getParentRoute: () => access, path: "/sessions", validateSearch: texts("user", "show"), component: lazyRouteComponent(() => import("../pages/access/sessions.tsx"), "SessionsPage") });
const audit = createRoute({ getParentRoute: () => access, path: "/audit", validateSearch: texts("namespace", "q", "outcome", "event"), component: lazyRouteComponent(() => import("../pages/access/audit.tsx"), "AuditPage") });

const search = createRoute({ getParentRoute: () => root, path: "/search", validateSearch: texts("q"), component: lazyRouteComponent(() => import("../pages/search/search.tsx"), "SearchPage") });

const settings = createRoute({ getParentRoute: () => root, path: "/settings", validateSearch: texts("q", "set"), component: lazyRouteComponent(() => import("../pages/settings/settings.tsx"), "SettingsPage") });

const reference = createRoute({
  getParentRoute: () => root, path: "/reference", validateSearch: texts("q", "call", "with"),
  component: lazyRouteComponent(() => import("../pages/reference/reference.tsx"), "ReferencePage"),
});
const errors = createRoute({ getParentRoute: () => root, path: "/errors", component: lazyRouteComponent(() => import("../pages/reference/errors.tsx"), "ErrorsPage") });

// Stands over the frame (frame.tsx); the link's token is behind '#', where no server sees it.
const setUp = createRoute({ getParentRoute: () => root, path: "/set-up", component: () => null });

const tree = root.addChildren([
  home, setUp, models, model.addChildren([overview, versions, compare, modelLineage, files, use, modelAccess]), experiments, experiment.addChildren([runs, curves, parallel, compareRuns]), run, deployments, deployment, playgrounds, playground,
  operations, operation, queues, queue, catalogue, entry, transfers, webhooks, webhook, access.addChildren([accessHome, users, teams, accounts, grants, keys, sessions, audit]), search, settings, reference, errors,
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultPendingMs: 150,
    // Plain words in the address: ?version=3&q=digits, not JSON.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const parameters = new URLSearchParams();
      for (const [name, value] of Object.entries(search)) if (value !== undefined && value !== "") parameters.set(name, String(value));
      return parameters.size > 0 ? `?${parameters}` : "";
    },
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
