#!/usr/bin/env python3
"""embed.py FOLDER OUT.S OUT.cc: the files of a folder as an object: bytes by .incbin, and the table api/web/web.h reads."""
import base64
import gzip
import hashlib
import re
import sys
from pathlib import Path

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2",
         ".json": "application/json", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json"}


def allowed(html: bytes, element: str) -> str:
    """What the content security policy says of the scripts or styles that stand in the page itself."""
    inline = re.findall(rb"<" + element.encode() + rb">(.*?)</" + element.encode() + rb">", html, re.S)
    return "".join(f" 'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in inline)


def main(folder: Path, assembly: Path, table: Path) -> None:
    files = sorted((f for f in folder.rglob("*") if f.is_file() and not f.name.startswith(".")),
                   key=lambda f: "/" + f.relative_to(folder).as_posix()) if folder.is_dir() else []
    packed = assembly.parent / "embedded"
    packed.mkdir(parents=True, exist_ok=True)
    asm, externs, rows = ['.section .rodata'], [], []
    for i, file in enumerate(files):
        data = file.read_bytes()
        sources = {"plain": file}
        zipped = gzip.compress(data, 9, mtime=0)
        if len(zipped) < 0.9 * len(data):
            (packed / f"{i}.gz").write_bytes(zipped)
            sources["gzip"] = packed / f"{i}.gz"
        views = {"plain": '""', "gzip": '""'}
        for kind, source in sources.items():
            name = f"souk_web_{i}_{kind}"
            size = source.stat().st_size
            asm += [f".global {name}", f"{name}:", f'.incbin "{source.resolve()}"']
            externs.append(f'extern "C" const char {name}[];')
            views[kind] = f"std::string_view({name}, {size})"
        etag = hashlib.sha256(data).hexdigest()[:32]
        kind = TYPES.get(file.suffix, "application/octet-stream")
        inline = [allowed(data, element) if file.suffix == ".html" else "" for element in ("script", "style")]
        rows.append(f'    {{"/{file.relative_to(folder).as_posix()}", "{kind}", "\\"{etag}\\"", {views["plain"]}, {views["gzip"]}, "{inline[0]}", "{inline[1]}"}},')
    asm.append('.section .note.GNU-stack,"",@progbits')
    assembly.write_text("\n".join(asm) + "\n")
    body = "\n".join(rows)
    table.write_text(f"""// Made by cmake/embed.py.
#include <array>
#include "api/web/web.h"
{chr(10).join(externs)}
namespace souk::api::web {{
std::span<const Asset> embedded_assets() {{
  static const std::array<Asset, {len(files)}> kAssets{{{{
{body}
  }}}};
  return kAssets;
}}
}}  // namespace souk::api::web
""")


main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
