// SPDX-License-Identifier: Apache-2.0
import { Lineage } from "../lineage/lineage.tsx";
import { useChosenVersion, useModel } from "./chosen.ts";

export function ModelLineage() {
  const model = useModel();
  const version = useChosenVersion(model).data;
  if (!version) return <p className="text-fg-2">No version yet: lineage begins with the first.</p>;
  return <Lineage of={`${model.namespace}/${model.slug}:${version.number}`} what={`${model.slug}:${version.number}`} />;
}
