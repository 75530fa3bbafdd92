// SPDX-License-Identifier: Apache-2.0
#include "blobs/blobs.h"

#include <filesystem>

#include "base/settings.h"
#include "blobs/folder.h"
#include "blobs/s3/store.h"

namespace souk::blobs {

namespace {
constexpr std::size_t kPiece = 1 << 20;
constexpr std::string_view kFile = "file:";
}  // namespace

Error rotten(const Digest& digest, const Digest& is) {
  return data_loss("blob " + digest.string() + " is damaged: its bytes have digest " + is.string())
      .advise("push the blob again, or restore it from a backup");
}

Error wrong_digest(std::uint64_t size, const Digest& is, const Digest& expected) {
  return invalid_argument("the " + std::to_string(size) + " bytes received have digest " + is.string() + ", not " +
                          expected.string())
      .at("digest")
      .advise("the upload was dropped; send the bytes again, or the digest that is theirs");
}

Result<std::unique_ptr<Blobs>> Blobs::open(const std::string& url, Logger& log, Metrics& metrics,
                                           const S3Settings& s3) {
  if (url.starts_with("s3:")) return s3::S3Blobs::open(url, s3, log, metrics);
  return FolderBlobs::open(SOUK_TRY(canonical_url(url)).substr(kFile.size()), log, metrics);
}

Result<std::string> Blobs::canonical_url(const std::string& url) {
  if (url.starts_with("s3:")) return SOUK_TRY(s3::S3Blobs::address_of(url)).url;
  if (!url.starts_with(kFile)) {
    return invalid_argument("blobs URL '" + settings::mask_url(url) + "' has no known form")
        .at("blobs")
        .advise("use file:PATH or s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME");
  }
  std::string path = url.substr(kFile.size());
  if (path.starts_with("//")) path = path.substr(2);
  std::error_code error;
  std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (path.empty() || error || path.find('\0') != std::string::npos) {
    return invalid_argument("'" + path + "' is no folder for blobs").at("blobs");
  }
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return std::string(kFile) + absolute;
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
  if (Digest is = sha256(text); is != digest) return rotten(digest, is);
  return text;
}

Status Blobs::verify(const Digest& digest) {
  std::unique_ptr<Reader> reader = SOUK_TRY(open_blob(digest));
  std::vector<std::byte> buffer(kPiece);
  Sha256 hash;
  for (std::uint64_t at = 0;;) {
    std::size_t got = SOUK_TRY(reader->read_at(at, buffer));
    if (got == 0) break;
    hash.update(std::span(buffer).first(got));
    at += got;
  }
  if (Digest is = hash.finish(); is != digest) return rotten(digest, is);
  return {};
}

}  // namespace souk::blobs
