// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { at, callJson } from "../../api/client.ts";
import * as queries from "../../api/queries.ts";
import type { Experiment } from "../../api/types.ts";
import { FormDialog } from "../../app/confirm.tsx";
import { TextField } from "../../ui/field.tsx";

export default function NewExperiment({ namespace, onClose }: { namespace: string; onClose: () => void }) {
  const who = useQuery(queries.whoami).data;
  const [typedNs, setNs] = useState<string>();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const navigate = useNavigate();
  const ns = typedNs ?? (namespace || who?.default_namespace || "default");
  const make = useMutation({
    mutationFn: () => callJson<Experiment>(at("/api/v1/namespaces/{ns}/experiments", { ns }), { method: "POST", json: { name: name.trim(), ...(description.trim() && { description: description.trim() }) } }),
    onSuccess: (made) => void navigate({ to: "/experiments/$namespace/$experiment", params: { namespace: made.namespace, experiment: made.slug } }),
  });
  return (
    <FormDialog title="New experiment" action="Create" failed="The experiment was not made" doing={make} disabled={!name.trim() || !ns} onDo={() => make.mutate()} onClose={onClose}>
      <TextField label="Namespace" value={ns} onChange={(event) => setNs(event.target.value)} />
      <TextField label="Name" autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      <TextField label="Description" value={description} onChange={(event) => setDescription(event.target.value)} />
    </FormDialog>
  );
}
