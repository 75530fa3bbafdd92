// SPDX-License-Identifier: Apache-2.0
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Box, Rocket } from "lucide-react";
import { useState } from "react";
import { deleteModel } from "../../api/actions.ts";
import type { Model } from "../../api/types.ts";
import { Reason } from "../../app/loaded.tsx";
import { plural } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";

/** Asks by consequence. A model in use cannot be deleted, and the dialog says by what it is used. */
export default function DeleteDialog({ model, onClose }: { model: Model; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const used = model.deployments;
  const remove = useMutation({
    mutationFn: () => deleteModel(model.namespace, model.slug, model.etag),
    onSuccess: () => void navigate({ to: "/models" }),
  });
  return (
    <Dialog open title={`Delete model ${model.slug}?`} onClose={onClose}>
      <form onSubmit={(event) => (event.preventDefault(), typed === model.slug && remove.mutate())}>
        <DialogBody>
          <ul className="grid gap-1.5">
            <li className="flex gap-2"><Box aria-hidden size={15} className="mt-0.5 text-fg-3" />{plural(model.version_count, "version")} and {plural(model.aliases.length, "alias", "aliases")} go. This cannot be undone.</li>
            {used.map((one) => (
              <li key={`${one.namespace}/${one.slug}`} className="flex gap-2"><Rocket aria-hidden size={15} className="mt-0.5 text-bad" /><span>Deployment <b className="font-medium">{one.namespace}/{one.slug}</b> uses it. Undeploy it first.</span></li>
            ))}
          </ul>
          {used.length === 0 ? <TextField label={`Type ${model.slug} to go on`} value={typed} onChange={(event) => setTyped(event.target.value)} /> : null}
          {remove.error ? <Note tone="bad" role="alert" title="The model was not deleted"><Reason problem={remove.error} /></Note> : null}
          <DialogActions>
            <Button onClick={onClose}>Keep it</Button>
            <Button type="submit" look="danger" disabled={typed !== model.slug || remove.isPending || used.length > 0}>Delete model</Button>
          </DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}
