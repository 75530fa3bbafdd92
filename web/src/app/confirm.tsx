// SPDX-License-Identifier: Apache-2.0
//
// Asks by consequence before what cannot be undone; a refusal is said in the server's words.
import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../ui/dialog.tsx";
import { Note } from "../ui/note.tsx";
import { Reason } from "./loaded.tsx";

interface Doing {
  isPending: boolean;
  error: Error | null;
}

export function Confirm({ title, action, keep = "Keep it", failed, doing, disabled = false, onDo, onClose, children }: { title: string; action: string; keep?: string; failed: string; doing: Doing; disabled?: boolean; onDo: () => void; onClose: () => void; children: ReactNode }) {
  return (
    <Dialog open title={title} onClose={onClose}>
      <DialogBody>
        {children}
        <Refused title={failed} error={doing.error} />
        <DialogActions>
          <Button onClick={onClose}>{keep}</Button>
          <Button look="danger" disabled={doing.isPending || disabled} onClick={onDo}>{action}</Button>
        </DialogActions>
      </DialogBody>
    </Dialog>
  );
}

/** What stands in a form whose call was refused. */
export function Refused({ title, error }: { title: string; error: Error | null }) {
  return error ? <Note tone="bad" role="alert" title={title}><Reason problem={error} /></Note> : null;
}

/** A form in a dialog: one submit, one way out. */
export function FormDialog({ title, action, failed, doing, disabled = false, wide = false, onDo, onClose, children }: { title: string; action: string; failed: string; doing: Doing; disabled?: boolean; wide?: boolean; onDo: () => void; onClose: () => void; children: ReactNode }) {
  return (
    <Dialog open wide={wide} title={title} onClose={onClose}>
      <form onSubmit={(event) => (event.preventDefault(), !disabled && !doing.isPending && onDo())}>
        <DialogBody>
          {children}
          <Refused title={failed} error={doing.error} />
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" disabled={disabled || doing.isPending}>{action}</Button>
          </DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}
