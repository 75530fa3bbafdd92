// SPDX-License-Identifier: Apache-2.0
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Ellipsis, Pause, Play, Rocket, SquarePlay, Trash2, UserPlus } from "lucide-react";
import { lazy, Suspense } from "react";
import { charted } from "../../api/charted.ts";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { Loaded } from "../../app/loaded.tsx";
import { turn } from "../../app/turn.ts";
import { count, milliseconds, plural, taskName } from "../../logic/format.ts";
import { quantileOf } from "../../logic/figures.ts";
import { planSaid } from "../../logic/strategy.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Chip } from "../../ui/chip.tsx";
import { CopyButton, Digest } from "../../ui/copy.tsx";
import { Identicon } from "../../ui/drawn/identicon.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { Note } from "../../ui/note.tsx";
import { KeyValue, RailPart, Tiles } from "../../ui/panel.tsx";
import { SkeletonPage } from "../../ui/skeleton.tsx";
import { State } from "../../ui/state.tsx";
import { When } from "../../ui/time.tsx";
import { Capacity } from "./capacity.tsx";
import { Charts } from "./charts.tsx";
import { Happened } from "./happened.tsx";
import { Log } from "./log.tsx";
import { Revisions } from "./revisions.tsx";
import { Rollouts } from "./rollouts.tsx";
import { Traffic } from "./traffic.tsx";

const DeployDialog = lazy(() => import("./deploy-dialog.tsx"));
const UndeployDialog = lazy(() => import("./undeploy-dialog.tsx"));
const DiffersDialog = lazy(() => import("./differs-dialog.tsx"));
const AccessDialog = lazy(() => import("./access-dialog.tsx"));
const route = getRouteApi("/deployments/$namespace/$deployment");

export function DeploymentPage() {
  const { namespace, deployment } = route.useParams();
  // Requests make no event, so the figures are read when somebody comes to look, and say of when they are.
  const query = useQuery({ ...queries.deployment(namespace, deployment), refetchOnMount: "always", refetchOnWindowFocus: "always" });
  return (
    <Loaded query={query} what={`the deployment ${namespace}/${deployment}`} skeleton={<SkeletonPage />}>
      {(data) => (
        <>
          <Head deployment={data} />
          <div className="grid grid-cols-[minmax(0,1fr)_316px] items-start gap-6 max-wide:grid-cols-[minmax(0,1fr)]">
            <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
              <Trouble deployment={data} />
              <Traffic deployment={data} />
              <Figures deployment={data} readAt={query.dataUpdatedAt} />
              <Charts deployment={data} />
              <Revisions deployment={data} />
              <Capacity deployment={data} />
              <Rollouts deployment={data} />
              <Log deployment={data} />
            </div>
            <aside aria-label="About the deployment">
              <Happened deployment={data} />
              <Asked deployment={data} />
            </aside>
          </div>
        </>
      )}
    </Loaded>
  );
}

function Head({ deployment }: { deployment: Deployment }) {
  const { show: layer, to, from } = route.useSearch();
  const navigate = route.useNavigate();
  const setLayer = (show: "deploy" | "undeploy" | "access" | undefined) => void navigate({ search: (old) => ({ ...old, show, to: undefined, from: undefined }), replace: show === undefined, resetScroll: false });
  const params = { namespace: deployment.namespace, deployment: deployment.slug };
  const path = `/v2/models/${deployment.namespace === "default" ? "" : `${deployment.namespace}/`}${deployment.slug}/infer`;
  const running = deployment.desired_state === "RUNNING";
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3">
      <Identicon of={`${deployment.model_namespace}/${deployment.model}`} size={32} />
      <div className="min-w-0 flex-1 max-phone:basis-[70%]">
        <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <h1 className="wrap-anywhere">{deployment.slug}</h1>
          <span role="status" aria-label="State"><State of="deployment" state={deployment.state} note={deployment.version ? `v${deployment.version}` : undefined} /></span>
          {deployment.task ? <Chip tone="line">{taskName(deployment.task)}</Chip> : null}
        </div>
        <p className="flex min-w-0 items-center gap-1 text-fg-2"><code className="truncate">POST {path}</code><CopyButton text={window.location.origin + path} label="Copy the address" /></p>
      </div>
      {deployment.state === "READY" ? <ButtonLink look="primary" className="max-phone:flex-1" to="/playground/$namespace/$deployment" params={params}><SquarePlay aria-hidden />Try it</ButtonLink> : null}
      <Button look={deployment.state === "FAILED" ? "primary" : "plain"} className="max-phone:flex-1" onClick={() => setLayer("deploy")}><Rocket aria-hidden />Deploy another version</Button>
      <Menu align="end" label="More" trigger={<Button look="quiet" icon aria-label="More actions"><Ellipsis aria-hidden /></Button>}>
        <MenuItem onClick={() => void turn(deployment, running ? "STOPPED" : "RUNNING")}>{running ? <Pause aria-hidden /> : <Play aria-hidden />}{running ? "Stop" : "Start"}</MenuItem>
        <MenuItem onClick={() => setLayer("access")}><UserPlus aria-hidden />Who may use it</MenuItem>
        <MenuSeparator />
        <MenuItem danger onClick={() => setLayer("undeploy")}><Trash2 aria-hidden />Undeploy</MenuItem>
      </Menu>
      <Suspense>
        {layer === "deploy" ? <DeployDialog deployment={deployment} {...(to ? { version: Number(to) } : {})} onClose={() => setLayer(undefined)} /> : null}
        {layer === "access" ? <AccessDialog on={{ ns: deployment.namespace, deployment: deployment.slug }} onClose={() => setLayer(undefined)} /> : null}
        {layer === "differs" && from && to ? <DiffersDialog deployment={deployment} from={Number(from)} to={Number(to)} choose={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false })} onClose={() => setLayer(undefined)} /> : null}
        {layer === "undeploy" ? <UndeployDialog deployment={deployment} onClose={() => setLayer(undefined)} /> : null}
      </Suspense>
    </div>
  );
}

