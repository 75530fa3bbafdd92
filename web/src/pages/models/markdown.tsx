// SPDX-License-Identifier: Apache-2.0
//
// A model card, drawn from Markdown. Raw HTML is shown as text, links leave with no referrer, and pictures come from
// the version itself or not at all.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import * as queries from "../../api/queries.ts";
import { shownAs } from "../../logic/highlight.ts";
import type { Model, Version } from "../../api/types.ts";

/** Without a version there are no pictures. */
export default function Markdown({ text, model, version }: { text: string; model?: Model; version?: Version }) {
  return (
    <div className="prose">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        components={{
          // The page has its title, and the panel its own.
          h1: "h3", h2: "h4", h3: "h5", h4: "h6", h5: "h6",
          a: ({ href, children }) => {
            if (!href) return <span>{children}</span>;
            if (href.startsWith("#")) return <a href={href}>{children}</a>;
            return <a href={href} target="_blank" rel="noopener noreferrer nofollow">{children}</a>;
          },
          img: ({ src, alt }) => (model && version ? <Picture path={typeof src === "string" ? src : ""} alt={alt ?? ""} model={model} version={version} /> : <NoPicture alt={alt ?? ""} />),
          table: ({ children }) => <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label="Table"><table>{children}</table></div>,
          pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
          input: ({ checked }) => <input type="checkbox" checked={checked} disabled aria-label={checked ? "done" : "open"} />,
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}

function Picture({ path, alt, model, version }: { path: string; alt: string; model: Model; version: Version }) {
  const own = path.replace(/^\.\//, "");
  const files = useQuery({ ...queries.files(model.namespace, model.slug, version.number), enabled: version.sealed });
  const file = files.data?.find((one) => one.path === own && shownAs(own) === "image");
  const bytes = useQuery({ ...queries.fileBytes(model.namespace, model.slug, version.number, own, file?.digest ?? ""), enabled: file !== undefined });
  const url = useObjectUrl(bytes.data);
  return url ? <img src={url} alt={alt} /> : <NoPicture alt={alt} />;
}

function NoPicture({ alt }: { alt: string }) {
  return <span className="text-fg-3">[picture{alt ? `: ${alt}` : ""}]</span>;
}

export function useObjectUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!blob) return setUrl(undefined);
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
