// SPDX-License-Identifier: Apache-2.0
#include "blobs/blobs.h"

#include "base/settings.h"
#include "blobs/folder.h"

namespace souk::blobs {

Result<std::unique_ptr<Blobs>> Blobs::open(const std::string& url, Logger& log, Metrics& metrics) {
  if (url.starts_with("file:")) {
    std::string path = url.substr(5);
    if (path.starts_with("//")) path = path.substr(2);
    return FolderBlobs::open(path, log, metrics);
  }
  if (url.starts_with("s3:")) {
    return unimplemented("blobs in " + settings::mask_url(url) + ": this server keeps blobs in a folder only")
        .at("blobs")
        .advise("use --blobs file:PATH");
  }
  return invalid_argument("blobs URL '" + settings::mask_url(url) + "' has no known form")
      .at("blobs")
      .advise("use file:PATH");
}

Result<Digest> Blobs::put(std::span<const std::byte> bytes) {
  std::unique_ptr<Writer> writer = SOUK_TRY(create());
  if (Status written = writer->write(bytes); !written) {
    writer->discard();
    return std::move(written).error();
  }
  return writer->commit(std::nullopt);
}

Result<std::string> Blobs::read_all(const Digest& digest, std::uint64_t limit) {
  std::unique_ptr<Reader> reader = SOUK_TRY(open_blob(digest));
  if (reader->size() > limit) {
    return resource_exhausted("blob " + digest.string() + " has " + std::to_string(reader->size()) +
                              " bytes, more than the " + std::to_string(limit) + " allowed here");
  }
  std::string text(static_cast<std::size_t>(reader->size()), '\0');
  std::span<std::byte> left = std::as_writable_bytes(std::span(text.data(), text.size()));
  for (std::uint64_t at = 0; !left.empty();) {
    std::size_t got = SOUK_TRY(reader->read_at(at, left));
    if (got == 0) return data_loss("blob " + digest.string() + " ended early");
    at += got;
    left = left.subspan(got);
  }
  return text;
}

}  // namespace souk::blobs
