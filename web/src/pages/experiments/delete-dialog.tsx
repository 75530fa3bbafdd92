// SPDX-License-Identifier: Apache-2.0
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { at, call } from "../../api/client.ts";
import * as reads from "../../api/experiments.ts";
import { withPage } from "../../api/queries.ts";
import type { Experiment } from "../../api/types.ts";
import { Confirm } from "../../app/confirm.tsx";
import { plural } from "../../logic/format.ts";
import { TextField } from "../../ui/field.tsx";

export default function DeleteExperiment({ experiment, onClose }: { experiment: Experiment; onClose: () => void }) {
  const { namespace, slug } = experiment;
  const [typed, setTyped] = useState("");
  const runs = useInfiniteQuery(reads.runs(namespace, slug));
  const count = runs.data?.pages.reduce((sum, page) => sum + page.runs.length, 0) ?? 0;
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => call(withPage(at("/api/v1/namespaces/{ns}/experiments/{experiment}", { ns: namespace, experiment: slug }), { cascade: "true" }), { method: "DELETE", headers: { "If-Match": experiment.etag } }),
    onSuccess: () => void navigate({ to: "/experiments", search: { namespace } }),
  });
  return (
    <Confirm title={`Delete experiment ${slug}?`} action="Delete experiment" failed="The experiment was not deleted" doing={remove} disabled={typed !== slug} onDo={() => remove.mutate()} onClose={onClose}>
      <p>{plural(count, "run")}{runs.hasNextPage ? " and more" : ""} go with it, with all they logged. This cannot be undone.</p>
      <TextField label={`Type ${slug} to go on`} value={typed} onChange={(event) => setTyped(event.target.value)} />
    </Confirm>
  );
}
