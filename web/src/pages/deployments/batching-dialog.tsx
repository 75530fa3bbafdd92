// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { changeDeployment } from "../../api/actions.ts";
import * as queries from "../../api/queries.ts";
import type { Deployment } from "../../api/types.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { batchingDraft, batchingLabels, batchingMeant, type BatchingName, batchingNames, batchingText } from "../../logic/batching.ts";
import { TextField } from "../../ui/field.tsx";
import { toast } from "../../ui/toast.ts";

/** What is set here for the next batch on; an empty field is as the version says. */
export default function BatchingDialog({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const { namespace, slug, batching } = deployment;
  const [draft, setDraft] = useState(() => batchingDraft(batching));
  const config = useQuery(queries.served(namespace, slug)).data?.config;
  const { change, wrong } = batchingMeant(draft);
  const put = useMutation({
    mutationFn: () => changeDeployment(namespace, slug, { batching: change }),
    onSuccess: () => {
      const before = batchingMeant(batchingDraft(batching)).change;
      toast.done(`${slug} joins anew from the next batch on`, () => void changeDeployment(namespace, slug, { batching: before }).catch((cause: Error) => toast.failed(`${slug} was not changed`, cause.message)));
      onClose();
    },
  });
  const now = (name: BatchingName) => {
    if (batching[name] !== undefined) return undefined;
    const value = name === "max_batch_size" ? config?.max_batch_size : config?.dynamic_batching?.[name as keyof typeof config.dynamic_batching];
    return value === undefined || (Array.isArray(value) && value.length === 0) ? undefined : batchingText(name, value);
  };
  return (
    <FormDialog wide title={`Batches of ${slug}`} action="Set" failed={`${slug} was not changed`} doing={put} disabled={Object.keys(wrong).length > 0} onDo={() => put.mutate()} onClose={onClose}>
      <p className="text-fg-2">Holds from the next batch on; nothing is loaded anew. What is left empty is as the version says.</p>
      <div className="grid grid-cols-2 gap-3 max-phone:grid-cols-1">
        {batchingNames.map((name) => <TextField key={name} label={batchingLabels[name].label} hint={batchingLabels[name].hint} placeholder={now(name) ?? "as the version says"} value={draft[name]} error={wrong[name]} onChange={(event) => setDraft({ ...draft, [name]: event.target.value })} />)}
      </div>
    </FormDialog>
  );
}
