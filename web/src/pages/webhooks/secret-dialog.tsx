// SPDX-License-Identifier: Apache-2.0
import type { Webhook } from "../../api/types.ts";
import { exact } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Code } from "../../ui/code.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { Note } from "../../ui/note.tsx";

/** The only time that the secret is seen. */
export function SecretDialog({ hook, onClose }: { hook: Webhook; onClose: () => void }) {
  return (
    <Dialog open wide title={`The secret of ${hook.name}`} onClose={onClose}>
      <DialogBody>
        <Note tone="warn" title="Copy it now: it is not shown again">The receiver verifies with it that a message is of this souk.{hook.old_secret_end ? <> The old one signs beside it until {exact(hook.old_secret_end)}.</> : null}</Note>
        <Code title="Secret" language="text" code={hook.secret ?? ""} wrap />
        <Code title="In the receiver" language="python" code={`from standardwebhooks import Webhook\nmessage = Webhook("${hook.secret}").verify(body, headers)`} shown={'from standardwebhooks import Webhook\nmessage = Webhook("whsec_…").verify(body, headers)'} wrap />
        <DialogActions><Button look="primary" onClick={onClose}>I have it</Button></DialogActions>
      </DialogBody>
    </Dialog>
  );
}
