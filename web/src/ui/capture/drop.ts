// SPDX-License-Identifier: Apache-2.0
//
// Files from a drop or a file chooser, folders walked, each with its path; hidden ones are left out.

export interface TakenFile {
  path: string;
  file: File;
}

const hidden = /(^|\/)\./;

export async function takeDropped(transfer: DataTransfer): Promise<TakenFile[]> {
  // The entries must be taken before the first await: the transfer is empty after the event.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  if (entries.length === 0) return takeChosen(transfer.files);
  const found: TakenFile[] = [];
  for (const entry of entries) await walk(entry, found);
  return clean(found);
}

export function takeChosen(files: FileList | null): TakenFile[] {
  return clean([...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

function clean(files: TakenFile[]): TakenFile[] {
  return files.filter(({ path }) => !hidden.test(path));
}

async function walk(entry: FileSystemEntry, found: TakenFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return;
    for (const child of part) await walk(child, found);
  }
}
