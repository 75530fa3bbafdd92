// SPDX-License-Identifier: Apache-2.0
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { createNamespace } from "../api/actions.ts";
import { validName } from "../logic/packing.ts";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Note } from "../ui/note.tsx";
import { Reason } from "./loaded.tsx";

export default function NewNamespace({ onClose }: { onClose: () => void }) {
  const [slug, setSlug] = useState("");
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () => createNamespace(slug),
    onSuccess: (made) => {
      onClose();
      void navigate({ to: "/models", search: { namespace: made.slug } });
    },
  });
  const wrong = slug && !validName(slug) ? "Small letters, digits and single . _ - between them, at most 128" : undefined;
  return (
    <Dialog open title="New namespace" onClose={onClose}>
      <form onSubmit={(event) => (event.preventDefault(), slug && !wrong && !create.isPending && create.mutate())}>
        <DialogBody>
          <TextField label="Name" value={slug} autoFocus onChange={(event) => (setSlug(event.target.value), create.reset())} error={wrong} hint="Owns models and deployments. It stands in every path and reference, so it cannot be changed." />
          {create.error ? <Note tone="bad" role="alert" title="The namespace was not made"><Reason problem={create.error} /></Note> : null}
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" disabled={!slug || !!wrong || create.isPending}>Create</Button>
          </DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}
