// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "react";
import { Button } from "../button.tsx";

const reasons: Record<string, string> = {
  NotAllowedError: "The browser was not allowed to use the camera. Allow it beside the address, then try again.",
  NotFoundError: "This machine has no camera.",
  NotReadableError: "Another program uses the camera. Close it, then try again.",
};

/** Shows the camera until a picture is taken; nothing leaves the browser before that. */
export function Camera({ onTake, onCancel }: { onTake: (picture: Blob) => void; onCancel: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [error, setError] = useState("");
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let left = false;
    const open = async () => {
      try {
        if (!navigator.mediaDevices) throw new Error("A browser gives the camera to pages over https or of this machine only.");
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        if (left) return stream.getTracks().forEach((track) => track.stop());
        video.current!.srcObject = stream;
        await video.current!.play();
        setReady(true);
      } catch (cause) {
        if (!left) setError(reasons[(cause as Error).name] ?? (cause as Error).message);
      }
    };
    void open();
    return () => {
      left = true;
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  const take = () => {
    const from = video.current!;
    const canvas = document.createElement("canvas");
    canvas.width = from.videoWidth;
    canvas.height = from.videoHeight;
    canvas.getContext("2d")!.drawImage(from, 0, 0);
    canvas.toBlob((picture) => picture && onTake(picture), "image/png");
  };
  return (
    <div onKeyDown={(event) => event.key === "Escape" && onCancel()}>
      <div className="grid aspect-square w-full place-items-center overflow-hidden rounded-panel border border-line-strong bg-sunken">
        {error ? <p role="alert" className="p-4 text-center text-bad">{error}</p> : <video ref={video} muted playsInline aria-label="What the camera sees" className="max-h-full max-w-full" />}
      </div>
      <div className="mt-2.5 flex gap-2">
        <Button small look="primary" disabled={!ready} onClick={take} autoFocus>Take the picture</Button>
        <Button small onClick={onCancel}>Cancel</Button>
      </div>
    </div>
  );
}
