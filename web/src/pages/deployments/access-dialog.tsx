// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { Place } from "../../api/access.ts";
import { Dialog, DialogBody } from "../../ui/dialog.tsx";
import { ShareButton, ShareDialog, WhoMay } from "../access/grants.tsx";
import { ListHead } from "../access/parts.tsx";

/** Who may ask this deployment or change it, and why. */
export default function AccessDialog({ on, onClose }: { on: Place; onClose: () => void }) {
  const [sharing, setSharing] = useState(false);
  if (sharing) return <ShareDialog on={on} onClose={() => setSharing(false)} />;
  return (
    <Dialog open wide title={`Who may use ${on.ns}/${on.deployment}`} onClose={onClose}>
      <DialogBody>
        <ListHead say="Executors and above may ask it. The model has its own list."><ShareButton onClick={() => setSharing(true)} /></ListHead>
        <WhoMay on={on} />
      </DialogBody>
    </Dialog>
  );
}
