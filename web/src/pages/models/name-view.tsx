// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions, DialogBody } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";

export default function NameView({ onSave, onClose }: { onSave: (name: string) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  return (
    <Dialog open title="Save the view" onClose={onClose}>
      <form onSubmit={(event) => (event.preventDefault(), name.trim() && onSave(name.trim()))}>
        <DialogBody>
          <TextField label="Name" value={name} maxLength={60} autoFocus onChange={(event) => setName(event.target.value)} hint="Kept in this browser. To share it, send the address of the page." />
          <DialogActions><Button onClick={onClose}>Cancel</Button><Button type="submit" look="primary" disabled={!name.trim()}>Save</Button></DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}