/** What is wrong, whom it hurts, in the server's words. */
function Trouble({ deployment }: { deployment: Deployment }) {
  const answering = deployment.revisions.find((revision) => revision.state === "READY" && revision.traffic_percent > 0);
  const newest = deployment.revisions[0];
  const broken = newest?.state === "FAILED" ? newest : undefined;
  if (deployment.state !== "FAILED" && !broken) return deployment.state === "STOPPED" ? <Note tone="info" title="Stopped">Calls are refused until it is started again. {deployment.reason}</Note> : null;
  const reason = deployment.reason || broken?.reason || broken?.replicas.find((replica) => replica.reason)?.reason;
  return (
    <Note tone="bad" role="alert" title={`v${broken?.version || deployment.version || "?"} could not be started`}>
      <p>{reason ?? "No reason was given. See what happened, and the server's log."}</p>
      <p className="mt-1">{answering ? <><b className="font-medium text-fg">Nobody is affected.</b> v{answering.version} answers {answering.traffic_percent} % of requests.</> : "Calls are refused with this reason until a version is ready."}</p>
    </Note>
  );
}

function Figures({ deployment, readAt }: { deployment: Deployment; readAt: number }) {
  const { last } = useQuery(charted(deployment.namespace, deployment.slug)).data;
  const figures = last ? { ...last, latency_p50_ms: quantileOf(last, 0.5), latency_p99_ms: quantileOf(last, 0.99) } : deployment.metrics;
  if (!figures) return null;
  const timed = figures.requests > 0;
  return (
    <Tiles
      tiles={[
        { name: "Requests", value: count(figures.requests), note: last ? "of this node, since it started" : <>as of <When time={new Date(readAt).toISOString()} /></> },
        { name: "Errors", value: count(figures.errors), note: timed ? `${((figures.errors / figures.requests) * 100).toFixed(2)} %` : "" },
        { name: "Latency p50", ...split(timed ? milliseconds(figures.latency_p50_ms) : ""), note: timed ? "" : "no request yet" },
        { name: "Latency p99", ...split(timed ? milliseconds(figures.latency_p99_ms) : ""), note: timed ? "" : "no request yet" },
      ]}
    />
  );
}
function split(text: string): { value: string; unit?: string } {
  const [value = "", unit] = text.split(" ");
  return unit ? { value, unit } : { value: value || "–" };
}

function Asked({ deployment }: { deployment: Deployment }) {
  const replicas = deployment.revisions.flatMap((revision) => revision.replicas).filter((replica) => replica.state === "READY");
  return (
    <RailPart title="Configuration">
      <KeyValue
        rows={[
          ["Model", <Link key="m" className="link" to="/models/$namespace/$model" params={{ namespace: deployment.model_namespace, model: deployment.model }}>{deployment.model_namespace}/{deployment.model}</Link>],
          ["Asked for", <code key="r" className="wrap-anywhere">{deployment.reference}</code>],
          ["When it moves", deployment.follow ? "rolls along" : "stays as it is"],
          ["Takes over", planSaid(deployment.strategy)],
          ...routingRows(deployment),
          ...(deployment.digest ? [["Digest", <Digest key="d" digest={deployment.digest} />] as [string, React.ReactNode]] : []),
          ["Runs on", replicas.length > 0 ? `${plural(new Set(replicas.map((replica) => replica.node)).size, "node")}, ${plural(replicas.length, "replica")}` : "nothing now"],
          ["Made", <When key="w" time={deployment.create_time} />],
        ]}
      />
    </RailPart>
  );
}

/** Who gets which revision, where that is said. */
function routingRows({ routing, revisions }: Deployment): [string, string][] {
  const sticky = routing.sticky ? [["Same caller", `same revision, by ${routing.sticky.by === "KEY" ? "API key" : `the header ${routing.sticky.header}`}`] as [string, string]] : [];
  const rules = routing.match.map((rule): [string, string] => ["Always", `${rule.header ? `${rule.header}: ${rule.value}` : `key ${rule.key}`} gets ${rule.revision ? `v${revisions.find((one) => one.number === rule.revision)?.version ?? "?"}` : "the newest"}`]);
  return [...sticky, ...rules];
}
