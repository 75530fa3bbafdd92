// SPDX-License-Identifier: Apache-2.0
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Ban, Box } from "lucide-react";
import { deploy, undeploy } from "../../api/actions.ts";
import type { Deployment } from "../../api/types.ts";
import { Reason } from "../../app/loaded.tsx";
import { count } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { Note } from "../../ui/note.tsx";
import { toast } from "../../ui/toast.ts";

export default function UndeployDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const navigate = useNavigate();
  const { namespace, slug, follow, reference, version, model, model_namespace, metrics } = deployment;
  const remove = useMutation({
    mutationFn: () => undeploy(namespace, slug),
    onSuccess: () => {
      const again = follow || !version ? reference : `${model_namespace}/${model}:${version}`;
      toast.done(`${slug} undeployed`, () => void deploy(namespace, { reference: again, name: slug, follow }).catch((cause: Error) => toast.failed(`${slug} was not deployed again`, cause.message)));
      void navigate({ to: "/deployments" });
    },
  });
  return (
    <Dialog open title={`Undeploy ${slug}?`} onClose={onClose}>
      <DialogBody>
        <ul className="grid gap-1.5">
          <li className="flex gap-2"><Ban aria-hidden size={15} className="mt-0.5 text-bad" /><span>Calls to <code>/v2/models/{slug}/infer</code> get 404{metrics?.requests ? `; ${count(metrics.requests)} came so far` : ""}. Requests under way are finished first.</span></li>
          <li className="flex gap-2"><Box aria-hidden size={15} className="mt-0.5 text-fg-3" /><span>The model {model_namespace}/{model} and all its versions stay.</span></li>
        </ul>
        {remove.error ? <Note tone="bad" role="alert" title={`${slug} is still deployed`}><Reason problem={remove.error} /></Note> : null}
        <DialogActions>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>Undeploy</Button>
        </DialogActions>
      </DialogBody>
    </Dialog>
  );
}
