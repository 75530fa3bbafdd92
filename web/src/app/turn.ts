// SPDX-License-Identifier: Apache-2.0
import { changeDeployment } from "../api/actions.ts";
import type { Deployment } from "../api/types.ts";
import { toast } from "../ui/toast.ts";

/** Starts or stops a deployment, and offers the way back. */
export async function turn(deployment: Deployment, wanted: "RUNNING" | "STOPPED"): Promise<void> {
  const { namespace, slug } = deployment;
  try {
    await changeDeployment(namespace, slug, { desired_state: wanted });
    toast.done(wanted === "STOPPED" ? `${slug} stops` : `${slug} starts`, () => void turn(deployment, wanted === "STOPPED" ? "RUNNING" : "STOPPED"));
  } catch (cause) {
    toast.failed(`${slug} was not changed`, (cause as Error).message);
  }
}
