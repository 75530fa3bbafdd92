// SPDX-License-Identifier: Apache-2.0
import { Camera as CameraIcon, Crop as CropIcon, ImageUp } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { bytes } from "../../logic/format.ts";
import { Button } from "../../ui/button.tsx";
import { Camera } from "../../ui/capture/camera.tsx";
import { Crop } from "../../ui/capture/crop.tsx";
import type { Question } from "./question.ts";

const limit = 16 << 20;

/** PNG and JPEG go as they are; what else the browser can draw becomes a PNG. */
async function read(file: Blob): Promise<{ url: string; base64: string }> {
  if (file.size > limit) throw new Error(`The image is ${bytes(file.size)}; at most ${bytes(limit)} are taken.`);
  let blob = file;
  if (!/^image\/(png|jpeg)$/.test(file.type)) {
    const bitmap = await createImageBitmap(file).catch(() => {
      throw new Error("This is not an image that the browser can read. PNG and JPEG always work.");
    });
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
    blob = await new Promise<Blob>((resolve, reject) => canvas.toBlob((made) => (made ? resolve(made) : reject(new Error("The image could not be converted to PNG."))), "image/png"));
  }
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new Error("The file could not be read. Was it moved?"));
    reader.readAsDataURL(blob);
  });
  return { url, base64: url.slice(url.indexOf(",") + 1) };
}

/** `start`: an image that came by history or link. */
export function ImageInput({ active, busy, start, onAsk }: { active: boolean; busy: boolean; start: { url: string; base64: string } | undefined; onAsk: (question: Question | undefined) => void }) {
  const [image, setImage] = useState<{ url: string; base64: string; name: string } | undefined>(start && { ...start, name: "" });
  const [doing, setDoing] = useState<"" | "crop" | "camera">("");
  const [error, setError] = useState("");
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const take = useCallback(
    (file: Blob | null | undefined, name: string) => {
      if (!file) return;
      setError("");
      setDoing("");
      read(file).then(
        (made) => {
          setImage({ ...made, name });
          onAsk({ kind: "image", ...made });
        },
        (cause: Error) => setError(cause.message),
      );
    },
    [onAsk],
  );
  useEffect(() => {
    if (!active) return setDoing("");
    const paste = (event: ClipboardEvent) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
      if (file) take(file, file.name);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, [active, take]);
  if (doing === "camera") return <Camera onTake={(picture) => take(picture, "From the camera")} onCancel={() => setDoing("")} />;
  if (doing === "crop" && image) return <Crop url={image.url} name={image.name || "The image"} onDone={(part) => take(part, image.name)} onCancel={() => setDoing("")} />;
  return (
    <div>
      <div
        data-drop
        onDragOver={(event) => (event.preventDefault(), setOver(true))}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          const file = event.dataTransfer.files[0];
          take(file, file?.name ?? "");
        }}
        className={`grid aspect-square w-full place-items-center overflow-hidden rounded-panel border ${image ? "border-line-strong" : "border-dashed border-line-field"} ${over ? "border-accent bg-accent-soft" : "bg-sunken"}`}
      >
        {image ? (
          <img src={image.url} alt={image.name || "The image that was asked about"} className="max-h-full max-w-full object-contain [image-rendering:auto]" />
        ) : (
          <div className="grid justify-items-center gap-1 p-4 text-center">
            <ImageUp aria-hidden size={20} className="text-fg-3" />
            <p>Drop an image, or paste one</p>
            <p className="text-12 text-fg-3">PNG or JPEG, at most {bytes(limit)}</p>
          </div>
        )}
      </div>
      {error ? <p role="alert" className="mt-2 text-12 text-bad">{error}</p> : null}
      <div className="mt-2.5 flex flex-wrap gap-2">
        <Button small onClick={() => chooser.current?.click()}>Choose an image</Button>
        <Button small onClick={() => setDoing("camera")}><CameraIcon aria-hidden />Camera</Button>
        {image ? <Button small onClick={() => setDoing("crop")}><CropIcon aria-hidden />Crop</Button> : null}
        {image ? <Button small disabled={busy} onClick={() => onAsk({ kind: "image", url: image.url, base64: image.base64 })}>Ask again</Button> : null}
        <input ref={chooser} type="file" accept="image/*" hidden aria-label="Image" onChange={(event) => (take(event.target.files?.[0], event.target.files?.[0]?.name ?? ""), (event.target.value = ""))} />
      </div>
    </div>
  );
}
