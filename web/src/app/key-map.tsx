// SPDX-License-Identifier: Apache-2.0
import { Fragment } from "react";
import { Dialog, DialogBody } from "../ui/dialog.tsx";
import { Kbd } from "../ui/field.tsx";
import { keyMap } from "./keys.ts";

export default function KeyMap({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open title="Keyboard" onClose={onClose}>
      <DialogBody>
        {keyMap.map(({ group, keys }) => (
          <section key={group}>
            <h3 className="mb-1 text-fg-3">{group}</h3>
            <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-y-1.5">
              {keys.map(([pressed, does]) => (
                <Fragment key={does}>
                  <dt>{does}</dt>
                  <dd className="flex justify-end gap-1">{pressed.map((key) => <Kbd key={key}>{key}</Kbd>)}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </DialogBody>
    </Dialog>
  );
}
