// SPDX-License-Identifier: Apache-2.0
//
// Bytes by digest: immutable, verified as they are written, durable before `commit` returns, visible whole or
// not at all. A folder and S3 keep them the same way for all that is above; README.md says how each lays them out.
// Thread-safe; a Writer or Reader belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "blobs/part_upload.h"
#include "blobs/s3/settings.h"

namespace souk::blobs {

class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::uint64_t size() const = 0;
  // 0 at the end. Errors: out_of_range, data_loss, unavailable
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) = 0;
  // A local file that holds exactly the blob, for mapping and for children, as long as this lives. A remote store
  // brings it into its cache, verified. Errors: data_loss, unavailable (store, or disk of the cache)
  virtual Result<std::string> local_path() = 0;
  // Where a client had better GET the blob itself, for some minutes and without credentials; empty: here.
  virtual std::string direct_url() const { return ""; }
};

// An upload under way. It survives its Writer, and a restart, by its id; dropped after an expiry.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual const std::string& id() const = 0;
  virtual std::uint64_t size() const = 0;
  // Errors: unavailable (disk full), and then nothing of this piece counts
  virtual Status write(std::span<const std::byte> bytes) = 0;
  // Makes what was written so far survive a restart, to be continued by Blobs::resume.
  virtual Status suspend() = 0;
  // Errors: invalid_argument (digest differs; the upload is gone). Blocks until durable.
  virtual Result<Digest> commit(std::optional<Digest> expected) = 0;
  virtual void discard() = 0;
};

struct StoredBlob {
  Digest digest;
  std::uint64_t size = 0;
};

class Blobs {
 public:
  // `url` is file:PATH or s3://bucket/prefix?endpoint=…&region=…
  static Result<std::unique_ptr<Blobs>> open(const std::string& url, Logger& log, Metrics& metrics,
                                             const S3Settings& s3 = {});
  // The one way to write the URL of a place. Errors: invalid_argument
  static Result<std::string> canonical_url(const std::string& url);
  virtual ~Blobs() = default;

  virtual Result<std::unique_ptr<Writer>> create() = 0;
  // Errors: not_found
  virtual Result<std::unique_ptr<Writer>> resume(const std::string& id) = 0;
  // Small blobs in one call.
  Result<Digest> put(std::span<const std::byte> bytes);

  // What parts an upload of that size may have. Errors: resource_exhausted (larger than can be)
  virtual Result<PartPlan> plan_parts(std::uint64_t size) = 0;
  virtual Result<std::unique_ptr<PartUpload>> create_parts(const PartPlan& plan) = 0;
  // Errors: not_found
  virtual Result<std::unique_ptr<PartUpload>> resume_parts(const std::string& id, const PartPlan& plan) = 0;

  virtual Result<std::optional<std::uint64_t>> find_size(const Digest& digest) = 0;
  // Errors: not_found
  virtual Result<std::unique_ptr<Reader>> open_blob(const Digest& digest) = 0;
  // Errors: not_found, resource_exhausted (larger than `limit`), data_loss (its bytes are others now)
  Result<std::string> read_all(const Digest& digest, std::uint64_t limit);
  // Reads it all and compares. Errors: not_found, data_loss (naming the blob and what it holds), unavailable
  Status verify(const Digest& digest);
  // In order, after `after` (none: from the first), at most `count`.
  virtual Result<std::vector<StoredBlob>> list(const std::optional<Digest>& after, std::size_t count) = 0;
  virtual Status remove(const Digest& digest) = 0;
  // Drops uploads not touched since; returns how many.
  virtual Result<std::size_t> expire_uploads(Time before) = 0;
  virtual std::string kind() const = 0;  // "file", "s3"
  virtual Result<std::uint64_t> stored_bytes() = 0;
};

// What a store says of bytes that are not what their name says.
Error rotten(const Digest& digest, const Digest& is);

}  // namespace souk::blobs
